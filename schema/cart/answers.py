"""What the owners of prices, promotions, shipping and tax say of a cart."""

from __future__ import annotations

from datetime import datetime

import strawberry

from gateway.context import OperationContext
from gateway.execution import computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import baskets
from gateway.model import cart_answers as model
from gateway.model.baskets import CodeRefusal
from gateway.model.cart_answers import CartPart, ProblemKind, Remedy
from gateway.model.tenders import PlannedTender, TenderKind
from schema.pricing.types import PriceView
from schema.values import FreshnessView, MoneyView, TaxedMoneyView

described(
    CartPart,
    description="What a cart's total is made of, each with its own owner.",
    values={
        CartPart.PRICE: "What the lines cost.",
        CartPart.PROMOTION: "What codes and promotions take off.",
        CartPart.SHIPPING: "What delivery costs.",
        CartPart.TAX: "The tax, where the owner of prices does not know it.",
    },
)
described(
    CodeRefusal,
    description="Why a code does nothing.",
    values={
        CodeRefusal.UNKNOWN: "There is no such code.",
        CodeRefusal.EXPIRED: "Its time is over.",
        CodeRefusal.NOT_YET: "Its time has not come.",
        CodeRefusal.USED_UP: "It was used as often as it may be.",
        CodeRefusal.MINIMUM_NOT_REACHED: "The cart comes to less than it wants.",
        CodeRefusal.NOT_FOR_THESE_GOODS: "Nothing in the cart is what it is for.",
        CodeRefusal.NOT_FOR_THIS_CUSTOMER: "It is for others, or for nobody who is not signed in.",
        CodeRefusal.NOT_COMBINABLE: "It does not go together with another one that is in the cart.",
        CodeRefusal.REFUSED: "Its owner does not say why.",
        CodeRefusal.NOT_ASKED: "Too many were tried in vain from here; its owner is asked about no more for a while.",
    },
)
described(
    ProblemKind,
    name="CartProblemKind",
    description="What keeps a cart from being bought, or should be said before it is.",
    values={
        ProblemKind.PRICE_CHANGED: "The line costs something else than its `expectedPrice`; `current` is what.",
        ProblemKind.PRICE_UNKNOWN: "The owner of prices has not told what the line costs.",
        ProblemKind.NOT_SOLD: "The line is not sold any more, or not in this market.",
        ProblemKind.OUT_OF_STOCK: "Nothing of it is left.",
        ProblemKind.SHORT_STOCK: "Fewer than wanted are left; `available` is how many.",
        ProblemKind.NOT_COLLECTABLE: "Not, or not enough of it, in the store that was chosen.",
        ProblemKind.NOT_TOGETHER: (
            "It is there, but in another place than the rest, and one order is fulfilled from one place; `available` "
            "is how many of it could go with the rest."
        ),
        ProblemKind.CODE_REFUSED: "A code does nothing; `refusal` is why.",
        ProblemKind.TAX_UNKNOWN: "Nobody can say the tax of something in it: it cannot be bought.",
        ProblemKind.ADDRESS_MISSING: "Where it goes is not known.",
        ProblemKind.DELIVERY_NOT_CHOSEN: "Several ways of delivery are offered, and none is chosen.",
        ProblemKind.NOT_DELIVERED_THERE: "Nobody carries it to that address.",
        ProblemKind.OWNER_SILENT: "The owner of a part of the total has not answered yet.",
        ProblemKind.BELOW_MINIMUM: "All lines of the variant together are fewer than `limit` pieces.",
        ProblemKind.ABOVE_MAXIMUM: "All lines of the variant together are more than `limit` pieces.",
        ProblemKind.AGE_LIMIT: "Whoever receives it must prove to be `limit` years old.",
        ProblemKind.ORDERED_ELSEWHERE: (
            "Another system takes the order of what goes this way than of the rest; buy it by itself."
        ),
    },
)
described(
    Remedy,
    name="CartRemedy",
    description="What can be done about it.",
    values={
        Remedy.ACCEPT_PRICE: "Show the new price, and expect it.",
        Remedy.REMOVE_LINE: "Take the line out, or save it for later.",
        Remedy.REDUCE_QUANTITY: "Take fewer pieces.",
        Remedy.CHOOSE_ANOTHER_STORE: "Collect it in another store, or have it sent.",
        Remedy.REMOVE_CODE: "Take the code out.",
        Remedy.GIVE_ADDRESS: "Say where it goes.",
        Remedy.CHANGE_ADDRESS: "Have it sent somewhere else.",
        Remedy.CHOOSE_DELIVERY: "Choose a way of delivery.",
        Remedy.TRY_LATER: "Ask again in a while.",
        Remedy.INCREASE_QUANTITY: "Take more pieces.",
        Remedy.PROVE_AGE: "Nothing now: the age is proven when it is received.",
        Remedy.ORDER_APART: "The line, or some pieces of it, in another order.",
    },
)


@strawberry.type(name="CartDiscount", description="What a promotion takes off.")
class CartDiscountView:
    is_type_of = records(model.AppliedDiscount)

    label: str = strawberry.field(description="What its owner calls it.")
    amount: TaxedMoneyView = strawberry.field(description="Positive; of a line, its share to the minor unit.")
    code: str | None = strawberry.field(description="The code that brought it about; null where it came by itself.")
    shipping: bool = strawberry.field(description="Whether it is taken from what delivery costs.")

    @computed(str, description="The public alias of the promotion's owner; staff see its configured name.")
    @staticmethod
    def source(record: model.AppliedDiscount, ctx: OperationContext) -> str:
        return ctx.source(record.source)


