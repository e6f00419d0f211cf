"""Odoo's errors as the gateway's. JSON-RPC answers every error with status 200 and names it in `error.data.name`;
JSON-2 uses real statuses and names it in `name`. Both carry a traceback in `debug`, which is dropped here."""

from __future__ import annotations

import re

import msgspec

from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, RateLimited, RequestRefused, Unavailable
from gateway.ports.transport import Response


class MissingRecord(RequestRefused):
    """A record the request named is gone."""


class MissingModel(RequestRefused):
    """The system has not installed what the request asks about."""


class RightMissing(RequestRefused):
    """The gateway's user at this system may not read what the request asks about."""


class UnknownDatabase(RequestRefused):
    """The system has no such database."""


class ForeignCompany(RightMissing):
    """The gateway's user at this system may not work for the configured company."""


class UnknownLanguage(RequestRefused):
    """The system has not installed the asked language."""


class EndlessRecursion(RequestRefused):
    """The system gave up on a calculation that refers to itself."""


class OdooFault(msgspec.Struct):
    """The one shape both protocols share: `error.data` of JSON-RPC, the whole body of JSON-2."""

    name: str
    message: str = ""


_BY_NAME: dict[str, type[AdapterError]] = {
    "odoo.exceptions.AccessDenied": CredentialsRefused,
    "odoo.exceptions.AccessError": RightMissing,  # about one model or company: the others still answer
    "odoo.http.SessionExpiredException": CredentialsRefused,
    "werkzeug.exceptions.Unauthorized": CredentialsRefused,
    "werkzeug.exceptions.Forbidden": CredentialsRefused,
    "odoo.exceptions.UserError": RequestRefused,
    "odoo.exceptions.ValidationError": RequestRefused,
    "odoo.exceptions.RedirectWarning": RequestRefused,
    "odoo.exceptions.MissingError": MissingRecord,
    "werkzeug.exceptions.NotFound": MissingModel,
    "builtins.ValueError": RequestRefused,
    "builtins.TypeError": RequestRefused,
    "builtins.KeyError": RequestRefused,
    "builtins.IndexError": RequestRefused,
    "builtins.AttributeError": RequestRefused,
    "builtins.RecursionError": EndlessRecursion,
    "odoo.exceptions.LockError": Unavailable,
    "psycopg2.OperationalError": Unavailable,
    "psycopg2.errors.InvalidTextRepresentation": RequestRefused,
    "psycopg2.errors.NumericValueOutOfRange": RequestRefused,
    "psycopg2.errors.SerializationFailure": Unavailable,
    "psycopg2.errors.LockNotAvailable": Unavailable,
}

_BY_STATUS: dict[int, type[AdapterError]] = {
    400: RequestRefused,
    401: CredentialsRefused,
    403: CredentialsRefused,
    404: MissingModel,
    422: RequestRefused,
    429: RateLimited,
}

_PROGRAM_ERRORS = frozenset({"builtins.ValueError", "builtins.TypeError", "builtins.KeyError"})
_OURS = re.compile(
    r"Invalid field '?[a-z_][a-z0-9_.]*'?(?: (?:on model|in leaf) '?[a-z_][a-z0-9_.]*'?)?"
    r"|unexpected keyword argument '[a-z_][a-z0-9_]*'"
    r"|missing \d+ required positional arguments?"
)


_NARROWER: tuple[tuple[str, str, type[AdapterError], str], ...] = (
    (
        "psycopg2.OperationalError",
        r'database "[^"]*" does not exist',
        UnknownDatabase,
        "`database`: this server has none of that name",
    ),
    (
        "odoo.exceptions.AccessError",
        r"unauthorized or invalid companies",
        ForeignCompany,
        "`company`: this user may not work for it",
    ),
    (
        "odoo.exceptions.UserError",
        r"Invalid language code: ([A-Za-z_@]{2,16})",
        UnknownLanguage,
        "`language`, `languages`: {} is not installed",
    ),
    ("odoo.exceptions.MissingError", r"\(Record: res\.users\(", CredentialsRefused, "the user is gone"),
)
"""Faults whose words say more than their names. No part of a message is kept but a language's code."""


def from_fault(fault: OdooFault, asked: str) -> AdapterError:
    """`asked` is `model.method`. Odoo's messages name users and records, so only those about our own mistakes in field
    or argument names are kept for the logs."""
    kind = _BY_NAME.get(fault.name, Unavailable)
    detail = f"{fault.name} at {asked}"
    for name, words, narrower, hint in _NARROWER:
        found = re.search(words, fault.message) if fault.name == name else None
        if found is not None:
            kind, detail = narrower, f"{detail}: {hint.format(*found.groups())}"
            break
    if fault.name == "odoo.exceptions.UserError" and asked.rpartition(".")[0] in fault.message:
        kind = MissingModel  # 17 and 18 answer a model that is not installed so
    if fault.name in _PROGRAM_ERRORS:
        named = _OURS.search(fault.message)
        detail += f": {named.group()}" if named else ""
    return kind(detail=detail)


def from_status(response: Response, asked: str) -> AdapterError:
    """A JSON-2 answer, or a proxy's, with a status other than 200. The name decides where there is one, because 500
    stands for a wrong field as well as for a broken server."""
    if response.status in (401, 429):
        return _BY_STATUS[response.status](detail=f"status {response.status} at {asked}")
    try:
        fault = msgspec.json.decode(response.body, type=OdooFault)
    except msgspec.MsgspecError:
        if response.status == 404:
            return UnknownDatabase(detail=f"status 404 at {asked}: no Odoo answers here: check `url` and `database`")
        kind = _BY_STATUS.get(response.status, Unavailable if response.status >= 500 else InvalidAnswer)
        return kind(detail=f"status {response.status} at {asked}")
    if fault.name in _BY_NAME:
        return from_fault(fault, asked)
    kind = _BY_STATUS.get(response.status, Unavailable)
    return kind(detail=f"status {response.status} at {asked}")
