"""The sandbox's socket: `/jsonrpc` (all versions), `/json/2/<model>/<method>` and `/json/version` (19), and the knobs
tests turn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from adapters.odoo.sandbox.changes import Changes
from adapters.odoo.sandbox.faults import (
    AccessDenied,
    AccessError,
    MissingError,
    NotFound,
    OdooException,
    ProgramError,
    UnknownDatabase,
    UserError,
)
from adapters.odoo.sandbox.figures import COMPUTED
from adapters.odoo.sandbox.quotations import Quotations
from adapters.odoo.sandbox.reading import READERS, Session, call_reader
from adapters.odoo.sandbox.reserving import Reservations
from adapters.odoo.sandbox.rights import User, check_model
from adapters.odoo.sandbox.sales import WRITERS, Sales
from adapters.odoo.sandbox.seeding import fill
from adapters.odoo.sandbox.store import Store
from adapters.odoo.sandbox.transfers import TRANSFER_WRITERS, Transfers
from gateway.testing.sandbox import Seed
from gateway.testing.sandbox_server import HTML, Answer, SandboxServer

DATABASE = "retailer"
LOGIN = "gateway"
API_KEY = "sandbox-odoo-key"
TOKEN = "sandbox-odoo-token"
TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/odoo/odoo/http.py", line 2013, in _transactioning\n'


class OdooSandbox(Changes, SandboxServer):
    """One Odoo. Knobs beside `faults`: `key_revoked`, `without_kits` (no manufacturing module),
    `store.without_website`, `redirecting` (addresses it does not have), `quotations.customisations` and
    `quotations.line_discounts`. `user` is whose key the gateway has: its groups and companies decide what it sees;
    `hidden` keeps fields for a group. `store` may be changed while it runs. `sales.effects` is what was written,
    request by request."""

    largest_request = 16 << 20

    def __init__(self, seed: Seed, version: int = 19) -> None:
        super().__init__()
        self.version = version
        self.store = Store(version, COMPUTED)
        self.seeded = fill(self.store, seed)
        self.quotations = Quotations(self.store)
        reservations = Reservations(self.store)
        self.sales = Sales(self.store, self.quotations, reservations)
        self.transfers = Transfers(self.store, reservations)
        self.key_revoked = False
        self.user = User(companies=self.seeded.companies)
        self.hidden: dict[tuple[str, str], str] = {}
        self.without_kits = False
        self.redirecting = False

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "version": str(self.version),
            "database": DATABASE,
            "login": LOGIN,
            "api_key": API_KEY,
            "webhook_token": TOKEN,
            "website": "true",
        }

    def records_of(self, reference: str) -> list[dict[str, Any]]:
        """What a checkout left here."""
        return self.sales.records_of(reference)

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        if request.path == "/json/version":
            return "version"
        if found := _JSON2.fullmatch(request.path):
            return f"{found[1]}.{found[2]}"
        try:
            params: dict[str, Any] = _arguments(sent).get("params", {})
        except ProgramError:
            return request.path
        args = params.get("args", [])
        return f"{args[3]}.{args[4]}" if params.get("method") == "execute_kw" else ".".join(_called(params))

    def refusal(self, operation: str, status: int) -> Answer:
        """A proxy's own page: Odoo itself refuses nobody."""
        again = {"Retry-After": "3"} if status == 429 else {}
        return Answer(status, b"<html>Service Unavailable</html>", again, HTML)

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        if request.method == "GET" and request.path == "/json/version":
            return self._json_version()
        if request.method == "POST" and request.path == "/jsonrpc":
            return self._jsonrpc(sent)
        found = _JSON2.fullmatch(request.path) if self.version >= 19 and request.method == "POST" else None
        # Without a database there are no such addresses.
        if found is None or request.headers.get("X-Odoo-Database", DATABASE) != DATABASE:
            return Answer(404, b"<!doctype html>\n<title>404 Not Found</title>", {}, HTML)
        return self._json2(request, found[1], found[2], sent)

    # --- protocols ------------------------------------------------------------------------------------------------

    def _json_version(self) -> Answer:
        """Older servers do not have it; with a website in front of them some send the caller elsewhere."""
        if self.version >= 19:
            said = {"version_info": [self.version, 0, 0, "final", 0, ""], "version": f"{self.version}.0"}
            return _json(said)
        if self.redirecting:
            return Answer(303, b"", {"Location": "/web/login"}, HTML)
        return Answer(404, b"", {}, HTML)

    def _json2(self, request: web.Request, model: str, method: str, sent: bytes) -> Answer:
        try:
            self._authorise_json2(request)
            arguments = _arguments(sent)
            ids = arguments.pop("ids", [])
            return _json(self._dispatch(model, method, ids, arguments))
        except OdooException as error:
            return _json(_fault(error), error.status)

    def _authorise_json2(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise AccessDenied("User not authenticated, use an API Key with a Bearer Authorization header.")
        if key != API_KEY or self.key_revoked:
            raise AccessDenied("Invalid apikey")

    def grant(self, *groups: str) -> None:
        """The user is in these groups and no others."""
        self.user.groups = set(groups)

    def _jsonrpc(self, sent: bytes) -> Answer:
        body = _arguments(sent)
        params: dict[str, Any] = body.get("params", {})
        envelope: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            answer = self._rpc_result(params.get("service"), params.get("method"), params.get("args", []))
            if answer is not None:
                envelope["result"] = answer  # a method that returns nothing has no `result` at all
        except OdooException as error:
            envelope["error"] = {"code": 200, "message": "Odoo Server Error", "data": _fault(error)}
        return _json(envelope)

    def _rpc_result(self, service: Any, method: Any, args: list[Any]) -> Any:
        if (service, method) == ("common", "version"):
            major = self.version
            return {"server_version": f"{major}.0", "server_version_info": [major, 0, 0, "final", 0, ""]}
        if args[:1] != [DATABASE]:
            raise UnknownDatabase(str(args[0] if args else ""))
        if (service, method) == ("common", "authenticate"):
            good = args[1:3] == [LOGIN, API_KEY] and not self.key_revoked
            return self.user.id if good else False
        if (service, method) != ("object", "execute_kw"):
            raise ProgramError("KeyError", f"{service}.{method}")
        _, user, key, model, name, positional, *rest = args
        if user != self.user.id:
            raise MissingError(
                f"Record does not exist or has been deleted.\n(Record: res.users({user},), User: {user})"
            )
        if key != API_KEY or self.key_revoked:
            raise AccessDenied("Access Denied")
        arguments: dict[str, Any] = dict(rest[0]) if rest else {}
        if name == "create":  # the answer's shape is taken from the first argument, which a named one is not
            if not positional:
                raise ProgramError("IndexError", "tuple index out of range")
            made = self._dispatch(model, name, [], {**arguments, "vals_list": positional[0]})
            return made if isinstance(positional[0], list) else made[0]
        ids: list[int] = positional[0] if positional else []
        return self._dispatch(model, name, ids, arguments)

    # --- what both do ---------------------------------------------------------------------------------------------

    def _dispatch(self, model: str, method: str, ids: list[int], arguments: dict[str, Any]) -> Any:
        context: dict[str, Any] = arguments.pop("context", {})
        self._check(model, method, context)
        if (model, method) == ("sale.order", "onchange"):
            if self.version >= 19:
                check_model(self.user, model, document="Sales Order", operation="create")
            return self.quotations.onchange(**arguments)
        if (model, method) == ("res.users", "context_get"):
            return {"lang": "en_US", "tz": False, "uid": self.user.id}
        if (model, method) == ("res.users", "has_group"):
            group = str(arguments["group_ext_id"])
            if group == "sale.group_discount_per_so_line":  # everybody's, the system's own user included, once it is on
                return self.quotations.line_discounts
            return ids == [self.user.id] and self.user.has_group(group)
        session = Session(self.store, self.user, context, self.hidden)
        if (model, method) in WRITERS:
            return self.sales.write(session, model, method, ids, arguments)
        if (model, method) in TRANSFER_WRITERS:
            return self.transfers.write(session, method, ids, arguments)
        if method == "read":
            return call_reader(session, model, method, {"ids": ids, **arguments})
        if method in READERS:
            return call_reader(session, model, method, arguments)
        raise NotFound(f"the method {method!r} does not exist on model {model!r}")

    def _check(self, model: str, method: str, context: Mapping[str, Any]) -> None:
        if self.store.model(model) is None or (self.without_kits and model.startswith("mrp.")):
            if self.version >= 19:
                raise NotFound(f"the model {model!r} does not exist")
            raise UserError(f"Object {model} doesn't exist")
        if method.startswith("_"):
            raise AccessError(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
        if set(context.get("allowed_company_ids", ())) - self.user.companies:
            raise AccessError("Access to unauthorized or invalid companies.")
        language = context.get("lang")
        if language is not None and language not in self.seeded.languages:
            raise UserError(f"Invalid language code: {language}")


_JSON2 = re.compile(r"/json/2/([^/]+)/([^/]+)")


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def _called(params: Mapping[str, Any]) -> tuple[str, str]:
    return str(params.get("service")), str(params.get("method"))


def _arguments(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        raise ProgramError("ValueError", "the body is no JSON object") from None


def _fault(error: OdooException) -> dict[str, Any]:
    return {
        "name": error.name,
        "message": error.message,
        "arguments": [error.message],
        "context": {},
        "debug": f"{TRACEBACK}{error.name}: {error.message}\n",
    }
