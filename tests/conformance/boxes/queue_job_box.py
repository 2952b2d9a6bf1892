"""Odoo's queue_job, its encoder and decoder as they are; of Odoo there is only what they ask for, and no database.

What is written is what the field hands to PostgreSQL, and it is read as the field reads a jsonb column.
"""

import importlib
import importlib.util
import json
import sys
import types
from pathlib import Path

from boxes.base import Box, folder


def stand_in(name, **attributes):
    """A module of Odoo's with the few names that queue_job's fields.py needs."""
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    return module


def fields_of_queue_job():
    """queue_job/fields.py of the installed addon, without the rest of it."""
    found = importlib.util.find_spec("odoo.addons.queue_job")  # finds, and does not import, what asks for all of Odoo
    here = Path(next(iter(found.submodule_search_locations)))

    class BaseModel:
        pass

    class Json:
        pass

    class Lazy:
        pass

    for name in ("lxml.etree", "dateutil.parser"):  # as Odoo does; fields.py imports `lxml` and `dateutil` alone
        importlib.import_module(name)
    odoo = sys.modules["odoo"]
    odoo.fields = stand_in("odoo.fields", Json=Json, SENTINEL=object())
    odoo.models = stand_in("odoo.models", BaseModel=BaseModel)
    stand_in("odoo.tools", __path__=[])
    stand_in("odoo.tools.func", lazy=Lazy)
    module = types.ModuleType("queue_job_fields")
    exec(compile((here / "fields.py").read_text(), "fields.py", "exec"), module.__dict__)
    return module


def make(enqueues):
    return QueueJobBox(fields_of_queue_job())


class QueueJobBox(Box):
    def __init__(self, fields):
        self.fields = fields

    def enqueue(self, key, value):
        from psycopg2.extras import Json

        text = json.dumps([value], cls=self.fields.JobEncoder)  # as convert_to_cache
        (folder() / f"{key}.json").write_text(Json(text).dumps(text))  # as convert_to_column: a JSON string in a jsonb column
        return key

    def received(self, token):
        text = json.loads((folder() / f"{token}.json").read_text())
        return json.loads(text, cls=self.fields.JobDecoder, env=object())[0]
