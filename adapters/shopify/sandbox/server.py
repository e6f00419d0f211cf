"""The shop's server: aiohttp on a real socket, graphql-core over our own SDL. It checks the token, prices the query,
pays from the bucket, and answers as the vendor does: refusals of GraphQL are status 200."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
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
from adapters.shopify.sandbox.global_ids import refused
from adapters.shopify.sandbox.schemas import schema
from adapters.shopify.sandbox.storefront_view import StorefrontRoot
from adapters.shopify.sandbox.world import World
from gateway.testing.sandbox import Seed
from gateway.testing.sandbox_server import Answer, SandboxServer

VERSION = "2026-10"
MAX_COST = 1000
REFUSED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
UNAPPROVED = "[API] This action requires merchant approval for read_products scope."


class ShopifySandbox(SandboxServer):
    """Knobs beside `faults`: `bucket`, `cost_model`, `read_all_orders`, `denied` (root fields the app has no right
    to), `withheld` (rights its token lacks), `locked_out` (no token is right), `unapproved` (the merchant has not
    approved the app's rights)."""

    largest_request = 1 << 20

    def __init__(self, seed: Seed) -> None:
        super().__init__()
        self.world = World(seed)
        self.bucket = Bucket()
        self.cost_model: CostModel = strict
        self.read_all_orders = False
        self.denied: set[str] = set()
        self.withheld: set[str] = set()
        self.locked_out = False
        self.unapproved = False
        self.admin_token = "shpat_sandbox"
        self.storefront_token = "shpss_sandbox"
        self.webhook_secret = "sandbox-client-secret"
        self._parsed: dict[tuple[str, str], DocumentNode | list[GraphQLError]] = {}

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

    def records_of(self, reference: str) -> list[dict[str, Any]]:
        """What a checkout left here, as a person reads it."""
        return [
            {
                "name": order.record.number,
                "status": order.record.status.value,
                "sourceIdentifier": order.source_identifier,
                "total": str((order.record.total.gross or order.record.total.stated).amount),
                "currency": order.record.total.currency,
                "goods": [{"sku": line.sku, "ordered": str(line.quantity)} for line in order.record.lines],
            }
            for order in self.world.orders.values()
            if order.source_identifier == reference
        ]

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

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        document = self._document(_API.get(request.path, "admin"), _asked(sent)[0])
        operation = None if isinstance(document, list) else _operation(document)
        return operation.name.value if operation is not None and operation.name else "?"

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        api = _API.get(request.path)
        if request.method != "POST" or api is None:
            return _json({"errors": "Not Found"}, 404)
        refused = self._stranger(api, request.headers)
        return refused or self._graphql(api, sent)

    def _stranger(self, api: str, headers: Mapping[str, str]) -> Answer | None:
        """What a wrong token is told."""
        if api == "admin":
            if self.locked_out or headers.get("X-Shopify-Access-Token") != self.admin_token:
                return _json({"errors": REFUSED}, 401)
            return _json({"errors": UNAPPROVED}, 403) if self.unapproved else None
        tokens = (
            headers.get("Shopify-Storefront-Private-Token"),
            headers.get("X-Shopify-Storefront-Access-Token"),
        )
        if self.locked_out or self.storefront_token not in tokens:
            return _json({"errors": [{"message": "", "extensions": {"code": "UNAUTHORIZED"}}]}, 401)
        return None

    def _graphql(self, api: str, sent: bytes) -> Answer:
        text, variables = _asked(sent)
        if not text:
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        document = self._document(api, text)
        if isinstance(document, list):
            return _json({"errors": [{**e.formatted, "extensions": {"code": "undefinedField"}} for e in document]})
        operation = _operation(document)
        if refusals := refused(schema(api), operation, variables):
            return _json({"errors": refusals})
        if api == "storefront":
            return _json(self._shown(self._run(api, document, operation, variables)))
        return _json(self._priced(document, operation, variables))

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


_API = {f"/admin/api/{VERSION}/graphql.json": "admin", f"/api/{VERSION}/graphql.json": "storefront"}


def _asked(sent: bytes) -> tuple[str, dict[str, Any]]:
    """The document, empty where there is none, and its variables."""
    try:
        body = json.loads(sent)
        return str(body["query"]), dict(body.get("variables") or {})
    except (ValueError, KeyError, TypeError):
        return "", {}


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))


def _json(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def create(seed: Seed) -> ShopifySandbox:
    """What the entry point `commerce_gateway.sandboxes` names."""
    return ShopifySandbox(seed)
