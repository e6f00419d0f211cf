"""Model records to customers and loyalty of a Square account."""

from __future__ import annotations

from datetime import timedelta

from adapters.square.sandbox.account import Account, Json, account_uuid, native_id, present, stamp
from gateway.model.customers import ConsentState, CustomerRecord, LoyaltyEntry, LoyaltyProgram, LoyaltyRule
from gateway.testing.sandbox import Seed, SeedAccount


def fill_customers(account: Account, seed: Seed) -> None:
    for index, record in enumerate(seed.customers):
        put_customer(account, record, created=index)


def put_customer(account: Account, record: CustomerRecord, *, created: int = 0, source: str = "DIRECTORY") -> Json:
    """Square keeps one email and one phone a profile; further ones are other profiles."""
    customer = native_id("CUST", record.ref.id)
    denied = any(each.channel == "email" and each.state is ConsentState.DENIED for each in record.consents)
    moment = stamp(account.now - timedelta(days=365) + timedelta(seconds=created))
    account.customers[customer] = present(
        id=customer,
        created_at=moment,
        updated_at=moment,
        given_name=record.given_name,
        family_name=record.family_name,
        email_address=record.emails[0] if record.emails else None,
        phone_number=record.phones[0] if record.phones else None,
        birthday=record.birth_date.isoformat() if record.birth_date else None,
        reference_id=record.external_ids[0].id if record.external_ids else None,
        preferences={"email_unsubscribed": denied},
        creation_source=source,
        group_ids=list(record.groups) or None,
        version=1,
    )
    return account.customers[customer]


def fill_loyalty(account: Account, seed: Seed) -> None:
    if seed.program is not None:
        account.program = _program(account, seed.program)
    for index, each in enumerate(seed.accounts):
        _account(account, each, index)
    account.loyalty_events.sort(key=lambda event: event["created_at"], reverse=True)


def _program(account: Account, program: LoyaltyProgram) -> Json:
    by_sku = account.by_sku()
    rules = [rule for each in program.rules for rule in _rules(each, by_sku)]
    return present(
        id=account_uuid(program.ref.id),
        status="ACTIVE" if program.active else "INACTIVE",
        terminology={"one": program.unit_one, "other": program.unit_many},
        location_ids=list(account.locations if program.places is None else sorted(program.places)),
        accrual_rules=rules or None,
    )


def _rules(rule: LoyaltyRule, by_sku: dict[str | None, str]) -> list[Json]:
    tax_mode = "AFTER_TAX" if rule.tax_included else "BEFORE_TAX"
    if rule.kind == "SPEND":
        spend = present(
            amount_money={"amount": rule.spend_minor or 1, "currency": rule.currency},
            excluded_item_variation_ids=[by_sku[sku] for sku in sorted(rule.excluded_skus) if sku in by_sku] or None,
            tax_mode=tax_mode,
        )
        return [{"accrual_type": "SPEND", "points": int(rule.points), "spend_data": spend}]
    if rule.kind == "VISIT":
        return [{"accrual_type": "VISIT", "points": int(rule.points), "visit_data": {"tax_mode": tax_mode}}]
    items = [
        {
            "accrual_type": "ITEM_VARIATION",
            "points": int(rule.points),
            "item_variation_data": {"item_variation_id": by_sku[sku]},
        }
        for sku in sorted(rule.skus or ())
        if sku in by_sku
    ]
    categories = [
        {
            "accrual_type": "CATEGORY",
            "points": int(rule.points),
            "category_data": {"category_id": native_id("CATG", key)},
        }
        for key in rule.category_keys
    ]
    return [*items, *categories]


def _account(account: Account, seeded: SeedAccount, index: int) -> None:
    source = seeded.account
    holder = account_uuid(source.ref.id)
    created = stamp(account.now - timedelta(days=300) + timedelta(seconds=index))
    mapping: Json | None = None
    if seeded.phone:
        mapping = {"id": account_uuid(f"a{source.ref.id}"), "created_at": created, "phone_number": seeded.phone}
    account.loyalty_accounts[holder] = present(
        id=holder,
        program_id=account_uuid(source.program.id),
        balance=int(source.balance),
        lifetime_points=int(source.lifetime) if source.lifetime is not None else None,
        customer_id=native_id("CUST", source.customer.id) if source.customer else None,
        enrolled_at=stamp(source.enrolled_at) if source.enrolled_at else None,
        created_at=created,
        mapping=mapping,
        expiring_point_deadlines=(
            [{"points": int(source.balance), "expires_at": stamp(source.changes_at)}] if source.changes_at else None
        ),
    )
    for entry in seeded.entries:
        account.loyalty_events.append(event(holder, account_uuid(source.program.id), entry))


def event(holder: str, program: str, entry: LoyaltyEntry) -> Json:
    """A seeded movement as the event Square would have written: its kind if it is one of Square's, else an earning or
    an adjustment by sign."""
    points = int(entry.points)
    kind = entry.kind
    order = native_id("ORDR", entry.order_reference) if entry.order_reference else None
    if kind == "CREATE_REWARD":
        detail: Json = {"create_reward": {"loyalty_program_id": program, "points": points}}
    elif kind == "REDEEM_REWARD":
        detail = {"redeem_reward": present(loyalty_program_id=program, order_id=order)}
    elif kind == "DELETE_REWARD":
        detail = {"delete_reward": {"loyalty_program_id": program, "points": points}}
    elif kind == "EXPIRE_POINTS":
        detail = {"expire_points": {"loyalty_program_id": program, "points": points}}
    elif kind == "OTHER":
        detail = {"other_event": {"loyalty_program_id": program, "points": points}}
    elif points > 0 and kind != "ADJUST_POINTS":
        kind = "ACCUMULATE_POINTS"
        detail = {"accumulate_points": present(loyalty_program_id=program, points=points, order_id=order)}
    else:
        kind = "ADJUST_POINTS"
        adjustment = present(loyalty_program_id=program, points=points, reason=entry.description)
        detail = {"adjust_points": adjustment}
    return {
        "id": account_uuid(entry.id),
        "type": kind,
        "created_at": stamp(entry.at),
        "loyalty_account_id": holder,
        "source": "SQUARE",
        **detail,
    }
