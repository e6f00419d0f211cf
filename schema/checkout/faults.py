"""The members of `UserError` that checkouts bring."""

from __future__ import annotations

import strawberry

from gateway.execution import records
from gateway.graph.directives import ListSize
from gateway.model import cart_faults as model
from schema.cart.answers import CartProblemView, CartQuoteView
from schema.contributed import member
from schema.user_errors import UserErrorView


@member
@strawberry.type(
    name="QuoteIncomplete",
    description="An owner of a part of the total had not answered when it was quoted. It was waited for: show the new "
    "quote, and submit that.",
)
class QuoteIncompleteView(UserErrorView):
    is_type_of = records(model.QuoteIncomplete)

    quote: CartQuoteView = strawberry.field(description="What is known now.")


@member
@strawberry.type(name="QuoteExpired", description="What was shown is good no longer: show the new quote.")
class QuoteExpiredView(UserErrorView):
    is_type_of = records(model.QuoteExpired)

    quote: CartQuoteView = strawberry.field(description="What it costs now.")


@member
@strawberry.type(name="CartNotReady", description="The cart cannot be bought as it is.")
class CartNotReadyView(UserErrorView):
    is_type_of = records(model.CartNotReady)

    problems: list[CartProblemView] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="Why, each with its remedy."
    )


@member
@strawberry.type(name="CheckoutNotFound", description="No such checkout, or not yours: the two read the same.")
class CheckoutNotFoundView(UserErrorView):
    is_type_of = records(model.CheckoutNotFound)
