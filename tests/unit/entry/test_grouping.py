"""One cause is one error, and every field that is null because of it can still be found."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, Source
from hypothesis import given
from hypothesis import strategies as st

from gateway.entry.grouping import MOST_PATHS
from gateway.entry.presenting import Presenter
from gateway.errors import (
    AmbiguousKey,
    CircuitOpen,
    ConfigurationError,
    Forbidden,
    GatewayError,
    MalformedId,
    RateLimited,
    StateUnavailable,
    Unavailable,
)
from gateway.model.principal import ANONYMOUS, ClientProfile, Principal, Touchpoint

PROFILE = ClientProfile(touchpoint=Touchpoint.WEB)
PRESENTER = Presenter(ANONYMOUS, PROFILE, {"secret_erp_name": "erp"}.__getitem__, "trace")


def at(error: Exception | None, *path: str | int, position: int = 0, message: str = "words") -> GraphQLError:
    """A located error, as the executor makes them."""
    return GraphQLError(
        message, path=list(path), original_error=error, source=Source("x\n" * 40), positions=[position * 2]
    )


def down(**more: Any) -> GatewayError:
    return CircuitOpen(source="secret_erp_name", domain="price", **more)


def test_one_outage_is_one_error_with_its_paths() -> None:
    errors = [at(down(retry_after=4.877980384000011), "products", n, "price") for n in range(72)]
    (told,) = PRESENTER.errors(errors)
    assert told == {
        "message": "The system that owns this fact is known to be down.",
        "locations": [{"line": 1, "column": 1}],
        "path": ["products", 0, "price"],
        "extensions": {
            "code": "BACKEND_CIRCUIT_OPEN",
            "retryable": True,
            "source": "erp",
            "domain": "price",
            "retryAfter": 5,
            "traceId": "trace",
            "paths": [["products", n, "price"] for n in range(MOST_PATHS)],
            "morePaths": 72 - MOST_PATHS,
        },
    }


def test_a_single_failure_reads_as_before() -> None:
    (told,) = PRESENTER.errors([at(down(), "product", "price")])
    assert told["path"] == ["product", "price"]
    assert not {"paths", "morePaths"} & set(told["extensions"])


def test_an_outage_shows_in_several_places_of_the_document() -> None:
    (told,) = PRESENTER.errors([at(down(), "a", position=1), at(down(), "b", position=2), at(down(), "c", position=1)])
    assert told["locations"] == [{"line": 2, "column": 1}, {"line": 3, "column": 1}]
    assert told["extensions"]["paths"] == [["a"], ["b"], ["c"]]


def test_other_causes_are_other_errors() -> None:
    every: list[Exception] = [
        down(),
        Unavailable(source="secret_erp_name", domain="price"),
        CircuitOpen("in other words", source="secret_erp_name", domain="price"),
        AmbiguousKey(source="secret_erp_name", domain="price"),
        AmbiguousKey(source="secret_erp_name", domain="stock"),
        RateLimited(source="secret_erp_name", domain="price"),
        StateUnavailable(),
        MalformedId("not an id"),
        KeyError("a"),
        KeyError("b"),
    ]
    told = PRESENTER.errors([at(error, "x", n) for n, error in enumerate([*every, *every])])
    assert [entry["path"] for entry in told] == [["x", n] for n in range(len(every))]
    assert all(entry["extensions"]["paths"] == [["x", n], ["x", n + len(every)]] for n, entry in enumerate(told))


def test_a_clients_mistake_is_told_once_for_each_place_of_its_document() -> None:
    errors = [
        at(Forbidden("staff only"), "products", n, name, position=place)
        for n in range(30)
        for place, name in ((1, "cost"), (2, "status"))
    ]
    assert [told["path"] for told in PRESENTER.errors(errors)] == [["products", 0, "cost"], ["products", 0, "status"]]


def test_what_is_wrong_with_a_document_is_said_place_by_place() -> None:
    errors = [GraphQLError("Cannot query field"), GraphQLError("Cannot query field")]
    assert len(PRESENTER.errors(errors)) == 2


@given(st.lists(st.tuples(st.sampled_from(["price", "stock"]), st.integers(0, 5)), max_size=60))
def test_no_failed_field_is_lost(failed: list[tuple[str, int]]) -> None:
    errors = [at(Unavailable(source="secret_erp_name", domain=domain), domain, place) for domain, place in failed]
    told = PRESENTER.errors(errors)
    counted = sum(
        len(entry["extensions"]["paths"]) + entry["extensions"].get("morePaths", 0)
        if "paths" in entry["extensions"]
        else 1
        for entry in told
    )
    assert counted == len(failed)
    assert len(told) == (1 if failed else 0)


def test_a_mistake_of_the_operators_is_masked_and_said_once(capsys: Any) -> None:
    secret = ConfigurationError("nobody serves this data domain", place="domains.price.of.this.test")
    for _ in range(5):
        told = PRESENTER.failure(secret)
        assert told["extensions"]["code"] == "INTERNAL"
        assert "domain" not in str(told)
    captured = capsys.readouterr()
    out = captured.out + captured.err  # a command that ran before in this process logs to standard error
    assert out.count("domains.price.of.this.test") == 1
    assert out.count("trace_id=") == 5, "whoever is told of it is found"


def test_staff_reads_a_backends_own_name() -> None:
    staff = Presenter(
        Principal(subject="s", issuer="i", kind="staff"), PROFILE, {"secret_erp_name": "erp"}.__getitem__, "t"
    )
    (told,) = staff.errors([at(down(), "a")])
    assert told["extensions"]["source"] == "secret_erp_name"


def test_one_system_that_owns_two_facts_is_down_once() -> None:
    price = CircuitOpen(source="secret_erp_name", domain="price")
    stock = CircuitOpen(source="secret_erp_name", domain="stock")
    (told,) = PRESENTER.errors([at(price, "a", "price"), at(stock, "a", "availability")])
    assert told["extensions"]["paths"] == [["a", "price"], ["a", "availability"]]
