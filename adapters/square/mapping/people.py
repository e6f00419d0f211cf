"""Customer profiles, loyalty accounts, their movements and the programme to the gateway's records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from adapters.square.wire.people import Account as WireAccount
from adapters.square.wire.people import AccrualRule, Event, Movement, Profile, Program
from gateway.kit.moments import utc
from gateway.kit.people import e164
from gateway.model.customers import (
    Consent,
    ConsentState,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyProgram,
    LoyaltyRule,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.written_times import date_of


def customer(profile: Profile, country: str, freshness: Freshness) -> CustomerRecord:
    """Square verifies no email. Not having unsubscribed is no consent, so only the refusal is certain."""
    phone = e164(profile.phone_number, country)
    refused = profile.preferences is not None and profile.preferences.email_unsubscribed is True
    state = ConsentState.DENIED if refused else ConsentState.UNKNOWN
    reference = profile.reference_id
    return CustomerRecord(
        ref=NativeRef(freshness.source, profile.id),
        freshness=freshness,
        emails=(profile.email_address.strip().lower(),) if profile.email_address else (),
        phones=(phone,) if phone else (),
        given_name=profile.given_name,
        family_name=profile.family_name,
        birth_date=_birthday(profile.birthday),
        groups=profile.group_ids or (),
        consents=(Consent("email", state, freshness),),
        external_ids=(NativeRef("reference_id", reference),) if reference else (),
        updated_at=utc(profile.updated_at),
    )


def _birthday(text: str | None) -> date | None:
    """`0000-09-21` is a day without a year, which is no date."""
    try:
        return date_of(text) if text and not text.startswith("0000") else None
    except ValueError:
        return None


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


def account(wire: WireAccount, known: LoyaltyProgram | None, freshness: Freshness) -> LoyaltyAccount:
    """`balance` may be negative after a return."""
    same = known if known and known.ref.id == wire.program_id else None
    return LoyaltyAccount(
        ref=NativeRef(freshness.source, wire.id),
        program=NativeRef(freshness.source, wire.program_id),
        balance=Decimal(wire.balance),
        freshness=freshness,
        program_name=same.name if same else "",
        customer=NativeRef(freshness.source, wire.customer_id) if wire.customer_id else None,
        unit_one=same.unit_one if same else "point",
        unit_many=same.unit_many if same else "points",
        lifetime=Decimal(wire.lifetime_points) if wire.lifetime_points is not None else None,
        enrolled_at=utc(wire.enrolled_at),
        changes_at=_next_expiry(wire, freshness.as_of),
    )


def _next_expiry(wire: WireAccount, now: datetime) -> datetime | None:
    deadlines = (utc(each.expires_at) for each in wire.expiring_point_deadlines or ())
    return min((deadline for deadline in deadlines if deadline > now), default=None)


def entry(event: Event) -> LoyaltyEntry:
    """Making a reward takes the points, redeeming it moves none, deleting it gives them back. Whichever sign Square
    writes, what is taken is negative here."""
    detail, sign = _detail(event)
    points = detail.points or 0 if detail else 0
    return LoyaltyEntry(
        id=event.id,
        points=Decimal(points if sign is None else sign * abs(points)),
        at=utc(event.created_at),
        kind=event.type,
        description=detail.reason if detail else None,
        order_reference=detail.order_id if detail else None,
    )


def _detail(event: Event) -> tuple[Movement | None, int | None]:
    """The metadata of the event's kind, and the sign its points have; None: as written."""
    match event.type:
        case "ACCUMULATE_POINTS":
            return event.accumulate_points, 1
        case "ACCUMULATE_PROMOTION_POINTS":
            return event.accumulate_promotion_points, 1
        case "CREATE_REWARD":
            return event.create_reward, -1
        case "REDEEM_REWARD":
            return event.redeem_reward, None
        case "DELETE_REWARD":
            return event.delete_reward, 1
        case "EXPIRE_POINTS":
            return event.expire_points, -1
        case "ADJUST_POINTS":
            return event.adjust_points, None
        case _:
            return event.other_event, None
