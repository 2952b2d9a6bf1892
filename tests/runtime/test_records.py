"""References to records: registered classes, and the shapes of Django and SQLAlchemy; ACTIVEJOB.md A2, A3."""

import sys
import types
import uuid

import pytest

from jobcheck.runtime import (
    DeserializationError,
    Job,
    RecordNotFound,
    SerializationError,
    discard_on,
    execute,
    register_record,
    register_session,
)
from jobcheck.runtime.payload import dump
from jobcheck.runtime.wires import records
from jobcheck.runtime.wires.trip import trip


@pytest.fixture(autouse=True)
def registries(monkeypatch):
    monkeypatch.setattr(records, "_registered", {})
    monkeypatch.setattr(records, "_session", [])


class Order: ...


class Show(Job):
    wire = "activejob"

    def perform(self, record):
        return record


def arrives(record):
    return execute(dump(Show(record)))


class TestRegistered:
    @pytest.fixture(autouse=True)
    def rows(self, monkeypatch):
        """The table of orders; each new one is a row of it."""
        rows = {}

        def init(order, number=None, paid=False):
            order.id, order.paid = number, paid
            rows[number] = order

        monkeypatch.setattr(Order, "__init__", init)
        register_record(Order, find=rows.get)
        return rows

    def test_reference(self):
        assert dump(Show(Order(7)))["arguments"] == [{"_aj_globalid": "gid://app/Order/7"}]

    def test_is_fetched_again(self):
        data = dump(Show(Order(7)))
        newer = Order(7, paid=True)
        assert execute(data) is newer

    def test_inside_other_values(self):
        order = Order(7)
        assert arrives({"orders": [order], "pair": (order, 1)}) == {"orders": [order], "pair": (order, 1)}

    def test_unsaved(self):
        with pytest.raises(SerializationError, match="no id; was it saved"):
            Show.perform_later(Order())

    @pytest.mark.parametrize("find", [lambda number: None, {}.__getitem__])
    def test_gone(self, find):
        register_record(Order, find=find)
        with pytest.raises(RecordNotFound, match="gid://app/Order/7 is gone"):
            arrives(Order(7))

    def test_failing_database_is_not_gone(self):
        def find(number):
            raise ConnectionError

        register_record(Order, find=find)
        with pytest.raises(DeserializationError) as caught:
            arrives(Order(7))
        assert not isinstance(caught.value, RecordNotFound)
        assert isinstance(caught.value.__cause__, ConnectionError)

    def test_discard_on_gone(self, rows):
        @discard_on(RecordNotFound)
        class Careful(Show): ...

        data = dump(Careful(Order(7)))
        rows.clear()
        assert isinstance(execute(data), RecordNotFound)

    def test_subclass_is_found_through_its_base(self):
        class Express(Order): ...

        express = Express(9)
        assert arrives(express) is express

    def test_text_ids(self):
        order = Order("a/b ü")
        assert dump(Show(order))["arguments"] == [{"_aj_globalid": "gid://app/Order/a%2Fb%20%C3%BC"}]
        assert arrives(order) is order

    @pytest.mark.parametrize("number", ["7", -7, uuid.UUID(int=7), True])
    def test_id_that_its_text_does_not_give_back(self, number):
        with pytest.raises(SerializationError, match="register it with `parse`"):
            Show.perform_later(Order(number))

    def test_parse(self, rows):
        register_record(Order, find=rows.get, parse=uuid.UUID)
        order = Order(uuid.UUID(int=7))
        assert arrives(order) is order

    def test_id_of_another_name(self):
        class Customer:
            number = 5

        register_record(Customer, id="number", find=lambda number: number)
        assert arrives(Customer()) == 5
        register_record(Customer, id=lambda customer: customer.number + 1, find=lambda number: number)
        assert arrives(Customer()) == 6

    def test_name_is_taken(self):
        other = type("Order", (), {"__module__": "elsewhere"})
        with pytest.raises(ValueError, match=r"Order are .*Order already"):
            register_record(other, find=None)

    def test_worker_that_does_not_know_the_class(self):
        data = dump(Show(Order(7)))
        records._registered.clear()
        with pytest.raises(DeserializationError, match="no record class is registered for gid://app/Order/7"):
            execute(data)

    @pytest.mark.parametrize("wire", ["resque", "sidekiq"])
    def test_other_wires_refuse_records(self, wire):
        assert trip(wire, Order(7)).outcome == "error-at-enqueue"

    def test_class_that_is_not_registered(self):
        assert trip("activejob", object()).outcome == "error-at-enqueue"


