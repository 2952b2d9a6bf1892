"""rehearse: every hostile move breaks the job that is weak there and no other, the same way each time."""

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

from jobcheck.runtime import Job, configure, retry_on
from jobcheck.runtime.settings import settings
from jobcheck.testing import RehearsalFailed, rehearse
from jobcheck.testing.rehearsal.actors import Part
from jobcheck.testing.rehearsal.director import Director
from jobcheck.testing.rehearsal.schedule import Move, Seeded, read, written
from jobcheck.testing.rehearsal.single import single

SEEDS = 60


class World:
    """A database, as small as it can be."""

    path = Path("unset")

    def reset(self):
        self.path.write_text("{}")

    def __getitem__(self, name):
        return json.loads(self.path.read_text()).get(name)

    def __setitem__(self, name, value):
        self.path.write_text(json.dumps({**json.loads(self.path.read_text()), name: value}))

    def all(self):
        return json.loads(self.path.read_text())


world = World()
memory = {}


def mail(text):
    """An effect."""
    world["mails"] = [*(world["mails"] or []), text]


@pytest.fixture(autouse=True)
def new_world(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or __import__("types").ModuleType(__name__))
    monkeypatch.setattr(sys.modules[__name__], "mail", mail, raising=False)
    monkeypatch.setattr(World, "path", tmp_path / "world.json")
    before = settings.snapshot()
    yield
    settings.restore(before)


def send(text):
    """As a program does: looked up where it is patched."""
    sys.modules[__name__].mail(text)


class ReadsMemory(Job):
    """Weak when it is another process that runs it."""

    def perform(self):
        world["seen"] = memory.get("name")


def remembers():
    memory["name"] = "A"
    ReadsMemory.perform_later()


class ReadsLate(Job):
    """Weak when it runs after the next step."""

    def perform(self):
        world["seen"] = world["name"]


def moves_on():
    world["name"] = "A"
    ReadsLate.perform_later()
    yield
    world["name"] = "B"


class Counts(Job):
    """Weak when it runs again after it was done; when it was killed behind its effect it had not counted yet."""

    def perform(self):
        send("counting")
        world["count"] = (world["count"] or 0) + 1


def counts():
    world["mails"] = []
    Counts.perform_later()


class NotesAtTheEnd(Job):
    """Weak when it dies between mail and note; runs one after the other are none the wiser."""

    def perform(self):
        if world["done"]:
            return
        send("thanks")
        world["done"] = True


class Sets(Job):
    """Weak when a later one ran before."""

    def perform(self, number):
        world["last"] = number


def sets():
    Sets.perform_later(1)
    Sets.perform_later(2)


class NeedsRow(Job):
    """Weak when a worker is faster than the caller."""

    def perform(self):
        if not world["row"]:
            raise LookupError("there is no row yet")


def enqueues_too_early():
    NeedsRow.perform_later()
    world["row"] = True


def without_mails():
    return {key: value for key, value in world.all().items() if key != "mails"}


PLAYS = {
    "process": (remembers, world.all),
    "late": (moves_on, lambda: world["seen"]),
    "again": (counts, without_mails),
    "killed": (NotesAtTheEnd.perform_later, world.all),
    "order": (sets, world.all),
    "at once": (enqueues_too_early, world.all),
}
SCHEDULES = {
    "process": "play 1a play 2a",
    "late": "play play 1a 2a",
    "again": "play 1a+ 1a play 2a",
    "killed": "play 1a!1 1b play 2a",
    "order": "play 2b 1a play",
    "at once": "play ^1a play 2a",
}


def under(weakness, schedule=None, **options):
    play, state = PLAYS[weakness]
    return rehearse(play, fresh=world.reset, state=state, effects=[f"{__name__}.mail"], schedule=schedule, **options)


@pytest.mark.parametrize("weakness", PLAYS)
def test_each_move_breaks_what_is_weak_there_and_nothing_else(weakness):
    broken_by = set()
    for move, schedule in SCHEDULES.items():
        try:
            under(weakness, schedule)
        except RehearsalFailed:
            broken_by.add(move)
    # All of them have other processes.
    assert broken_by == (set(SCHEDULES) if weakness == "process" else {weakness})


@pytest.mark.parametrize("weakness", PLAYS)
def test_seeds_find_it_and_the_schedule_shows_it_again(weakness):
    with pytest.raises(RehearsalFailed) as found:
        under(weakness, seeds=SEEDS)
    for again in ({"schedule": found.value.schedule}, {"seed": found.value.seed}):
        with pytest.raises(RehearsalFailed) as shown:
            under(weakness, **again)
        assert shown.value.schedule == found.value.schedule
        assert str(shown.value).splitlines()[0] == str(found.value).splitlines()[0]


def test_a_seed_is_one_performance():
    part = Part(sets, world.reset, world.all, None, (f"{__name__}.mail",), True)

    def performed(seed):
        return Director(part, Seeded(seed), None, 60).perform()

    assert [performed(seed) for seed in range(8)] == [performed(seed) for seed in range(8)]
    assert len({performed(seed).schedule for seed in range(8)}) > 3


