"""Customer profiles and loyalty."""

from __future__ import annotations

from msgspec import Struct

from adapters.square.wire.common import Answer, Error, Instant, WireMoney


class Preferences(Struct, frozen=True):
    email_unsubscribed: bool | None = None


class Profile(Struct, frozen=True):
    id: str
    updated_at: Instant | None = None
    given_name: str | None = None
    family_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    birthday: str | None = None
    reference_id: str | None = None
    preferences: Preferences | None = None
    group_ids: tuple[str, ...] | None = None


class CustomersAnswer(Answer, frozen=True, kw_only=True):
    customers: tuple[Profile, ...] | None = None


class OneCustomer(Struct, frozen=True):
    customer: Profile | None = None
    errors: tuple[Error, ...] | None = None


class BulkCustomersAnswer(Answer, frozen=True, kw_only=True):
    responses: dict[str, OneCustomer] | None = None


class PhoneMapping(Struct, frozen=True):
    phone_number: str | None = None


class Deadline(Struct, frozen=True):
    """Some of an account's points expire."""

    expires_at: Instant


class Account(Struct, frozen=True):
    id: str
    program_id: str
    balance: int = 0
    lifetime_points: int | None = None
    customer_id: str | None = None
    enrolled_at: Instant | None = None
    created_at: Instant | None = None
    mapping: PhoneMapping | None = None
    expiring_point_deadlines: tuple[Deadline, ...] | None = None


class AccountsAnswer(Answer, frozen=True, kw_only=True):
    loyalty_accounts: tuple[Account, ...] | None = None


class Movement(Struct, frozen=True):
    """The metadata of one event, whichever kind: all kinds share these names."""

    points: int | None = None
    order_id: str | None = None
    reason: str | None = None


class Event(Struct, frozen=True):
    id: str
    type: str
    created_at: Instant
    loyalty_account_id: str
    accumulate_points: Movement | None = None
    accumulate_promotion_points: Movement | None = None
    create_reward: Movement | None = None
    redeem_reward: Movement | None = None
    delete_reward: Movement | None = None
    adjust_points: Movement | None = None
    expire_points: Movement | None = None
    other_event: Movement | None = None


class EventsAnswer(Answer, frozen=True, kw_only=True):
    events: tuple[Event, ...] | None = None


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
    minimum_amount_money: WireMoney | None = None


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
