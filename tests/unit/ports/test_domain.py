"""A data domain is declared by making its records, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pytest

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.ports.backend import members, protocols
from gateway.ports.domain import DataDomain, KeyedOperation, domains, reads, withdraw, writes
from gateway.ports.price import GET_PRICES, PRICE, PricePort


class ToyPort(Protocol):
    async def get_toys(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, str | AdapterError]: ...


@pytest.fixture
def toy() -> Iterator[DataDomain]:
    domain = DataDomain("toy_of_this_test")
    yield domain
    withdraw(domain)


def test_every_file_of_a_domain_is_found_without_a_list() -> None:
    reads_alone = {
        "customer",
        "loyalty",
        "price",
        "product",
        "promotion",
        "search",
        "shipping",
        "stock",
        "store",
        "tax",
    }
    assert set(domains()) == {*reads_alone, "order", "payment"}
    assert {operation.domain for operation in (*reads().values(), *writes().values())} == set(domains().values())


def test_a_domain_declared_later_is_there_from_then_on(toy: DataDomain) -> None:
    operation = KeyedOperation[str, str](toy, ToyPort, ToyPort.get_toys, str, names=lambda key: (key,))
    assert domains()[toy.name] is toy
    assert reads()["toy_of_this_test.get_toys"] is operation
    assert ToyPort in protocols()


def test_what_is_withdrawn_is_gone(toy: DataDomain) -> None:
    KeyedOperation[str, str](toy, ToyPort, ToyPort.get_toys, str, names=lambda key: (key,))
    withdraw(toy)
    assert toy.name not in domains()
    assert "toy_of_this_test.get_toys" not in reads()


def test_a_second_domain_of_the_same_name_is_refused() -> None:
    with pytest.raises(TypeError, match="`price` is declared twice"):
        DataDomain("price")
    assert domains()["price"] is PRICE


def test_a_second_operation_of_the_same_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"`price.get_prices` is declared twice"):
        KeyedOperation(PRICE, PricePort, PricePort.get_prices, GET_PRICES.answer, names=GET_PRICES.names)


@pytest.mark.parametrize("name", ["", "Toy", "a.b", "a:b", "a-b", "1a", "a b"])
def test_a_name_that_no_tag_can_bear_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="is no name of a data domain"):
        DataDomain(name)


def test_a_method_of_another_port_is_refused(toy: DataDomain) -> None:
    with pytest.raises(TypeError, match="`get_prices` is no method of ToyPort"):
        KeyedOperation(toy, ToyPort, PricePort.get_prices, GET_PRICES.answer, names=GET_PRICES.names)


def test_every_method_of_a_port_is_an_operation_of_it() -> None:
    """One that is none could be called by nobody, and would be missed by every check."""
    served = {(operation.port, operation.method) for operation in reads().values()}
    served |= {(operation.port, name) for operation in writes().values() for name in (operation.method, operation.find)}
    declared = {operation.port for operation in (*reads().values(), *writes().values())}
    methods = {(port, name) for port in declared for name in members(port) if callable(getattr(port, name))}
    assert methods == served


def test_every_domain_has_an_operation_without_which_it_is_not_served() -> None:
    essential = {operation.domain for operation in reads().values() if operation.essential}
    assert essential == set(domains().values())