class Pays(Job):
    """Says that it has begun, and asks whether it had."""

    def perform(self):
        send("pay, with a key")
        world["paid"] = True
        Thanks.perform_later()


class Thanks(Job):
    def perform(self):
        world["thanked"] = True


class TestIsQuiet:
    def test_jobs_that_bear_it(self):
        def play():
            world["name"] = "A"
            Pays.perform_later()
            yield
            world["name"] = "B"

        assert under_any(play, without_mails) > 10

    def test_retries_that_help(self):
        @retry_on(LookupError, attempts=5)
        class Waits(NeedsRow):
            pass

        def play():
            Waits.perform_later()
            world["row"] = True

        under_any(play, world.all)

    def test_several_good_ends(self):
        def check():
            assert world["last"] in (1, 2)

        rehearse(sets, fresh=world.reset, check=check, seeds=SEEDS)

    def test_ids_of_jobs_differ_each_time(self):
        class Keyed(Job):
            def perform(self):
                if not world["done"]:
                    world["done"] = True
                    send(self.job_id)

        rehearse(Keyed.perform_later, fresh=world.reset, effects=[f"{__name__}.mail"], schedule="play 1b")


def under_any(play, state):
    return rehearse(play, fresh=world.reset, state=state, effects=[f"{__name__}.mail"], seeds=SEEDS)


class TestSays:
    def test_step_by_step(self):
        with pytest.raises(RehearsalFailed) as found:
            rehearse(NotesAtTheEnd.perform_later, fresh=world.reset, effects=[f"{__name__}.mail"])
        name = f"{__name__}.mail('thanks')"
        assert str(found.value).splitlines()[:-1] == [
            f"this happens more than once or otherwise: {name}",
            "What happened:",
            "  1. the play: enqueues job 1, NotesAtTheEnd []",
            f"  2. job 1, NotesAtTheEnd [], worker a: {name}; and is killed",
            f"  3. job 1, NotesAtTheEnd [], worker a: {name}",
            "Again: rehearse(..., schedule='play 1a!1 1a')",
        ]
        assert f"seed={found.value.seed}" in str(found.value)

    def test_what_never_happens(self):
        class NotesFirst(Job):
            def perform(self):
                if world["done"]:
                    return
                world["done"] = True
                send("one")
                send("two")

        with pytest.raises(RehearsalFailed, match=r"this never happens: .*mail\('two'\)"):
            rehearse(NotesFirst.perform_later, fresh=world.reset, effects=[f"{__name__}.mail"])

    def test_a_job_that_fails(self):
        with pytest.raises(RehearsalFailed, match=r"(?s)job 1 fails with LookupError.*worker a, at once.*in perform\n"):
            under("at once")

    def test_a_job_that_takes_its_process_along(self):
        class Leaves(Job):
            def perform(self):
                if not memory:
                    os._exit(0)

        def play():
            memory["here"] = True
            Leaves.perform_later()

        with pytest.raises(RehearsalFailed, match="job 1 fails with the end of its process"):
            rehearse(play, fresh=world.reset, state=world.all)

    def test_a_check_that_fails(self):
        def check():
            assert world["last"] == 2, "the first one came last"

        with pytest.raises(RehearsalFailed, match=r"the check fails with AssertionError\('the first one came last"):
            rehearse(sets, fresh=world.reset, check=check)

    def test_a_play_that_fails_otherwise(self):
        def play():
            Sets.perform_later(1)
            yield
            assert world["last"] == 1

        with pytest.raises(RehearsalFailed, match="the play fails with AssertionError"):
            rehearse(play, fresh=world.reset, state=world.all)

    def test_a_job_that_does_not_answer(self):
        class Sleeps(Job):
            def perform(self):
                time.sleep(0 if memory else 60)

        def play():
            memory["awake"] = True
            Sleeps.perform_later()

        with pytest.raises(TimeoutError, match="process of a has not answered for 1 s"):
            rehearse(play, fresh=world.reset, state=world.all, schedule="play 1a", timeout=1)


class TestRefuses:
    def test_no_job(self):
        with pytest.raises(ValueError, match="enqueues no job"):
            rehearse(world.reset, state=world.all)

    def test_nothing_to_compare(self):
        with pytest.raises(ValueError, match="nothing happens that could be compared"):
            rehearse(sets, fresh=world.reset)

    def test_what_fails_anyway(self):
        with pytest.raises(ValueError, match=r"(?s)nothing is in its way, job 1 fails with LookupError.*Traceback"):
            rehearse(NeedsRow.perform_later, fresh=world.reset, state=world.all)
        with pytest.raises(ValueError, match=r"(?s)the play fails with SerializationError.*Traceback[^,]*test_rehearsal.py"):
            rehearse(lambda: Sets.perform_later({}.keys()), state=dict)

    def test_what_has_no_end(self):
        class Again(Job):
            def perform(self):
                Again.perform_later()

        with pytest.raises(ValueError, match="there is no end to it"):
            rehearse(Again.perform_later, fresh=world.reset, state=world.all)

    def test_a_state_that_does_not_travel(self):
        with pytest.raises(ValueError, match="the state cannot be told"):
            rehearse(sets, fresh=world.reset, state=lambda: lambda: 1)

    @pytest.mark.parametrize("text", ["1", "play 1c", "1a!", "^play", "1a!1+", "x"])
    def test_what_is_no_schedule(self, text):
        with pytest.raises(ValueError, match="is no move"):
            read(text)


