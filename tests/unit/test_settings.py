"""The configuration: decoded strictly, and every mistake named with its place and what would be right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigurationError
from gateway.ports.manifest import Secret
from gateway.registry import manifest_of, secret
from gateway.settings import decode, load
from tests.unit.services.conftest import Build, build, quiet_logs
from tests.unit.services.retailer import configuration, domains, shop

__all__ = ["build", "quiet_logs"]

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = {"adapter": "memory", "url": "memory:"}


def test_the_annotated_reference_is_itself_a_valid_configuration() -> None:
    settings = load(ROOT / "gateway.toml.example", {})
    assert settings.domains["price"].order == ("erp", "shop")
    assert settings.stores["covent_garden"].timezone == "Europe/London"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"profles": {}}, "profles: unknown key `profles`; did you mean `profiles`?"),
        ({"domains": {"price": {"order": [], "falback": True}}}, "domains.price.falback: .* `fallback`"),
        ({"server": {"port": "8000"}}, "server.port: Expected `int`, got `str`"),
        ({"backends": {"erp": {"adapter": "memory"}}}, "backends.erp.url: .*`url`"),
        ({"backends": {"erp": {**SHOP, "policy": {"retrys": 1}}}}, "backends.erp.policy.retrys: .*`retries`"),
        ({"identity": {"erp": {"case": "upper", "fold": 1}}}, "identity.erp.fold: unknown key"),
        ({"profiles": {"kiosk": {}}}, "profiles.kiosk.touchpoint: .*`touchpoint`"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_a_suggestion(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        decode(raw, {})
    assert re.match(said, caught.value.message), caught.value.message


def test_a_file_that_is_not_toml_or_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    broken = tmp_path / "gateway.toml"
    broken.write_text("[gateway\n", "utf-8")
    for path in (broken, tmp_path / "missing.toml"):
        with pytest.raises(ConfigurationError, match=re.escape(str(path))):
            load(path, {})


def test_a_secret_comes_from_the_environment_newest_first_and_is_never_printed() -> None:
    settings = decode({"secrets": {"key": {"env": ["NEW", "OLD"]}}}, {"NEW": "n3w", "OLD": "0ld"})
    found = secret(settings, "key", place="backends.erp")
    assert found == Secret(("n3w", "0ld"))
    assert found.reveal() == "n3w"
    assert "n3w" not in f"{found!r} {found}"


def test_a_secret_that_is_missing_names_the_variable_to_set() -> None:
    settings = decode({"secrets": {"erp_key": {"env": ["ERP_API_KEY"]}}}, {})
    with pytest.raises(ConfigurationError, match="set the environment variable ERP_API_KEY"):
        secret(settings, "erp_key", place="backends.erp")
    with pytest.raises(ConfigurationError, match="did you mean `erp_key`"):
        secret(settings, "erp_kye", place="backends.erp")


def test_an_adapter_that_is_not_installed_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="no adapter `memry` is installed; did you mean `memory`"):
        manifest_of("memry", place="backends.x.adapter")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"domains": {"prices": {"order": ["shop"]}}}, "domains.prices: no such data domain; did you mean `price`"),
        ({"domains": {"price": {"order": ["shp"]}}}, "domains.price.order: no backend `shp`; did you mean `shop`"),
        ({"domains": {"price": {"order": []}}}, "domains.price: nobody serves this data domain"),
        ({"domains": {"price": {"order": ["shop"], "on_missing": "guess"}}}, "domains.price.on_missing: must be"),
        (
            {"domains": {"customer": {"order": ["shop"], "fields": {"nme": ["shop"]}}}},
            "domains.customer.fields: no such",
        ),
        ({"locations": {"x": {"refs": {}}}}, "locations.x: no backend counts stock here"),
        ({"locations": {"x": {"refs": {"shop": "1"}, "stock": "erp"}}}, "locations.x.stock: no backend `erp`"),
        (
            {"stores": {"s": {"name": "S", "locations": ["y"], "country": "GB", "timezone": "Europe/London"}}},
            "stores.s.locations: no location `y`",
        ),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_at_start(
    build: Build, sections: dict[str, Any], said: str
) -> None:
    merged = configuration(**{"domains": domains(), **sections})
    with pytest.raises(ConfigurationError) as caught:
        await build(merged, {"shop": shop("MUG")})
    assert re.match(said, caught.value.message), caught.value.message


async def test_hours_that_make_no_sense_are_refused_with_their_place(build: Build) -> None:
    store: dict[str, Any] = {"name": "S", "locations": [], "country": "GB", "timezone": "Europe/London"}
    for hours, said in (({"mn": "9-5"}, "`mn` is no day"), ({"mon": "nine to five"}, "is not HH:MM-HH:MM")):
        with pytest.raises(ConfigurationError, match=said):
            await build(configuration(stores={"s": {**store, "hours": hours}}), {"shop": shop("MUG")})
