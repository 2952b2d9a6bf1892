"""How each framework spells jobs, enqueues, options and retries."""

from __future__ import annotations

from jobcheck.frameworks.base import Framework


def all_frameworks() -> tuple[Framework, ...]:
    """Every framework that jobcheck knows, in the order in which they are asked."""
    from jobcheck.frameworks.celery import Celery
    from jobcheck.frameworks.declared.apscheduler import Apscheduler
    from jobcheck.frameworks.declared.arq import Arq
    from jobcheck.frameworks.declared.django_q import DjangoQ
    from jobcheck.frameworks.declared.django_tasks import DjangoTasks
    from jobcheck.frameworks.declared.dramatiq import Dramatiq
    from jobcheck.frameworks.declared.frappe import Frappe
    from jobcheck.frameworks.declared.huey import Huey
    from jobcheck.frameworks.declared.odoo_queue import OdooQueueJob
    from jobcheck.frameworks.declared.procrastinate import Procrastinate
    from jobcheck.frameworks.declared.rq import Rq
    from jobcheck.frameworks.declared.saq import Saq
    from jobcheck.frameworks.declared.taskiq import Taskiq
    from jobcheck.frameworks.deferral import Deferral
    from jobcheck.frameworks.reference import Reference
    from jobcheck.solve.orm.django import DjangoModels
    from jobcheck.solve.orm.frappe import FrappeDocuments
    from jobcheck.solve.orm.mongoengine import MongoEngine
    from jobcheck.solve.orm.peewee import Peewee
    from jobcheck.solve.orm.sqlalchemy import SqlAlchemy

    mappers = (DjangoModels(), SqlAlchemy(), Peewee(), MongoEngine(), FrappeDocuments())
    first = (Rq(), Dramatiq(), Huey(), Arq(), Taskiq(), Saq(), Apscheduler())
    declared = (*first, Procrastinate(), DjangoTasks(), DjangoQ(), OdooQueueJob(), Frappe())
    return (Celery(), Reference(), *declared, Deferral(), *mappers)
