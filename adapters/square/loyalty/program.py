"""`LoyaltyProgramPort`: the programme of an account, and how points are earned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from adapters.square.catalog import CatalogObject, ItemsAnswer
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from adapters.square.rows import Answer, WireMoney
from gateway.kit.concurrency import gathered
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import LoyaltyProgram, LoyaltyRule
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment


class Terminology(Struct, frozen=True):
    one: str
    other: str


class SpendData(Struct, frozen=True):
    amount_money: WireMoney
    tax_mode: str
    excluded_category_ids: tuple[str, ...] | None = None
    excluded_item_variation_ids: tuple[str, ...] | None = None


class VisitData(Struct, frozen=True):
    tax_mode: str


class VariationRule(Struct, frozen=True):
    item_variation_id: str


class CategoryRule(Struct, frozen=True):
    category_id: str


class AccrualRule(Struct, frozen=True):
    accrual_type: str
    points: int | None = None
    visit_data: VisitData | None = None
    spend_data: SpendData | None = None
    item_variation_data: VariationRule | None = None
    category_data: CategoryRule | None = None


class Program(Struct, frozen=True):
    id: str
    status: str | None = None
    terminology: Terminology | None = None
    accrual_rules: tuple[AccrualRule, ...] | None = None
    location_ids: tuple[str, ...] | None = None


class Promotion(Struct, frozen=True):
    """Extra points at times; what for and when is not evaluated."""

    status: str | None = None


class PromotionsAnswer(Answer, frozen=True, kw_only=True):
    loyalty_promotions: tuple[Promotion, ...] | None = None


class ProgramAnswer(Answer, frozen=True, kw_only=True):
    program: Program | None = None


class Programs:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers
        self.program: Table[LoyaltyProgram | None] = Table(self._load, env.config.table_seconds, env.clock)

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        """An account has one programme or none."""
        program = await self.program.get(call)
        return (program,) if program else ()

    async def _load(self, call: CallContext) -> LoyaltyProgram | None:
        """One request, one for its promotions, one look-up for the SKUs that rules name by variation, and one for each
        category they name."""
        answer = await self._client.find("/v2/loyalty/programs/main", ProgramAnswer, call)
        if answer is None or answer.program is None:
            return None
        wire = answer.program
        found = await self._identifiers.skus_of(_variations(wire), call)
        skus = {variation: self._env.key_rule.written(sku) for variation, sku in found.items()}
        categories = _categories(wire)
        members = await gathered([self._skus_in(category, call) for category in categories])
        in_category = dict(zip(categories, members, strict=True))
        promoted = await self._promoted(wire.id, call)
        freshness = Reading.now(self._env).freshness
        return program(wire, self._env.config.program_name, skus, in_category, freshness, promoted=promoted)

    async def _promoted(self, program: str, call: CallContext) -> bool:
        """Whether a promotion gives more points than the rules say, now or from a day that the kept programme sees."""
        answer = await self._client.find(f"/v2/loyalty/programs/{program}/promotions", PromotionsAnswer, call)
        promotions = (answer.loyalty_promotions if answer else None) or ()
        return any(each.status in ("ACTIVE", "SCHEDULED") for each in promotions)

    async def _skus_in(self, category: str, call: CallContext) -> tuple[str, ...]:
        found: list[CatalogObject] = []
        body = {"category_ids": [category], "limit": 100}
        async for page in self._client.pages("/v2/catalog/search-catalog-items", body, ItemsAnswer, call):
            for item in page.items or ():
                found.extend((item.item_data.variations if item.item_data else None) or ())
        keys = (self._identifiers.key_of(each.item_variation_data) for each in found)
        return tuple(self._env.key_rule.written(key) for key in keys if key)


def _variations(program: Program) -> list[str]:
    ids: list[str] = []
    for rule in program.accrual_rules or ():
        ids.extend([rule.item_variation_data.item_variation_id] if rule.item_variation_data else ())
        ids.extend((rule.spend_data.excluded_item_variation_ids if rule.spend_data else None) or ())
    return ids


def _categories(program: Program) -> list[str]:
    ids: list[str] = []
    for rule in program.accrual_rules or ():
        ids.extend([rule.category_data.category_id] if rule.category_data else ())
        ids.extend((rule.spend_data.excluded_category_ids if rule.spend_data else None) or ())
    return list(dict.fromkeys(ids))


def program(
    wire: Program,
    name: str,
    skus: Mapping[str, str],
    in_category: Mapping[str, tuple[str, ...]],
    freshness: Freshness,
    *,
    promoted: bool,
) -> LoyaltyProgram:
    """`skus` by variation id; `in_category` the SKUs of each category that a rule names: the catalogue may be
    another system's, which does not know Square's categories. `promoted`: a promotion multiplies points at times."""
    words = wire.terminology
    return LoyaltyProgram(
        ref=NativeRef(freshness.source, wire.id),
        name=name,
        freshness=freshness,
        unit_one=words.one if words else "point",
        unit_many=words.other if words else "points",
        rules=tuple(rule for each in wire.accrual_rules or () for rule in _rule(each, skus, in_category)),
        active=wire.status == "ACTIVE",
        places=frozenset(wire.location_ids) if wire.location_ids else None,
        complete=not promoted,
    )


def _rule(
    wire: AccrualRule, skus: Mapping[str, str], in_category: Mapping[str, tuple[str, ...]]
) -> Iterable[LoyaltyRule]:
    """A rule about a variation without a SKU is about no key that is asked here. One of an unknown kind, or without its
    details, cannot be evaluated and says so."""
    points = Decimal(wire.points or 0)
    spend, visit = wire.spend_data, wire.visit_data
    if wire.accrual_type == "SPEND" and spend:
        excluded = [skus[each] for each in spend.excluded_item_variation_ids or () if each in skus]
        for category in spend.excluded_category_ids or ():
            excluded.extend(in_category.get(category, ()))
        yield LoyaltyRule(
            kind="SPEND",
            points=points,
            spend_minor=spend.amount_money.amount,
            currency=spend.amount_money.currency,
            excluded_skus=frozenset(excluded),
            tax_included=spend.tax_mode == "AFTER_TAX",
        )
    elif wire.accrual_type == "VISIT" and visit:
        yield LoyaltyRule(kind="VISIT", points=points, tax_included=visit.tax_mode == "AFTER_TAX")
    elif wire.accrual_type == "ITEM_VARIATION" and wire.item_variation_data:
        if sku := skus.get(wire.item_variation_data.item_variation_id):
            yield LoyaltyRule(kind="ITEM", points=points, skus=frozenset({sku}))
    elif wire.accrual_type == "CATEGORY" and wire.category_data:
        members = in_category.get(wire.category_data.category_id, ())
        yield LoyaltyRule(kind="ITEM", points=points, skus=frozenset(members))
    else:
        yield LoyaltyRule(kind=wire.accrual_type, points=points, evaluable=False)
