"""The golden record: one customer over several systems, with one rule of survivorship for each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import AdapterError, GatewayError, Unavailable
from gateway.model.customers import (
    GOLDEN_FIELDS,
    Consent,
    Customer,
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    IdentityLink,
    LinkedCustomer,
    LinkStatus,
)
from gateway.model.identity import NativeRef
from gateway.ports.customer import CUSTOMER, FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.state import IdentityLinks
from gateway.runtime.side_by_side import side_by_side
from gateway.services.customers.links import CustomerLinks, links_of, unheard
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord

_JOINED = frozenset({"emails", "phones", "groups"})


class Customers:
    def __init__(self, systems: SystemsOfRecord, links: CustomerLinks, stored: IdentityLinks) -> None:
        self._systems = systems
        self._linked = links
        self._links = stored

    async def me(self, fields: frozenset[str], scope: Scope) -> Customer | None:
        """`fields` are those of the golden record that will be read; only the backends they need are asked."""
        linked = await self._linked.linked(scope)
        return None if linked is None else await self._golden(linked, fields, scope)

    async def by_id(self, customer_id: str, fields: frozenset[str], scope: Scope) -> Customer | None:
        """Staff, or the customer's own id; anybody else's reads like one that does not exist."""
        if "staff" in scope.principal.roles:
            linked = await self._links.by_id(customer_id)
        else:
            own = await self._linked.linked(scope)
            linked = own if own is not None and own.id == customer_id else None
        return None if linked is None else await self._golden(linked, fields, scope)

    async def find(self, key: CustomerKey, fields: frozenset[str], scope: Scope) -> Customer | None:
        """For staff: by email or phone over every customer system. Records that only share a phone stay apart: the
        one linked is the owner's first by email. Raises AdapterError when the owner cannot be heard."""
        order = self._systems.ownership.serving(CUSTOMER, scope.commerce.country)
        names = [name for name in order if self._systems.ownership.offers(name, FIND_CUSTOMERS.name)]
        found = await side_by_side(lambda name: self._linked.find_in(name, key, scope), names)
        links: list[IdentityLink] = []
        heard: list[str] = []
        for name, records in zip(names, found, strict=True):
            if isinstance(records, AdapterError):
                if name == names[0]:
                    raise records.fresh()
                continue
            heard.append(name)
            links += links_of(records, proven=len(records) == 1 and key.kind is CustomerKeyKind.EMAIL)
        proven = [link for link in links if link.status is not LinkStatus.CANDIDATE]
        if not proven:
            owner_links = [link for link in links if link.ref.backend == names[0]] if names else []
            if len(owner_links) != 1:
                return None
            proven = [IdentityLink(owner_links[0].ref, LinkStatus.ASSERTED)]
        linked = await self._links.link(None, proven, heard if key.kind is CustomerKeyKind.EMAIL else [])
        return await self._golden(linked, fields, scope)

    async def _golden(self, linked: LinkedCustomer, fields: frozenset[str], scope: Scope) -> Customer:
        wanted = fields & frozenset(GOLDEN_FIELDS)
        if not wanted:
            return Customer(linked)
        plan = self._systems.ownership.plan(CUSTOMER)
        orders = {field: [name for name in plan.fields.get(field, plan.order) if linked.refs(name)] for field in wanted}
        heard: dict[str, tuple[CustomerRecord, ...] | AdapterError] = {}
        while waiting := list(
            dict.fromkeys(n for field, order in orders.items() for n in _needed(field, order, heard))
        ):
            answers = await side_by_side(lambda name: self._records(name, linked.refs(name), scope), waiting)
            heard.update(zip(waiting, answers, strict=True))
        records = {name: answer for name, answer in heard.items() if not isinstance(answer, AdapterError)}
        failures = {name: answer for name, answer in heard.items() if isinstance(answer, AdapterError)}
        if failures and not records:
            raise next(iter(failures.values())).fresh()
        values = {
            field: _survivor(field, [records[name] for name in order if name in records])
            for field, order in orders.items()
        }
        freshness = tuple(record.freshness for group in records.values() for record in group[:1])
        missing = (
            *((name, failure.code) for name, failure in failures.items()),
            *((name, Unavailable.code) for name in unheard(linked, CUSTOMER, self._systems, scope)),
        )
        return Customer(linked, freshness=freshness, missing=missing, **values)  # type: ignore[arg-type]

    async def _records(
        self, backend: str, refs: Sequence[NativeRef], scope: Scope
    ) -> tuple[CustomerRecord, ...] | AdapterError:
        keys = [CustomerKey(CustomerKeyKind.NATIVE, ref.id) for ref in refs]
        found = await self._systems.caller.keyed(backend, FIND_CUSTOMERS, keys, scope.commerce, scope.personal())
        records: list[CustomerRecord] = []
        for key in keys:
            answer = found.get(key, ())
            if isinstance(answer, AdapterError):
                return answer
            records += answer
        return tuple(records)

    async def consents(self, customer: Customer, scope: Scope) -> tuple[Consent, ...] | GatewayError:
        """By the field's own survivorship order: the first system that knows any. Needs the customer's emails there."""
        plan = self._systems.ownership.plan(CUSTOMER)
        failure: AdapterError | None = None
        for name in plan.fields.get("consents", plan.order):
            refs = customer.linked.refs(name)
            if not refs:
                continue
            records = await self._records(name, refs, scope)
            if isinstance(records, AdapterError):
                failure = failure or records
                continue
            stated = tuple(consent for record in records for consent in record.consents)
            if not stated and self._systems.ownership.offers(name, GET_CONSENTS.name):
                emails = list(dict.fromkeys(email for record in records for email in record.emails))
                found = await self._systems.caller.keyed(name, GET_CONSENTS, emails, scope.commerce, scope.personal())
                for answer in found.values():
                    if isinstance(answer, AdapterError):
                        failure = failure or answer
                    else:
                        stated += answer
            if stated:
                return stated
        return failure if failure is not None else ()


def _needed(
    field: str, order: Sequence[str], heard: Mapping[str, tuple[CustomerRecord, ...] | AdapterError]
) -> list[str]:
    """The systems still to be asked for a field: all at once for lists; for a single value the next one, and only while
    none of those before knows it."""
    unheard = [name for name in order if name not in heard]
    if field in _JOINED:
        return unheard
    for name in order:
        if name not in heard:
            return [name]
        answer = heard[name]
        if not isinstance(answer, AdapterError) and _survivor(field, [answer]) is not None:
            return []
    return []


def _survivor(field: str, systems: Sequence[tuple[CustomerRecord, ...]]) -> object:
    """Lists are joined over all systems in order; of single values the first that is known survives."""
    values = [getattr(record, field) for records in systems for record in records]
    if field in _JOINED:
        return tuple(dict.fromkeys(item for value in values for item in value))
    return next((value for value in values if value is not None), None)
