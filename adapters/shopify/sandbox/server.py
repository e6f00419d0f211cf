"""The shop's server: aiohttp on a real socket, graphql-core over our own SDL. It checks the token, prices the query,
pays from the bucket, and answers as the vendor does: refusals of GraphQL are status 200."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,  # pyright: ignore[reportUnknownVariableType]
    parse,
    validate,
)
from graphql.execution import ExecutionResult
from graphql.utilities import value_from_ast_untyped

from adapters.shopify.sandbox.admin_view import RIGHT_OF, AdminRoot
from adapters.shopify.sandbox.cost import Bucket, CostModel, query_cost, strict
from adapters.shopify.sandbox.schemas import schema
from adapters.shopify.sandbox.storefront_view import StorefrontRoot
from adapters.shopify.sandbox.world import World
from gateway.testing.sandbox import RecordedRequest, Seed

VERSION = "2026-10"
MAX_COST = 1000
REFUSED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
UNAPPROVED = "[API] This action requires merchant approval for read_products scope."


class ShopifySandbox:
    """Knobs: `bucket`, `cost_model`, `read_all_orders`, `denied` (root fields the app has no right to), `withheld`
    (rights its token lacks), `status` (every
    answer's HTTP status), `delay` in seconds, `rewrite` (the answer's bytes), `locked_out` (no token is right),
    `unapproved` (the merchant has not approved the app's rights)."""

    def __init__(self, seed: Seed) -> None:
        self.world = World(seed)
        self.bucket = Bucket()
        self.cost_model: CostModel = strict
        self.read_all_orders = False
        self.denied: set[str] = set()
        self.withheld: set[str] = set()
        self.status: int | None = None
        self.delay = 0.0
        self.rewrite: Callable[[bytes], bytes] | None = None
        self.locked_out = False
        self.unapproved = False
        self.admin_token = "shpat_sandbox"
        self.storefront_token = "shpss_sandbox"
        self.url = ""
        self.webhook_secret = "sandbox-client-secret"
        self._requests: list[RecordedRequest] = []
        self._runner: web.AppRunner | None = None
        self._parsed: dict[tuple[str, str], DocumentNode | list[GraphQLError]] = {}

    @property
    def requests(self) -> list[RecordedRequest]:
        return self._requests

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "admin_token": self.admin_token,
            "storefront_token": self.storefront_token,
            "webhook_secret": self.webhook_secret,
            "language": self.world.seed.default_language,
            "foreign_sources": "import",
            "option_facets": ",".join(self.world.option_names),
        }

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post(f"/admin/api/{VERSION}/graphql.json", self._admin)
        app.router.add_post(f"/api/{VERSION}/graphql.json", self._storefront)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def webhook(self, topic: str, payload: Any, *, secret: str | None = None) -> tuple[dict[str, str], bytes]:
        """A delivery as the vendor posts it: headers (lower-case names) and body."""
        body = json.dumps(payload).encode()
        digest = hmac.new((secret or self.webhook_secret).encode(), body, hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
            "x-shopify-webhook-id": hashlib.sha256(body + topic.encode()).hexdigest()[:32],
            "x-shopify-triggered-at": self.world.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "x-shopify-api-version": VERSION,
        }, body

    # --- one request --------------------------------------------------------------------------------------------

    async def _admin(self, request: web.Request) -> web.Response:
        if self.locked_out or request.headers.get("X-Shopify-Access-Token") != self.admin_token:
            return await self._answer(request, "?", {"errors": REFUSED}, 401)
        if self.unapproved:
            return await self._answer(request, "?", {"errors": UNAPPROVED}, 403)
        return await self._graphql(request, "admin")

    async def _storefront(self, request: web.Request) -> web.Response:
        tokens = (
            request.headers.get("Shopify-Storefront-Private-Token"),
            request.headers.get("X-Shopify-Storefront-Access-Token"),
        )
        if self.locked_out or self.storefront_token not in tokens:
            body = {"errors": [{"message": "", "extensions": {"code": "UNAUTHORIZED"}}]}
            return await self._answer(request, "?", body, 401)
        return await self._graphql(request, "storefront")

    async def _graphql(self, request: web.Request, api: str) -> web.Response:
        try:
            body = json.loads(await request.read())
            text, variables = str(body["query"]), dict(body.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            return await self._answer(request, "?", {"errors": {"query": "Required parameter missing or invalid"}}, 400)
        document = self._document(api, text)
        if isinstance(document, list):
            errors = [{**e.formatted, "extensions": {"code": "undefinedField"}} for e in document]
            return await self._answer(request, "?", {"errors": errors}, 200)
        operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        name = operation.name.value if operation.name else "?"
        if api == "storefront":
            return await self._answer(request, name, self._shown(self._run(api, document, operation, variables)), 200)
        return await self._answer(request, name, self._priced(document, operation, variables), 200)

    def _document(self, api: str, text: str) -> DocumentNode | list[GraphQLError]:
        found = self._parsed.get((api, text))
        if found is None:
            try:
                found = parse(text)
                found = validate(schema(api), found) or found
            except GraphQLError as error:
                found = [error]
            if len(self._parsed) > 500:
                self._parsed.clear()
            self._parsed[api, text] = found
        return found

    def _priced(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Admin: refused above the most one query may cost, throttled when the bucket is empty, else paid."""
        requested = query_cost(schema("admin"), document, variables, self.cost_model)
        if requested > MAX_COST:
            message = f"Query cost is {requested:g}, which exceeds the single query max cost limit ({MAX_COST})."
            return {
                "errors": [
                    {
                        "message": message,
                        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MAX_COST},
                    }
                ]
            }
        paid = self.bucket.take(requested)
        cost: dict[str, Any] = {"requestedQueryCost": requested, "actualQueryCost": requested if paid else None}
        extensions = {"cost": {**cost, "throttleStatus": self.bucket.status()}}
        if not paid:
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [error], "extensions": extensions}
        fields = {getattr(selection, "name", None) for selection in operation.selection_set.selections}
        withheld = {field for field, right in RIGHT_OF.items() if right in self.withheld}
        for denied in sorted((self.denied | withheld) & {field.value for field in fields if field}):
            message = f"Access denied for {denied} field."
            error = {"message": message, "path": [denied], "extensions": {"code": "ACCESS_DENIED"}}
            return {"data": None, "errors": [error], "extensions": extensions}
        return {**self._shown(self._run("admin", document, operation, variables)), "extensions": extensions}

    def _run(
        self, api: str, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> ExecutionResult:
        root: Any
        if api == "admin":
            root = AdminRoot(self.world, read_all_orders=self.read_all_orders, withheld=self.withheld)
        else:
            found: dict[str, Any] = {}
            for directive in operation.directives or ():
                if directive.name.value == "inContext":
                    found = {
                        a.name.value: value_from_ast_untyped(a.value, variables) for a in directive.arguments or ()
                    }
            root = StorefrontRoot(self.world, found.get("country"), found.get("language"))
        return execute_sync(schema(api), document, root_value=root, variable_values=variables)

    @staticmethod
    def _shown(result: ExecutionResult) -> dict[str, Any]:
        return dict(result.formatted)

    async def _answer(self, request: web.Request, operation: str, body: Any, status: int) -> web.Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        text = json.dumps(body).encode()
        if self.status is not None and self.status != 200:
            status, text = self.status, b"<html>error</html>"
        elif self.rewrite is not None:
            text = self.rewrite(text)
        self._requests.append(RecordedRequest(request.method, request.path, operation, status))
        return web.Response(body=text, status=status, content_type="application/json")


def create(seed: Seed) -> ShopifySandbox:
    """What the entry point `commerce_gateway.sandboxes` names."""
    return ShopifySandbox(seed)
