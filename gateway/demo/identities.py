"""The demo as its own identity provider: an issuer for each kind of client, and the people and devices it knows."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from gateway.demo.retailer import disagreements as planted
from gateway.security.issuer import LocalIssuer
from gateway.settings import Settings

DAY = 86_400.0
KIOSKS = {"GB": "kiosk", "JP": "kiosk_jp", "IL": "kiosk_il", "KW": "kiosk_kw"}
"""The client profile of each country's kiosk."""


class Tokens(Struct, frozen=True):
    """Signed and good for a day. `kiosks` by the country their store is in."""

    shopper: str
    vip: str
    kiosks: dict[str, str]
    voice: str
    staff: str


def publish_keys(folder: Path, issuers: tuple[str, ...] = ("customers", "devices", "staff")) -> None:
    """Make each issuer's keys where the configuration looks for the public part."""
    for name in issuers:
        LocalIssuer.load(folder / name, "unnamed", "unnamed")


def sign_tokens(settings: Settings, folder: Path) -> Tokens:
    customers, devices, staff = (
        LocalIssuer.load(folder / name, settings.issuers[name].issuer, settings.issuers[name].audience)
        for name in ("customers", "devices", "staff")
    )

    def shopper(subject: str, email: str, phone: str) -> str:
        return customers.token(
            subject,
            seconds=DAY,
            client_profile="web",
            email=email,
            email_verified=True,
            phone_number=phone,
            phone_number_verified=True,
        )

    return Tokens(
        shopper=shopper("ada", planted.ADA_EMAIL, planted.ADA_PHONE),
        vip=customers.token("noor", seconds=DAY, client_profile="web", email=planted.VIP_EMAIL, email_verified=True),
        kiosks={
            country: devices.token(f"{profile}-1", seconds=DAY, client_profile=profile)
            for country, profile in KIOSKS.items()
        },
        voice=devices.token("voice-skill", seconds=DAY, client_profile="voice"),
        staff=staff.token("sam", seconds=DAY, client_profile="staff", roles=["staff"]),
    )
