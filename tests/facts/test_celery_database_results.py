"""Celery's database backend writes results as the serializer says since 5.7, and pickled them before (celery/results.py)."""

import pytest

celery = pytest.importorskip("celery")
pytest.importorskip("sqlalchemy")

NEW = tuple(map(int, celery.__version__.split(".")[:2])) >= (5, 7)


class Order:
    def __init__(self, number):
        self.number = number


@pytest.fixture
def backend(tmp_path):
    return celery.Celery("shop", backend=f"db+sqlite:///{tmp_path}/results.db").backend


@pytest.mark.skipif(not NEW, reason="pickled before")
def test_refused_by_json(backend):
    with pytest.raises(Exception, match="not JSON serializable"):
        backend.store_result("1", Order(5), "SUCCESS")


@pytest.mark.skipif(NEW, reason="as the serializer says since 5.7")
def test_pickled_before(backend):
    backend.store_result("1", Order(5), "SUCCESS")
    assert backend.get_result("1").number == 5
