"""What the gateway's user may do, as Odoo says it of a user to themselves."""

from __future__ import annotations

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.protocols import Ask
from gateway.errors import RequestRefused
from gateway.model.context import CallContext

RIGHTS = "rights"
OWN_DOCUMENTS = "sales_team.group_sale_salesman"
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"


class _Self(Struct):
    uid: int


async def in_group(client: OdooClient, group: str, call: CallContext) -> bool:
    """Whether the gateway's own user is in it. Two requests."""
    context = Ask(model="res.users", method="context_get", arguments={}, operation=RIGHTS)
    return await has_group(client, (await client.call(_Self, context, call)).uid, group, call)


async def has_group(client: OdooClient, user: int, group: str, call: CallContext) -> bool:
    """`group` as Odoo names it in its data (`module.name`)."""
    ask = Ask(model="res.users", method="has_group", arguments={"group_ext_id": group}, operation=RIGHTS, ids=(user,))
    return await client.call(bool, ask, call)


async def sees_own_documents_only(client: OdooClient, call: CallContext) -> bool:
    """Salespeople see their own orders and those of nobody; only "all documents" lifts it. Users outside Sales, whose
    right to read orders comes from elsewhere, are not narrowed. A server that does not say is not suspected."""
    try:
        if await in_group(client, ALL_DOCUMENTS, call):
            return False
        return await in_group(client, OWN_DOCUMENTS, call)
    except RequestRefused:
        return False
