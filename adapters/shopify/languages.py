"""BCP 47 tags and ISO 3166 codes against the vendor's enumerations of languages and countries."""

from __future__ import annotations

from gateway.model.languages import canonical_tag, tag_or

_CODES = """
AF AK AM AR AS AZ BE BG BM BN BO BR BS CA CE CS CY DA DE DZ EE EL EN EO ES ET EU FA FF FI FIL FO FR FY GA GD GL
GU GV HA HE HI HR HU HY IA ID IG II IS IT JA JV KA KI KK KL KM KN KO KS KU KW KY LB LG LN LO LT LU LV MG MI MK
ML MN MR MS MT MY NB ND NE NL NN NO OM OR OS PA PL PS PT PT_BR PT_PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL
SN SO SQ SR SU SV SW TA TE TG TH TI TK TO TR TT UG UK UR UZ VI VO WO XH YI YO ZH ZH_CN ZH_TW ZU
"""
LANGUAGES = frozenset(_CODES.split())
CHINESE = {
    "hans": "ZH_CN",
    "cn": "ZH_CN",
    "sg": "ZH_CN",
    "hant": "ZH_TW",
    "tw": "ZH_TW",
    "hk": "ZH_TW",
    "mo": "ZH_TW",
}
NOT_COUNTRIES = frozenset(["AQ", "AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"])
"""ISO 3166 codes the vendor has no market for."""


def language_code(tag: str) -> str | None:
    """The vendor's code for a BCP 47 tag; None where it has none."""
    parts = (canonical_tag(tag) or tag).lower().split("-")
    if parts[0] == "zh":
        return next((CHINESE[part] for part in parts[1:] if part in CHINESE), "ZH_CN")
    regional = "_".join(parts[:2]).upper()
    if regional in LANGUAGES:
        return regional
    return parts[0].upper() if parts[0].upper() in LANGUAGES else None


def language_tag(code: str) -> str:
    """`PT_BR` is `pt-BR`."""
    return tag_or(code, code.lower())


def country_code(country: str) -> str | None:
    """None where the vendor has no market for the country."""
    return country if len(country) == 2 and country not in NOT_COUNTRIES else None
