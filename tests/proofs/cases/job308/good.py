from pathlib import Path
from uuid import uuid4

from celery import Celery

app = Celery("shop", broker="memory://")
UPLOADS = Path("uploads")


@app.task
def consume(path):
    return len(Path(path).read_bytes())


def run():
    UPLOADS.mkdir()
    path = UPLOADS / f"{uuid4()}.pdf"
    path.write_bytes(b"%PDF")
    consume.delay(str(path))
