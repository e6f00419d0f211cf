"""Five hundred customers, each known differently to each system: the shop by email, the tills by phone, the CRM by both
and by its own spelling of the name."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cache

from msgspec import Struct

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import NOW, SEED, SEEN
from gateway.demo.retailer.places import LANGUAGE
from gateway.demo.retailer.prices import VIP
from gateway.model.customers import Consent, ConsentState, CustomerRecord
from gateway.model.identity import NativeRef

COUNT = 500
_FIRST_ID = {"shop": 600_001, "crm": 1_001, "erp": 301, "till_uk": 40_001, "till_jp": 50_001}
_GIVEN = {
    "GB": (
        "Amelia",
        "Oliver",
        "Priya",
        "Callum",
        "Fatima",
        "Rhys",
        "Grace",
        "Kwame",
        "Isla",
        "Tomasz",
        "Niamh",
        "Ravi",
    ),
    "JP": (
        "Haruto 陽翔",
        "Yui 結衣",
        "Sota 颯太",
        "Aoi 葵",
        "Ren 蓮",
        "Hina 陽菜",
        "Yuto 悠人",
        "Sakura 桜",
        "Kaito 海斗",
        "Mei 芽依",
    ),
    "IL": (
        "Noa נועה",
        "David דוד",
        "Tamar תמר",
        "Yosef יוסף",
        "Maya מאיה",
        "Amir אמיר",
        "Shira שירה",
        "Eitan איתן",
        "Yael יעל",
        "Omar עומר",
    ),
    "KW": (
        "Noor نور",
        "Abdullah عبدالله",
        "Fatima فاطمة",
        "Yousef يوسف",
        "Maryam مريم",
        "Khaled خالد",
        "Sara سارة",
        "Hamad حمد",
        "Dana دانة",
        "Ali علي",
    ),
}
_FAMILY = {
    "GB": (
        "Smith",
        "Patel",
        "Okonkwo",
        "MacLeod",
        "Evans",
        "Hussain",
        "Taylor",
        "O'Brien",
        "Nowak",
        "Campbell",
        "Singh",
    ),
    "JP": (
        "Sato 佐藤",
        "Suzuki 鈴木",
        "Takahashi 高橋",
        "Tanaka 田中",
        "Ito 伊藤",
        "Yamamoto 山本",
        "Nakamura 中村",
        "Kobayashi 小林",
    ),
    "IL": (
        "Cohen כהן",
        "Levi לוי",
        "Mizrahi מזרחי",
        "Peretz פרץ",
        "Biton ביטון",
        "Haddad חדאד",
        "Friedman פרידמן",
        "Khoury חורי",
    ),
    "KW": (
        "Al-Sabah الصباح",
        "Al-Mutairi المطيري",
        "Al-Rashidi الرشيدي",
        "Al-Enezi العنزي",
        "Al-Kandari الكندري",
        "Al-Ajmi العجمي",
    ),
}
_PHONE = {"GB": 447700900000, "JP": 819012340000, "IL": 972501234000, "KW": 96550012000}


class Person(Struct, frozen=True, kw_only=True):
    """One human being. `given` and `family` in Latin letters, `native_*` as written at home; `known` the backends that
    have a record of the person."""

    number: int
    country: str
    given: str
    family: str
    native_given: str
    native_family: str
    email: str
    phone: str
    known: frozenset[str]
    second_email: str = ""
    vip: bool = False

    def ref(self, backend: str) -> NativeRef:
        return NativeRef("seed", str(_FIRST_ID[backend] + self.number))


@cache
def people() -> tuple[Person, ...]:
    everywhere = frozenset({"shop", "crm", "erp"})
    named = (
        _named(0, "GB", ("Ada", "Okafor"), planted.ADA_EMAIL, planted.ADA_PHONE, everywhere | {"till_uk"},
               second_email=planted.ADA_SECOND_EMAIL),
        _named(1, "GB", ("Helen", "Marsh"), "helen.marsh@example.com", planted.SHARED_PHONE, everywhere | {"till_uk"}),
        _named(2, "GB", ("Jack", "Marsh"), "jack.marsh@example.com", planted.SHARED_PHONE, everywhere | {"till_uk"}),
        _named(3, "KW", ("Noor", "Al-Sabah"), planted.VIP_EMAIL, "+96550011999", everywhere, vip=True),
        _named(4, "JP", ("Yui", "Tanaka"), "yui.tanaka@example.com", "+819012339999", everywhere | {"till_jp"}),
        _named(5, "IL", ("Tamar", "Levi"), "tamar.levi@example.com", "+972501233999", everywhere),
    )  # fmt: skip
    return (*named, *(_drawn(number) for number in range(len(named), COUNT)))


def _named(
    number: int, country: str, name: tuple[str, str], email: str, phone: str, known: frozenset[str],
    *, second_email: str = "", vip: bool = False,
) -> Person:  # fmt: skip
    given, family = name
    return Person(
        number=number,
        country=country,
        given=given,
        family=family,
        native_given=given,
        native_family=family,
        email=email,
        phone=phone,
        known=known,
        second_email=second_email,
        vip=vip,
    )


def _drawn(number: int) -> Person:
    draw = random.Random(f"{SEED}:person:{number}")
    country = draw.choices(("GB", "JP", "IL", "KW"), (40, 24, 20, 16))[0]
    given, _, native_given = draw.choice(_GIVEN[country]).partition(" ")
    family, _, native_family = draw.choice(_FAMILY[country]).partition(" ")
    known = {backend for backend, part in (("shop", 0.75), ("crm", 0.85), ("erp", 0.6)) if draw.random() < part}
    till = {"GB": "till_uk", "JP": "till_jp"}.get(country, "erp")
    if draw.random() < 0.6 or not known:
        known.add(till)
    address = f"{given}.{family}".lower().replace("'", "")
    return Person(
        number=number,
        country=country,
        given=given,
        family=family,
        native_given=native_given or given,
        native_family=native_family or family,
        email=f"{address}.{number}@example.{draw.choice(('com', 'net', 'org'))}",
        phone=f"+{_PHONE[country] + number}",
        known=frozenset(known),
        second_email=f"{address}.{number}@work.example" if draw.random() < 0.08 else "",
        vip=draw.random() < 0.06,
    )


def known_to(backend: str) -> tuple[Person, ...]:
    return tuple(person for person in people() if backend in person.known)


GUESTS = NativeRef("seed", "300")
"""The ERP's contact that guests' orders are made out to."""


def guests() -> CustomerRecord:
    return CustomerRecord(GUESTS, SEEN, family_name="Guests")


def records(backend: str) -> tuple[CustomerRecord, ...]:
    """The backend's own view of everybody it knows."""
    view = {"shop": _shop, "crm": _crm, "erp": _erp}.get(backend, _till)
    return tuple(view(person, person.ref(backend)) for person in known_to(backend))


