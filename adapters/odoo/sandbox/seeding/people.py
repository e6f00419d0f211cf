"""Contacts, the loyalty programme and its cards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from adapters.odoo.sandbox.seeding.seeded import Seeded, language_code, native
from adapters.odoo.sandbox.store import Store
from gateway.model.currencies import fraction_digits
from gateway.testing.sandbox import Seed, SeedAccount


def fill_people(store: Store, seed: Seed, seeded: Seeded) -> None:
    for customer in seed.customers:
        tags: list[int] = []
        for group in customer.groups:
            known = store.find("res.partner.category", name=group)
            tags.append(known["id"] if known else store.add("res.partner.category", {"name": group}))
        seeded.partners[customer.ref.id] = store.add(
            "res.partner",
            {
                "name": " ".join(part for part in (customer.given_name, customer.family_name) if part) or None,
                "email": customer.emails[0] if customer.emails else None,
                "phone": customer.phones[0] if customer.phones else None,
                "lang": language_code(customer.language) if customer.language else None,
                "category_id": tags,
                "ref": customer.external_ids[0].id if customer.external_ids else None,
                "write_date": customer.updated_at or seed.now or datetime(2026, 1, 1, tzinfo=UTC),
            },
            native(customer.ref.id),
        )


def fill_loyalty(store: Store, seed: Seed, seeded: Seeded) -> None:
    if seed.program is None:
        return
    program = store.add(
        "loyalty.program",
        {
            "name": seed.program.name,
            "program_type": "loyalty",
            "portal_point_name": seed.program.unit_many,
            "active": seed.program.active,
            "sale_ok": True,
            "pos_ok": True,
            "trigger": "auto",
            "applies_on": "both",
            "sequence": 1,
        },
        native(seed.program.ref.id),
    )
    for rule in seed.program.rules:
        spend = rule.spend_minor or 1
        money = float(rule.points / Decimal(spend).scaleb(-fraction_digits(rule.currency or seed.currency)))
        values = {
            "program_id": program,
            "reward_point_mode": {"SPEND": "money", "ITEM": "unit"}.get(rule.kind, "order"),
            "reward_point_amount": money if rule.kind == "SPEND" else float(rule.points),
            "mode": "auto",
            "minimum_qty": 1,
            "minimum_amount": 0.0,
            "minimum_amount_tax_mode": "incl",
            "product_domain": "[]",
            "product_ids": [seeded.variants[sku] for sku in sorted(rule.skus or ()) if sku in seeded.variants],
            "product_category_id": next((seeded.categories.get(key) for key in rule.category_keys), None),
        }
        store.add("loyalty.rule", values)
    for account in seed.accounts:
        _card(store, seeded, account, program)


def _card(store: Store, seeded: Seeded, account: SeedAccount, program: int) -> None:
    holder = account.account.customer
    partner = seeded.partners.get(holder.id) if holder is not None else None
    if partner is None:
        rows = store.all("res.partner")
        contacts = {account.phone, account.email} - {None}
        partner = next((row["id"] for row in rows if contacts & {row.get("phone"), row.get("email")}), None)
    card = store.add(
        "loyalty.card",
        {
            "program_id": program,
            "partner_id": partner,
            "points": float(account.account.balance),
            "create_date": account.account.enrolled_at or datetime(2026, 1, 1, tzinfo=UTC),
        },
        native(account.account.ref.id),
    )
    for entry in sorted(account.entries, key=lambda one: one.at):
        if store.model("loyalty.history") is None:
            continue
        values = {"card_id": card, "create_date": entry.at, "description": entry.description}
        amounts = {"issued": float(max(entry.points, 0)), "used": float(max(-entry.points, 0))}
        store.add("loyalty.history", {**values, **amounts})
