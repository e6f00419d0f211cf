"""The keys of `[backends.x]` for an Odoo, and the languages and price lists they map to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Struct
from msgspec.structs import fields

from adapters.odoo.order.records import SaleRow
from gateway.constraints import COUNTRY, CURRENCY, IDENTIFIER, KEPT_SECONDS, LANGUAGE, TEXT, between, matching, named
from gateway.errors import ConfigurationError, Mistake
from gateway.model.languages import lookup, tag_or
from gateway.ports.manifest import AdapterConfig, Secret

Code = Annotated[
    str, matching(r"[a-z]{2,3}(_[A-Za-z0-9]{2,4})?(@[A-Za-z]+)?", "is no language's code in Odoo (`en_US`)")
]

PURCHASE_NUMBER = "client_order_ref"
SOURCE_DOCUMENT = "origin"
"""Odoo's own field for what an order came of: a text with which Odoo says so of its own documents too."""


class PriceListChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which price list answers where. Every key given must match; `group` is a customer's tag (`price_group`)."""

    pricelist: Annotated[int, IDENTIFIER]
    country: Annotated[str, COUNTRY] | None = None
    currency: Annotated[str, CURRENCY] | None = None
    channel: Annotated[str, named("channels")] | None = None
    group: Annotated[str, TEXT] | None = None


class FiscalPositionChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which `account.fiscal.position` re-maps the taxes of shoppers in `country`."""

    country: Annotated[str, COUNTRY]
    position: Annotated[int, IDENTIFIER]


class OdooConfig(AdapterConfig, frozen=True, kw_only=True):
    """`api_key` belongs to a user with Sales, Inventory and (for receipts) Point of Sale rights; `login` is that user's
    name, needed by JSON-RPC only; `database` likewise, and on JSON-2 where a host serves several.

    `version`: `auto` asks the server once. `company`: id of the one company this backend stands for.
    `language`: Odoo's code of the language its records were written in; `languages` maps BCP 47 to Odoo codes.
    `pricelists`: see `PriceListChoice`; `default_pricelist` where none matches. With neither, the sales price in the
    company's currency is the price. `partner_pricelists`: ask Odoo which list each customer has.
    `line_discounts`: the setting "discounts on sales order lines" is on. `quotation_partner`: the partner dry runs are
    made for (the company itself when 0). `units`: a sales unit's name to its `uom.uom` id.
    `third_party_stock`: count goods that others own. `unassigned_locations`: complete name of an internal location
    outside every warehouse, to the reference it is configured by. `kits`: read kits from `mrp.bom`.
    `orders`: which models hold customers' orders. `origin_field`: the field of `sale.order` in which a shop's connector
    writes the shop's own number, and the gateway the system and number of an order it mirrors; none by default, since
    what connectors use of Odoo's is often a buyer's purchase number. In `origin` only what the gateway wrote counts.
    `reference_field`: where an order that the gateway places bears its reference. `guest_contact`: the contact that
    guests' orders are made out to, with their addresses beneath it (0: none, and guests buy nothing here).
    `contact_reference_field`: where a contact that the gateway makes bears its reference.
    `move_reference_field`: where the lines (`stock.move`) of a delivery that the gateway makes for an order of another
    system bear its reference. `delivery_product`: the variant that stands for what a delivery costs.
    `website`: the website module is there (slugs, published products). `images`: offer image addresses (unverified).
    `name_order`: how `res.partner.name` is written.
    `webhook_token`: what automation rules must send back, as `?token=` or `X-Gateway-Token`.
    `tables_ttl`: seconds that price lists, rates, warehouses and kits are kept."""

    api_key: Secret
    database: Annotated[str, TEXT.or_empty()] = ""
    login: Annotated[str, TEXT.or_empty()] = ""
    version: Literal["auto", "17", "18", "19"] = "auto"
    company: Annotated[int, IDENTIFIER] = 1
    language: Code = "en_US"
    languages: Annotated[Mapping[str, Code], LANGUAGE.for_keys()] = {}
    pricelists: tuple[PriceListChoice, ...] = ()
    default_pricelist: Annotated[int, IDENTIFIER] | None = None
    partner_pricelists: bool = False
    fiscal_positions: tuple[FiscalPositionChoice, ...] = ()
    line_discounts: bool = False
    quotation_partner: Annotated[int, between(0, 2**31 - 1)] = 0
    units: Annotated[Mapping[str, Annotated[int, IDENTIFIER]], TEXT.for_keys()] = {}
    third_party_stock: bool = False
    unassigned_locations: Annotated[Mapping[str, Annotated[str, TEXT]], TEXT.for_keys()] = {}
    kits: bool = True
    orders: Literal["sale", "pos", "both"] = "both"
    origin_field: str = ""
    reference_field: str = "reference"
    contact_reference_field: Annotated[str, TEXT] = "ref"
    move_reference_field: Annotated[str, TEXT] = "origin"
    guest_contact: Annotated[int, between(0, 2**31 - 1)] = 0
    delivery_product: Annotated[int, IDENTIFIER] | None = None
    website: bool = False
    images: bool = False
    name_order: Literal["given_family", "family_given"] = "given_family"
    webhook_token: Secret | None = None
    tables_ttl: Annotated[float, KEPT_SECONDS] = 60.0

    def odoo_language(self, tag: str) -> str:
        """The `res.lang` code for a BCP 47 tag, or of the nearest mapped language; an unmapped one is answered in the
        records' own language, because Odoo refuses a whole call for a language it does not have."""
        own = self.language_tag(self.language)
        found = lookup(tag, (own, *self.languages))
        return self.languages.get(found, self.language) if found is not None else self.language

    def language_tag(self, code: str) -> str:
        """BCP 47 for a `res.lang` code: the configured tag, else `en_GB` is `en-GB`, `sr@latin` is `sr-Latn`."""
        configured = next((tag for tag, known in self.languages.items() if known == code), code)
        return tag_or(configured, "und")

    def pricelist_for(self, country: str, currency: str, channel: str | None, group: str | None) -> int | None:
        """The most specific matching entry: one that names the customer's group first, then the one with most keys,
        then the first in the file."""
        groups = (None, group)
        matching = [choice for choice in self.pricelists if choice.group in groups]
        best = _most_specific(matching, country, currency, channel)
        return best.pricelist if best is not None else self.default_pricelist

    def group_for(self, country: str, currency: str, channel: str | None, tags: Collection[str]) -> str | None:
        """Of a customer's tags the one that has a price list here; of several, as entries are chosen."""
        matching = [choice for choice in self.pricelists if choice.group is not None and choice.group in tags]
        best = _most_specific(matching, country, currency, channel)
        return best.group if best is not None else None

    def position_for(self, country: str) -> int | None:
        return next((choice.position for choice in self.fiscal_positions if choice.country == country), None)

    def verify(self, place: str) -> None:
        missing = [key for key in ("database", "login") if self.version in ("17", "18") and not getattr(self, key)]
        said = f"JSON-RPC needs it (`version` is {self.version})"
        found = [Mistake(message=said, place=f"{place}.{key}") for key in missing]
        found += self._fields_that_cannot_be(place)
        if self.tables_ttl <= 0:
            found.append(Mistake(message="must be above 0 seconds", place=f"{place}.tables_ttl"))
        found += self._twice(place)
        if found:
            raise ConfigurationError.of(found)

    def origin_fault(self, *, written: bool) -> tuple[str, str] | None:
        if not self.origin_field:
            return "origin_field", f"names no field; `{SOURCE_DOCUMENT}`, or one of your own, would do"
        if written and self.origin_field == PURCHASE_NUMBER:
            said = f"buyers write their purchase numbers there; `{SOURCE_DOCUMENT}`, or a field of your own, would do"
            return "origin_field", said
        return None

    def _fields_that_cannot_be(self, place: str) -> Iterator[Mistake]:
        """Of a sales order: ours is one of its own, that no buyer and no connector writes."""
        taken = {each.encode_name for each in fields(SaleRow)}
        for key, name in (("origin_field", self.origin_field), ("reference_field", self.reference_field)):
            said = None
            if not (name.isascii() and name.isidentifier()) and (name or key == "reference_field"):
                said = "is not a field's name"
            elif name in taken:
                said = "this field of a sales order means something else"
            elif key == "reference_field" and name == self.origin_field:
                said = "is `origin_field`: an order's own reference and the number of a mirrored one are two fields"
            elif key == "reference_field" and name == PURCHASE_NUMBER:
                said = "buyers write their purchase numbers there"
            if said is not None:
                yield Mistake(message=said, place=f"{place}.{key}", value=name)

    def _twice(self, place: str) -> Iterator[Mistake]:
        """Entries that the first one of the same condition leaves nothing."""
        for key, conditions in (
            ("pricelists", [(one.country, one.currency, one.channel, one.group) for one in self.pricelists]),
            ("fiscal_positions", [(one.country,) for one in self.fiscal_positions]),
        ):
            first: dict[tuple[str | None, ...], int] = {}
            for index, condition in enumerate(conditions):
                other = first.setdefault(condition, index)
                if other != index:
                    yield Mistake(
                        message=f"asks for the same as `{key}[{other}]`, which comes first: it would never be chosen",
                        place=f"{place}.{key}[{index}]",
                    )


def _most_specific(
    choices: Sequence[PriceListChoice], country: str, currency: str, channel: str | None
) -> PriceListChoice | None:
    def matches(choice: PriceListChoice) -> bool:
        return (
            choice.country in (None, country)
            and choice.currency in (None, currency)
            and choice.channel in (None, channel)
        )

    def rank(choice: PriceListChoice) -> tuple[bool, int]:
        keys = (choice.country, choice.currency, choice.channel, choice.group)
        return choice.group is not None, sum(key is not None for key in keys)

    return max(filter(matches, choices), key=rank, default=None)
