"""The pages of the rules that have no module: they are about the run, its comments and its baseline."""

from __future__ import annotations

PAGES = {
    "JOB001": """\
## What it finds
A Python file that cannot be decoded, or a part of one that cannot be parsed.

## Why it matters
What was not read was not checked. A job or an enqueue in it is missing from everything said about the others, too.

## Example
```python
# -*- coding: latin-9000 -*-
```

## Use instead
```python
# -*- coding: utf-8 -*-
```

## How to fix
Mend the syntax or the encoding. A template or test input that is no Python belongs under `exclude`.

## Known limits
Only files that may hold job code, and files named on the command line, are parsed. In a broken file the declarations
that do parse are checked all the same. `--select` does not turn this rule off; `--ignore JOB001` does.
""",
    "JOB002": """\
## What it finds
An ignore comment that names a rule and hides no finding of it, and a baseline entry that is no finding any more.

## Why it matters
It would hide the next defect of that kind without anyone having looked at it.

## Example
```python
welcome.delay(user.pk)  # jobcheck: ignore[JOB101] -- pickled
```

## Use instead
```python
welcome.delay(user.pk)
```

## How to fix
Remove the name, or the comment. Shrink the baseline with `jobcheck --write-baseline FILE`.

## Options
`--ignore JOB002`.

## Known limits
Judged only when the whole project was checked, only for rules that ran, and not in files with JOB001. A bare `# noqa`
is never called unused. A comment that hides a finding of low confidence is in use, shown or not.
""",
    "JOB003": """\
## What it finds
A comment to jobcheck that says nothing: an unknown rule, no rule at all, a misspelt directive, or an idempotency marker
without its reason.

## Why it matters
Whoever wrote it believes that a finding is hidden, or a job marked. Neither is.

## Example
```python
welcome.delay(user)  # jobcheck: ignore[JOB1O1]
# jobcheck: idempotent
```

## Use instead
```python
welcome.delay(user)  # jobcheck: ignore[JOB101] -- the queue pickles
# jobcheck: idempotent -- the payment provider gets the order id as key
```

## How to fix
Write the code or name of one rule (`jobcheck rules` lists them), or the reason after `--`.

## Known limits
In a `# noqa` only codes that start with JOB are judged.
""",
    "JOB009": """\
## What it finds
A fault of jobcheck itself: a rule, or the analysis of one place, failed.

## Why it matters
The rest of the run stands, but this place was not judged. Unused comments are not judged in such a run.

## How to fix
Please report it, with the message and, if you may, the code at the place.

## Known limits
`--select` does not turn this rule off; `--ignore JOB009` does. The baseline never keeps it.
""",
}
