"""The sandbox's socket: `/jsonrpc` (all versions), `/json/2/<model>/<method>` and `/json/version` (19), and the knobs
tests turn."""

from __future__ import annotations

import asyncio
import json
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
from adapters.odoo.sandbox.rights import User, check_model
from adapters.odoo.sandbox.seeding import fill
from adapters.odoo.sandbox.store import Store
from gateway.testing.sandbox import RecordedRequest, Seed

DATABASE = "retailer"
LOGIN = "gateway"
API_KEY = "sandbox-odoo-key"
TOKEN = "sandbox-odoo-token"
TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/odoo/odoo/http.py", line 2013, in _transactioning\n'


class OdooSandbox(Changes):
    """One Odoo. Knobs: `down` (503), `slow` (seconds), `throttled` (429 by a proxy), `raw` (a body served whatever is
    asked), `key_revoked`, `without_kits` (no manufacturing module), `store.without_website`, `redirecting` (addresses
    it does not have), `quotations.customisations` and `quotations.line_discounts`. `user` is whose key the gateway has:
    its groups and companies decide what it sees; `hidden` keeps fields for a group. `store` may be changed while it
    runs."""

    def __init__(self, seed: Seed, version: int = 19) -> None:
        self.version = version
        self.store = Store(version, COMPUTED)
        self.seeded = fill(self.store, seed)
        self.quotations = Quotations(self.store)
        self.down = False
        self.slow = 0.0
        self.throttled = False
        self.raw: bytes | None = None
        self.key_revoked = False
        self.user = User(companies=self.seeded.companies)
        self.hidden: dict[tuple[str, str], str] = {}
        self.without_kits = False
        self.redirecting = False
        self._requests: list[RecordedRequest] = []
        self._runner: web.AppRunner | None = None

    @property
    def requests(self) -> list[RecordedRequest]:
        return self._requests

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

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/jsonrpc", self._jsonrpc)
        app.router.add_get("/json/version", self._json_version)
        if self.version >= 19:
            app.router.add_post("/json/2/{model}/{method}", self._json2)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        address = self._runner.addresses[0]
        return f"http://127.0.0.1:{address[1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- protocols ------------------------------------------------------------------------------------------------

    async def _json_version(self, request: web.Request) -> web.Response:
        """Older servers do not have it; with a website in front of them some send the caller elsewhere."""
        if self.version < 19:
            status = 303 if self.redirecting else 404
            self._record(request, "version", status)
            return web.Response(status=status, headers={"Location": "/web/login"} if self.redirecting else {})
        self._record(request, "version", 200)
        return web.json_response({"version_info": [self.version, 0, 0, "final", 0, ""], "version": f"{self.version}.0"})

    async def _json2(self, request: web.Request) -> web.Response:
        model, method = request.match_info["model"], request.match_info["method"]
        operation = f"{model}.{method}"
        trouble = await self._trouble(request, operation)
        if trouble is not None:
            return trouble
        if request.headers.get("X-Odoo-Database", DATABASE) != DATABASE:
            self._record(request, operation, 404)  # without a database there are no such addresses
            return web.Response(
                status=404, text="<!doctype html>\n<title>404 Not Found</title>", content_type="text/html"
            )
        try:
            self._authorise_json2(request)
            arguments = self._arguments(await request.read())
            ids = arguments.pop("ids", [])
            answer = self._dispatch(model, method, ids, arguments)
        except OdooException as error:
            self._record(request, operation, error.status)
            return web.json_response(_fault(error), status=error.status)
        self._record(request, operation, 200)
        return web.json_response(answer)

    def _authorise_json2(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise AccessDenied("User not authenticated, use an API Key with a Bearer Authorization header.")
        if key != API_KEY or self.key_revoked:
            raise AccessDenied("Invalid apikey")

    def grant(self, *groups: str) -> None:
        """The user is in these groups and no others."""
        self.user.groups = set(groups)

    async def _jsonrpc(self, request: web.Request) -> web.Response:
        body = self._arguments(await request.read())
        params: dict[str, Any] = body.get("params", {})
        service, method, args = params.get("service"), params.get("method"), params.get("args", [])
        operation = f"{args[3]}.{args[4]}" if method == "execute_kw" else f"{service}.{method}"
        trouble = await self._trouble(request, operation)
        if trouble is not None:
            return trouble
        envelope: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            answer = self._rpc_result(service, method, args)
            if answer is not None:
                envelope["result"] = answer  # a method that returns nothing has no `result` at all
        except OdooException as error:
            envelope["error"] = {"code": 200, "message": "Odoo Server Error", "data": _fault(error)}
        self._record(request, operation, 200)
        return web.json_response(envelope)

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

    async def _trouble(self, request: web.Request, operation: str) -> web.Response | None:
        """What the knobs are set to."""
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.down:
            self._record(request, operation, 503)
            return web.Response(status=503, text="<html>Service Unavailable</html>")
        if self.throttled:
            self._record(request, operation, 429)
            return web.Response(status=429, headers={"Retry-After": "3"})
        if self.raw is not None:
            self._record(request, operation, 200)
            return web.Response(body=self.raw, content_type="application/json")
        return None

    @staticmethod
    def _arguments(body: bytes) -> dict[str, Any]:
        try:
            return dict(json.loads(body))
        except ValueError:
            raise ProgramError("ValueError", "the body is no JSON object") from None

    def _record(self, request: web.Request, operation: str, status: int) -> None:
        self._requests.append(RecordedRequest(request.method, request.path, operation, status))


def _fault(error: OdooException) -> dict[str, Any]:
    return {
        "name": error.name,
        "message": error.message,
        "arguments": [error.message],
        "context": {},
        "debug": f"{TRACEBACK}{error.name}: {error.message}\n",
    }
