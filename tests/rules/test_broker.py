"""What the settings say of Celery's broker, as JOB406 reads it."""

from pathlib import Path

import pytest

from jobcheck.files import FileSet
from jobcheck.frameworks.celery.broker import broker
from jobcheck.project.modules import Project
from jobcheck.solve.solver import Solver


def read(*texts):
    """The broker of a project whose settings are these texts, as (what, seconds)."""
    files = {f"settings_{number}.py": text.encode() for number, text in enumerate(texts)}
    project = Project(Path("/nowhere"), FileSet(Path("/nowhere"), sorted(files), [], []), read=lambda name: files[name])
    found = broker(Solver(project, (), lambda *span: None))
    return found and (found.what, found.patience)


@pytest.mark.parametrize(
    "text",
    [
        "CELERY_BROKER_URL = 'redis://localhost'",
        "BROKER_URL = f'rediss://{HOST}'",
        "app = Celery('shop', broker='redis://', backend='db+sqlite://')",
        "app.conf.broker_url = 'redis://'",
        "app.conf['broker_url'] = 'redis://'",
        "app.conf.update(broker_url='redis://')",
        "CELERY = {'broker_url': 'redis://'}",
        "CELERY_BROKER_URL: str = env('REDIS_URL')",
        "CELERY_BROKER_URL = env(\n    'URL',\n    default='redis://',\n)",
        "# CELERY_BROKER_URL = 'amqp://'\nCELERY_BROKER_URL = 'sentinel://a;sentinel://b'",
        "if TESTING:\n    CELERY_BROKER_URL = 'memory://'\nelse:\n    CELERY_BROKER_URL = 'redis://'",
    ],
)
def test_redis_waits_an_hour(text):
    assert read(text) == ("redis", 3600)


def test_sqs_waits_half_an_hour():
    assert read("CELERY_BROKER_URL = 'sqs://'") == ("sqs", 1800)


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("CELERY_BROKER_URL = os.environ['URL']",),
        ("CELERY_BROKER_URL = 'amqp://'",),
        ("CELERY_BROKER_URL = RABBITMQ_URI", "CELERY_BROKER_URL = REDIS_URI"),
        ("CELERY_RESULT_BACKEND = 'redis://'",),
        ("BROKER_URL = 'redis://'\nBROKER_TRANSPORT_OPTIONS = {'visibility_timeout': env.int('PATIENCE')}",),
        ("BROKER_URL = 'redis://'\nBROKER_TRANSPORT_OPTIONS = json.loads(os.environ['OPTIONS'])",),
    ],
)
def test_what_is_not_known_is_not_said(texts):
    assert read(*texts) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("OPTIONS = {'visibility_timeout': 86400}", 86400),
        ("OPTIONS = {'visibility_timeout': (60 * 60 * 6),  # six hours\n}", 21600),
        ("OPTIONS = dict(visibility_timeout=60 * (10 ** 2))", 6000),
        ("OPTIONS['visibility_timeout'] = 7200", 7200),
        ("DAY = 24 * 3600\nOPTIONS = {'visibility_timeout': DAY}", 86400),
        ("A = {'visibility_timeout': 60}\nB = {'visibility_timeout': 90}", 90),
    ],
)
def test_how_long_it_waits(text, seconds):
    assert read("BROKER_URL = 'redis://'", text) == ("redis", seconds)