@strawberry.type(name="RefusedCode", description="A code that does nothing for this cart.")
class RefusedCodeView:
    is_type_of = records(baskets.RefusedCode)

    code: str = strawberry.field(description="The code, in capitals.")
    reason: CodeRefusal = strawberry.field(description="Why, as far as its owner says.")


@strawberry.type(name="CartPartAnswer", description="How one part of a cart's total was had.")
class CartPartAnswerView:
    is_type_of = records(model.PartAnswer)

    part: CartPart = strawberry.field(description="Which part.")
    complete: bool = strawberry.field(
        description="False while its owner has not answered, or something is still to be chosen."
    )
    reason: str | None = strawberry.field(
        description="Why it is not complete: SLOW, NOT_CHOSEN, NOT_DELIVERED, NOT_SOLD, TAX_UNKNOWN, an error's code."
    )
    freshness: list[FreshnessView] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="Who said so and when, the oldest first."
    )


@strawberry.type(
    name="CartTotals",
    description="In the cart's currency, to the minor unit. A side (net, gross, tax) is null where any row lacks it; "
    "where all are there, net and tax are the gross.",
)
class CartTotalsView:
    is_type_of = records(model.CartTotals)

    subtotal: TaxedMoneyView = strawberry.field(description="The lines before discounts.")
    discount: TaxedMoneyView = strawberry.field(description="All discounts together, positive.")
    shipping: TaxedMoneyView | None = strawberry.field(
        description="The chosen delivery options, after their discounts; null where none is chosen or nobody knows."
    )
    total: TaxedMoneyView = strawberry.field(description="What is to be paid.")
    rounding: MoneyView = strawberry.field(
        description="By how much the owner's own sum differs from the rows'; zero as a rule."
    )


described(
    TenderKind,
    description="What kind of thing pays.",
    values={
        TenderKind.GIFT_CARD: "Stored value, which pays first.",
        TenderKind.PAYMENT: "What the shopper chose of `paymentOptions`: a card, a wallet, an invoice.",
    },
)


@strawberry.type(name="QuotedTender", description="What would pay a part of a quote, or all of it.")
class QuotedTenderView:
    is_type_of = records(PlannedTender)

    kind: TenderKind = strawberry.field(description="What it is.")
    amount: MoneyView = strawberry.field(description="What it would pay.")

    @computed("strawberry.ID | None", description="Of a GIFT_CARD, one of the cart's; null otherwise.")
    @staticmethod
    def gift_card_id(record: PlannedTender) -> str | None:
        return None if record.card is None else record.card.id


@strawberry.type(name="CartQuote", description="What the cart costs, as a checkout names it.")
class CartQuoteView:
    is_type_of = records(model.Quote)

    id: strawberry.ID = strawberry.field(description="Opaque and signed.")
    total: MoneyView | None = strawberry.field(description="What is to be paid; null where nobody can say.")
    valid_until: datetime = strawberry.field(description="UTC; no price in it is valid for longer.")
    complete: bool = strawberry.field(description="False while a needed owner has not answered: then it buys nothing.")
    missing: list[CartPart] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="The parts that have not answered."
    )
    tenders: list[QuotedTenderView] = strawberry.field(
        directives=[ListSize(assumed_size=2)],
        description="What would pay it, in order: gift cards by what they were worth when they were asked about, then "
        "what is still to be chosen. Without the latter nothing else is needed; empty where there is nothing to pay.",
    )


@strawberry.type(name="ShippingOption", description="A way to deliver a group of lines.")
class ShippingOptionView:
    is_type_of = records(baskets.ShippingOption)

    id: str = strawberry.field(description="Its owner's own; choose it with `cartDeliveryUpdate`.")
    label: str = strawberry.field(description="What its owner calls it.")
    price: TaxedMoneyView = strawberry.field(description="Before discounts.")
    carrier: str | None = strawberry.field(description="Who carries it; null where the owner does not say.")
    earliest: datetime | None = strawberry.field(description="Earliest arrival (UTC); null where unknown.")
    latest: datetime | None = strawberry.field(description="Latest arrival (UTC); null where unknown.")
    cut_off: datetime | None = strawberry.field(
        description="Until when an order still makes these dates (UTC); null where unknown."
    )


@strawberry.type(name="CartProblem", description="Something about a cart, with what can be done about it.")
class CartProblemView:
    is_type_of = records(model.CartProblem)

    kind: ProblemKind = strawberry.field(description="What it is.")
    remedy: Remedy = strawberry.field(description="What can be done.")
    message: str = strawberry.field(description="For developers, in English.")
    line: str | None = strawberry.field(name="lineId", description="The line it is about; null: no line.")
    group: str | None = strawberry.field(name="groupId", description="The delivery group it is about; null: none.")
    code: str | None = strawberry.field(description="The code it is about; null: none.")
    expected: MoneyView | None = strawberry.field(description="The unit price that was seen; null: not about a price.")
    current: MoneyView | None = strawberry.field(description="The unit price now; null: not about a price.")
    receipt: PriceView | None = strawberry.field(description="The price now, with its source and age; null: none.")
    available: int | None = strawberry.field(description="How many can be had; null: not about stock.")
    limit: int | None = strawberry.field(description="Pieces wanted, or years of age; null: not about a limit.")
    part: CartPart | None = strawberry.field(description="Whose answer it is about; null: none.")

    @computed("CodeRefusal | None", description="Why the code does nothing; null: not about a code.")
    @staticmethod
    def refusal(record: model.CartProblem) -> CodeRefusal | None:
        return None if record.refusal is None else record.refusal.reason