def test_a_schedule_is_read_as_it_was_written():
    text = "play 1a!2 play ^3b ^4a+ 1b+ 1b"
    assert written(read(text)) == text


def test_each_thing_that_can_go_wrong_is_tried_alone():
    calm = [Move(), Move(1), Move(2), Move(), Move(3)]
    tried = [written(moves) for moves in single(calm, {1: 2, 3: 1}, {1: 0, 2: 0, 3: 2})]
    assert tried[:3] == ["play 1a 2a play 3a", "play play", "play 2a 1a play 3a"]
    assert tried[3:9] == [
        "play 2a play 3a 1a",
        "play 1a+ 1a 2a play 3a",
        "play 1a+ 2a play 3a 1a",
        "play ^1a 2a play 3a",
        "play 1a!1 1a 2a play 3a",
        "play 1a!2 1a 2a play 3a",
    ]
    assert "play 1a 2a ^3a play" in tried
    assert "play 1a 2a play 3a!1 3a" in tried
    assert len(tried) == 3 + 6 + 4 + 5


def test_a_death_behind_the_last_of_many_effects():
    """Rare at random: those before it are more likely."""

    class Long(Job):
        def perform(self):
            for number in range(15):
                if number < 14 or not world["done"]:
                    send(str(number))
            world["done"] = True

    def state():
        return world["mails"].count("14")

    with pytest.raises(RehearsalFailed) as found:
        rehearse(Long.perform_later, fresh=world.reset, state=state, effects=[f"{__name__}.mail"])
    assert found.value.schedule == "play 1a!15 1a"


def test_moves_that_cannot_be_made_are_left_out():
    assert rehearse(Sets(1).enqueue, fresh=world.reset, state=world.all, schedule="9a ^8b play ^7a 1b!5 play 1a") == 1


def test_death_is_death():
    """Nothing runs any more: no `finally`, no handler."""

    class Tidy(Job):
        def perform(self):
            try:
                send("x")
            finally:
                world["tidied"] = (world["tidied"] or 0) + 1

    def state():
        return world["tidied"]

    options = {"fresh": world.reset, "state": state, "effects": [f"{__name__}.mail"]}
    rehearse(Tidy.perform_later, schedule="play 1a!1 1a", **options)
    with pytest.raises(RehearsalFailed):
        rehearse(Tidy.perform_later, schedule="play 1a+ 1a", **options)


def test_nothing_is_left_behind():
    queue = configure(adapter="test")
    with pytest.raises(RehearsalFailed):
        under("again")
    assert configure() is queue
    assert not queue.enqueued_jobs
    assert not multiprocessing.active_children()
    assert not memory


SPAWNED = """\
import os, sys
from pathlib import Path
from jobcheck.runtime import Job
from jobcheck.testing import RehearsalFailed, rehearse

class Writes(Job):
    def perform(self, path):
        with open(path, "a") as file:
            file.write("x")

PATH = Path(sys.argv[1])

def fresh():
    PATH.write_text("")

def play():
    Writes.perform_later(str(PATH))

if __name__ == "__main__":
    rehearse(play, fresh=fresh, state=PATH.read_text, schedule="play 1b", processes="spawn")
    try:
        rehearse(play, fresh=fresh, state=PATH.read_text, schedule="play 1b+ 1a", processes="spawn")
    except RehearsalFailed as failed:
        print(failed.schedule)
"""


def test_without_fork(tmp_path):
    import subprocess

    (tmp_path / "spawned.py").write_text(SPAWNED)
    command = [sys.executable, str(tmp_path / "spawned.py"), str(tmp_path / "out")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)
    assert (done.stdout, done.returncode) == ("play 1b+ 1a\n", 0), done.stderr


def test_what_the_database_is_told_is_somewhere_to_die(tmp_path):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = f"sqlite:///{tmp_path / 'rows.db'}"

    def execute(*statements):
        with sqlalchemy.create_engine(url).begin() as connection:
            return [connection.execute(sqlalchemy.text(text)) for text in statements][-1].rowcount

    def fresh():
        world.reset()
        execute("drop table if exists orders", "create table orders (id int)")

    class Orders(Job):
        """Writes, and thinks that it is through when it finds that."""

        def perform(self):
            if not world["began"]:
                world["began"] = True
                execute("insert into orders values (1)")
                world["ended"] = True

    with pytest.raises(RehearsalFailed, match=r"write\(insert into orders\).*and is killed") as found:
        rehearse(Orders.perform_later, fresh=fresh, state=world.all)
    assert "1a!" in found.value.schedule
    rehearse(Orders.perform_later, fresh=fresh, state=world.all, schedule="play 1a+ 1a")