def _changed(person: Person) -> timedelta:
    return timedelta(days=random.Random(f"{SEED}:changed:{person.number}").randrange(1, 300))


def _consent(person: Person, channel: str, part: float) -> Consent:
    draw = random.Random(f"{SEED}:consent:{channel}:{person.number}")
    state = ConsentState.GRANTED if draw.random() < part else ConsentState.DENIED
    return Consent(channel, state, SEEN, updated_at=NOW - _changed(person))


def _shop(person: Person, ref: NativeRef) -> CustomerRecord:
    has_phone = person.number < 6 or person.number % 3 == 0
    return CustomerRecord(
        ref, SEEN, emails=(person.email,), phones=(person.phone,) if has_phone else (), given_name=person.given,
        family_name=person.family, language=LANGUAGE[person.country], groups=(VIP,) if person.vip else (),
        consents=(_consent(person, "email", 0.7),), updated_at=NOW - _changed(person),
    )  # fmt: skip


def _crm(person: Person, ref: NativeRef) -> CustomerRecord:
    """The CRM's first email is the second one where there are two."""
    draw = random.Random(f"{SEED}:born:{person.number}")
    emails = (person.second_email, person.email) if person.second_email else (person.email,)
    return CustomerRecord(
        ref, SEEN, emails=emails, phones=(person.phone,), given_name=person.native_given,
        family_name=person.native_family, language=LANGUAGE[person.country],
        birth_date=date(1950, 1, 1) + timedelta(days=draw.randrange(20_000)) if draw.random() < 0.5 else None,
        groups=(VIP,) if person.vip else (), consents=(_consent(person, "email", 0.6),),
        updated_at=NOW - _changed(person),
    )  # fmt: skip


def _erp(person: Person, ref: NativeRef) -> CustomerRecord:
    return CustomerRecord(
        ref, SEEN, emails=(person.email,), phones=(person.phone,), given_name=person.given, family_name=person.family,
        language=LANGUAGE[person.country], groups=(VIP,) if person.vip else (), updated_at=NOW - _changed(person),
    )  # fmt: skip


def _till(person: Person, ref: NativeRef) -> CustomerRecord:
    """Cashiers ask for a phone number; some customers add an email for the receipt."""
    emails = (person.email,) if person.number < 6 or person.number % 4 == 0 else ()
    return CustomerRecord(
        ref, SEEN, emails=emails, phones=(person.phone,), given_name=person.given,
        family_name=person.family if emails else None, updated_at=NOW - _changed(person),
    )  # fmt: skip
