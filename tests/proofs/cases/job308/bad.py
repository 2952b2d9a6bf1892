import tempfile
from pathlib import Path

from celery import Celery

app = Celery("shop", broker="memory://")
UPLOADS = Path("uploads")


@app.task
def consume(path):
    return len(Path(path).read_bytes())


def run():
    with tempfile.NamedTemporaryFile(suffix=".pdf") as handle:
        handle.write(b"%PDF")
        handle.flush()
        consume.delay(handle.name)
