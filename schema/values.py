"""Small values that stand in many places: money, text, freshness, speech, media, paging."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput, PageTooLarge
from gateway.execution import computed, records
from gateway.model import money as model
from gateway.model.freshness import Freshness, Role
from gateway.model.identity import NativeRef
from gateway.model.money import TaxTreatment
from gateway.model.paging import Gap, PageInfo
from gateway.model.stores import GeoPoint
from gateway.model.text import SpeakableText, Text
from gateway.model.written_money import written_money
from schema.scalars import LocaleTag

LocaleArgument = Annotated[
    LocaleTag | None,
    strawberry.argument(
        description="BCP 47 tag, such as `ja-JP`; extensions are ignored. Default: the language of the operation."
    ),
]


@strawberry.type(name="Money", description="An amount in one currency. Amounts are never converted.")
class MoneyView:
    is_type_of = records(model.Money)

    amount: Decimal = strawberry.field(
        description="In major units (pounds, not pence), with the digits its source keeps: unit prices may have more "
        "digits than the currency."
    )

    currency: str = strawberry.field(name="currencyCode", description="ISO 4217 code, such as GBP, JPY or KWD.")

    @computed(
        str,
        cost=2,
        description="Written as people write it in a language, rounded to the digits they write: 149.49 RSD is "
        "charged, and written as 149 RSD.",
    )
    @staticmethod
    def formatted(record: model.Money, ctx: OperationContext, locale: LocaleArgument = None) -> str:
        return written(record, locale or ctx.language)


def written(money: model.Money, language: str, *, every_digit: bool = False) -> str:
    """As people write it in a language; `every_digit` also those beyond what they use. In a language that CLDR does not
    know the bare number and the code."""
    shown = money.amount if every_digit else money.displayed()
    text = written_money(shown, money.currency, language, every_digit=every_digit and shown != money.displayed())
    return text or f"{shown:f} {money.currency}"


@strawberry.type(
    name="TaxedMoney",
    description="One amount as far as its source knows it: an ERP often states only net, a till only gross. Nothing is "
    "computed from a tax rate the source did not give.",
)
class TaxedMoneyView:
    is_type_of = records(model.TaxedMoney)

    net: MoneyView | None = strawberry.field(description="Without tax; null where the source does not say.")
    gross: MoneyView | None = strawberry.field(description="With tax; null where the source does not say.")
    tax: MoneyView | None = strawberry.field(description="The tax itself; null where the source does not say.")

    treatment: TaxTreatment = strawberry.field(
        name="taxTreatment", description="Whether the source keeps the amount with or without tax."
    )


@strawberry.type(
    name="LocalizedText",
    description="A text and the language it is really in, which may differ from the one asked for.",
)
class TextView:
    is_type_of = records(Text)

    value: str = strawberry.field(description="The text itself, plain.")
    language: str = strawberry.field(description="BCP 47 tag of the language served.")
    direction: str = strawberry.field(description="`LTR` or `RTL`: how the text is written.")


@strawberry.type(
    name="SpeakableText",
    description="What a voice assistant says, in the language of the operation. Short, without markup or symbols.",
)
class SpeakableTextView:
    is_type_of = records(SpeakableText)

    text: str = strawberry.field(description="Plain sentences.")
    ssml: str = strawberry.field(description="The same as a whole SSML 1.1 document; all data in it is escaped.")
    language: str = strawberry.field(description="BCP 47 tag of the language of the sentences.")
    direction: str = strawberry.field(description="`LTR` or `RTL`.")


@strawberry.type(name="Freshness", description="Where a fact came from and how old it is.")
class FreshnessView:
    is_type_of = records(Freshness)

    @computed(str, description="The public alias of the system that said so; staff see its configured name.")
    @staticmethod
    def source(record: Freshness, ctx: OperationContext) -> str:
        return ctx.source(record.source)

    role: Role = strawberry.field(description="Whether that system owns the fact or stands in for the owner.")
    as_of: datetime = strawberry.field(description="When it said so (UTC).")
    stale: bool = strawberry.field(description="True when a newer answer was wanted and could not be had.")
    reason: str | None = strawberry.field(description="Why it is stale or from a stand-in: a code; else null.")


@strawberry.type(name="ExternalId", description="What another system calls this. For those who must join by hand.")
class ExternalIdView:
    is_type_of = records(NativeRef)

    @computed(str, description="The public alias of the system.")
    @staticmethod
    def system(record: NativeRef, ctx: OperationContext) -> str:
        return ctx.source(record.backend)

    id: str = strawberry.field(description="The id in that system, as text.")


@strawberry.type(name="PageInfo", description="Where a page ends. Lists are read forward only.")
class PageInfoView:
    is_type_of = records(PageInfo)

    has_next_page: bool = strawberry.field(description="Whether there is more after `endCursor`.")
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after`; opaque, signed, and only valid for the same list. Null on an empty page."
    )

    @computed(bool, description="Always false: lists are read forward only. For clients that expect Relay's PageInfo.")
    @staticmethod
    def has_previous_page(record: PageInfo) -> bool:
        return False

    @computed("str | None", description="Always null: lists are read forward only.")
    @staticmethod
    def start_cursor(record: PageInfo) -> str | None:
        return None


@strawberry.type(name="Gap", description="A system whose part of the list is missing. What is there is still right.")
class GapView:
    is_type_of = records(Gap)

    @computed(str, description="The public alias of the system that could not be heard.")
    @staticmethod
    def source(record: Gap, ctx: OperationContext) -> str:
        return ctx.source(record.source)

    code: str = strawberry.field(
        description="Why, such as BACKEND_UNAVAILABLE, HISTORY_TRUNCATED (older ones) or ACCESS_RESTRICTED (the system "
        "shows its gateway only some)."
    )
    retryable: bool = strawberry.field(description="Whether asking again later can help.")
    before: datetime | None = strawberry.field(
        description="Only entries older than this are missing; null: any may be."
    )


@strawberry.type(name="GeoPoint", description="A point in WGS 84 degrees.")
class GeoPointView:
    is_type_of = records(GeoPoint)

    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")


@strawberry.input(name="NearInput", description="Near a point, by the great circle.")
class NearInput:
    latitude: float = strawberry.field(description="Degrees north, -90 to 90.")
    longitude: float = strawberry.field(description="Degrees east, -180 to 180.")
    radius_km: float | None = strawberry.field(
        default=None,
        description="At most so far, in kilometres. Default: what the market calls near; of stores named by id: any.",
    )


def page_size(first: int | None, ctx: OperationContext, default: int) -> int:
    """The asked size, or the default as far as the client profile allows. Raises PageTooLarge beyond the profile's
    limit, BadInput below 1."""
    if first is None:
        return min(default, ctx.profile.page_limit)
    if first < 1:
        raise BadInput("`first` must be at least 1.")
    if first > ctx.profile.page_limit:
        raise PageTooLarge(f"At most {ctx.profile.page_limit} a page.")
    return first