class TestDjango:
    """A model class has `_meta` and `pk`; `django.apps` is in memory wherever models are."""

    @pytest.fixture
    def rows(self):
        return {}

    @pytest.fixture
    def model(self, monkeypatch, rows):
        class Book:
            _meta = types.SimpleNamespace(label="shop.Book")
            DoesNotExist = type("DoesNotExist", (Exception,), {})
            pk = None

            def __init__(self, pk=None, adding=False):
                self.pk, self._state = pk, types.SimpleNamespace(adding=adding)

        class Manager:
            def get(self, pk):
                if int(pk) not in rows:
                    raise Book.DoesNotExist
                return rows[int(pk)]

        Book._base_manager = Manager()
        apps = types.SimpleNamespace(get_model={"shop.Book": Book}.__getitem__)
        monkeypatch.setitem(sys.modules, "django.apps", types.SimpleNamespace(apps=apps))
        return Book

    def test_reference_and_back(self, model, rows):
        book = rows[7] = model(7)
        assert dump(Show(book))["arguments"] == [{"_aj_globalid": "gid://django/shop.Book/7"}]
        assert arrives(book) is book

    def test_gone(self, model):
        @discard_on(model.DoesNotExist)
        class Careful(Show): ...

        with pytest.raises(RecordNotFound):
            arrives(model(7))
        assert isinstance(execute(dump(Careful(model(7)))), model.DoesNotExist)

    @pytest.mark.parametrize("unsaved", [{}, {"pk": "made-by-a-default", "adding": True}])
    def test_unsaved(self, model, unsaved):
        with pytest.raises(SerializationError, match="was it saved"):
            Show.perform_later(model(**unsaved))

    def test_lazy_object_stands_for_its_record(self, model, rows):  # request.user
        class Lazy:
            __class__ = property(lambda self: model)
            __getattr__ = lambda self, name: getattr(rows[7], name)  # noqa: E731

        rows[7] = model(7)
        assert arrives(Lazy()) is rows[7]


class TestSqlalchemy:
    @pytest.fixture
    def model(self, monkeypatch):
        def column(python_type):
            return types.SimpleNamespace(type=types.SimpleNamespace(python_type=python_type))

        class Invoice:
            __qualname__ = "Invoice"
            __mapper__ = types.SimpleNamespace(
                primary_key=(column(int), column(str)),
                primary_key_from_instance=lambda record: [record.number, record.country],
            )

            def __init__(self, number, country, saved=True):
                self.number, self.country = number, country
                self._sa_instance_state = types.SimpleNamespace(key=("key",) if saved else None)

        monkeypatch.setitem(sys.modules, "shopmodels", types.SimpleNamespace(Invoice=Invoice))
        Invoice.__module__ = "shopmodels"
        return Invoice

    def test_reference_and_back(self, model):
        invoice = model(7, "d/e")
        register_session(lambda: types.SimpleNamespace(get=lambda cls, key: {(model, (7, "d/e")): invoice}[cls, key]))
        assert dump(Show(invoice))["arguments"] == [{"_aj_globalid": "gid://sqlalchemy/shopmodels.Invoice/7/d%2Fe"}]
        assert arrives(invoice) is invoice

    def test_gone(self, model):
        register_session(lambda: types.SimpleNamespace(get=lambda cls, key: None))
        with pytest.raises(RecordNotFound):
            arrives(model(7, "de"))

    def test_unsaved(self, model):
        with pytest.raises(SerializationError, match="was it saved"):
            Show.perform_later(model(7, "de", saved=False))

    def test_no_session(self, model):
        with pytest.raises(DeserializationError, match=r"register_session\(\) was not called"):
            arrives(model(7, "de"))


def test_mocks_are_no_records():
    from unittest.mock import MagicMock

    assert trip("activejob", MagicMock()).outcome == "error-at-enqueue"
