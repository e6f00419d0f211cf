"""Form bodies as Stripe reads them (`metadata[reference]=A`, `expand[]=x`), and the parameters it takes where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from msgspec import Struct

_PARAMETER = re.compile(r"([a-z0-9_]+)((?:\[[A-Za-z0-9_]*\])*)")
METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500


class Takes(Struct, frozen=True):
    """Names of parameters before any bracket."""

    names: frozenset[str]
    required: tuple[str, ...] = ()


_PAYING = ("payment_method", "payment_method_types", "payment_method_options", "confirmation_token", "return_url")
TAKES: Mapping[str, Takes] = {
    "POST /v1/payment_intents": Takes(
        frozenset(
            {
                *("amount", "currency", "capture_method", "confirm", "customer", "description", "metadata", "expand"),
                *("off_session", "setup_future_usage", "automatic_payment_methods", "error_on_requires_action"),
                *_PAYING,
            }
        ),
        ("amount", "currency"),
    ),
    "POST /v1/payment_intents/{id}": Takes(
        frozenset({"amount", "currency", "customer", "description", "metadata", "expand", "payment_method"})
    ),
    "POST /v1/payment_intents/{id}/confirm": Takes(
        frozenset({"expand", "off_session", "setup_future_usage", *_PAYING})
    ),
    "POST /v1/payment_intents/{id}/capture": Takes(
        frozenset({"amount_to_capture", "final_capture", "metadata", "expand", "statement_descriptor"})
    ),
    "POST /v1/payment_intents/{id}/cancel": Takes(frozenset({"cancellation_reason", "expand"})),
    "POST /v1/refunds": Takes(frozenset({"payment_intent", "charge", "amount", "metadata", "reason", "expand"})),
    "GET /v1/payment_intents": Takes(frozenset({"limit", "customer", "created", "starting_after", "expand"})),
    "GET /v1/payment_intents/{id}": Takes(frozenset({"expand", "client_secret"})),
    "GET /v1/payment_intents/search": Takes(frozenset({"query", "limit", "page", "expand"}), ("query",)),
    "GET /v1/refunds/{id}": Takes(frozenset({"expand"})),
    "POST /v1/customers": Takes(frozenset({"email", "name", "description", "metadata", "expand"})),
    "GET /v1/customers/search": Takes(frozenset({"query", "limit", "page", "expand"}), ("query",)),
    "GET /v1/payment_methods/{id}": Takes(frozenset({"expand"})),
    "POST /v1/payment_methods/{id}/detach": Takes(frozenset({"expand"})),
    "GET /v1/customers/{id}/payment_methods": Takes(frozenset({"limit", "type", "expand", "starting_after"})),
}


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"type": kind, "message": message, **more}
        self.executed = False
        """Whether execution had begun, so that the key remembers it."""


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Problem:
    more = {name: value for name, value in (("param", param), ("code", code)) if value is not None}
    return Problem(status, "invalid_request_error", message, **more)


class Form:
    """Parameters by their written name."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs
        self._values = dict(pairs)

    @classmethod
    def read(cls, operation: str, text: str) -> Form:
        """Raises Problem for what the operation does not take, or lacks."""
        pairs = parse_qsl(text, keep_blank_values=True)
        takes = TAKES[operation]
        for name, _ in pairs:
            found = _PARAMETER.fullmatch(name)
            if found is None or found[1] not in takes.names:
                raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
        form = cls(pairs)
        for name in takes.required:
            if not form.text(name):
                raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        form.metadata()
        return form

    def text(self, name: str) -> str | None:
        return self._values.get(name)

    def number(self, name: str) -> int | None:
        """An integer. Raises Problem."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise invalid(f"Invalid integer: {value}", name, "parameter_invalid_integer")
        return int(value)

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is not None and value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", name)
        return None if value is None else value == "true"

    def within(self, name: str) -> dict[str, str]:
        """`name[x]=y` as x to y; of a list (`name[]`, `name[0]`) by place."""
        prefix = f"{name}["
        found = [(key[len(prefix) :].rstrip("]"), value) for key, value in self.pairs if key.startswith(prefix)]
        return {key or str(place): value for place, (key, value) in enumerate(found)}

    def metadata(self) -> dict[str, str]:
        given = self.within("metadata")
        if len(given) > METADATA_KEYS or any(
            len(key) > METADATA_KEY or len(value) > METADATA_VALUE for key, value in given.items()
        ):
            raise invalid("Metadata has too many or too long values", "metadata")
        return given
