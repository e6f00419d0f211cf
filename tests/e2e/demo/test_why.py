"""`gateway why`: an operator asks where one fact comes from, against the demo's backends."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text as text_of

from gateway.cli import main
from gateway.demo.run import RunningDemo
from gateway.why import why
from gateway.why.command import Question

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture
def config(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in demo.settings.environment.items():
        monkeypatch.setenv(name, value)
    return demo.folder / "gateway.toml"


async def told(config: Path, capsys: pytest.CaptureFixture[str], question: Question) -> tuple[int, str]:
    code = await why(config, question)
    return code, capsys.readouterr().out


def said_of(text: str, name: str) -> list[str]:
    """What stands behind a name, each time it stands there."""
    return [line.strip().removeprefix(name).strip() for line in text.splitlines() if line.strip().startswith(name)]


async def test_a_price_is_told_with_its_system_its_rule_and_who_disagrees(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = await told(config, capsys, Question("price", "MUG-HAR-M", store="covent_garden"))
    assert code == 0
    assert said_of(text, "said by") == ["erp, the owner"]
    assert said_of(text, "rule")[0].startswith("product.pricelist.item ")
    assert any("till_uk: 16.50 GBP" in one and "DISAGREES by -1.50" in one for one in said_of(text, "compared"))
    assert "erp          price.get_prices         ok" in text


async def test_a_customer_is_asked_about_and_never_linked(
    config: Path, demo: RunningDemo, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = await told(
        config, capsys, Question("price", "MUG-HAR-M", "GB", customer="ada@example.com", quantity=Decimal(12))
    )
    assert code == 0
    assert said_of(text, "for all")[0].endswith("tax excluded)")
    assert "customer.find_customers" in text
    async with demo.gateway.database.read() as connection:
        assert not (await connection.execute(text_of("select * from persons where person like 'gateway why%'"))).all()


async def test_a_customer_is_told_with_the_systems_that_know_them(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = await told(config, capsys, Question("price", "MUG-HAR-M", "GB", customer="ada.okafor@example.com"))
    assert set(said_of(text, "known to")[0].split(", ")) == {"shop", "erp", "crm", "till_uk"}


async def test_a_mistyped_customer_is_not_told_as_one_without_a_price_of_their_own(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = await told(config, capsys, Question("price", "MUG-HAR-M", "GB", customer="ada@example.com"))
    assert said_of(text, "known to") == ["no system that answered: this is what everybody is told"]
    assert "1 HTTP request," in text


async def test_stock_is_told_place_by_place_and_as_it_is_offered(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = await told(config, capsys, Question("stock", "MUG-HAR-M", "GB"))
    assert code == 0
    assert said_of(text, "covent_garden")[0] == "till_uk: 4 available, 1 of them kept back, asked just now"
    assert said_of(text, "pickup") == ["LOW_STOCK, 3"]


async def test_a_place_that_never_counted_is_not_said_to_have_none(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = await told(config, capsys, Question("stock", "CLK-EMB-MOS", "GB"))
    assert said_of(text, "covent_garden")[0] == "till_uk: never counted here"
    assert said_of(text, "pickup") == ["UNKNOWN, uncounted, 3 places not heard"]


async def test_a_product_is_told_with_the_system_that_knows_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = await told(config, capsys, Question("product", "MUG-HAR-M", "GB"))
    assert code == 0
    assert said_of(text, "slug") == ["harbour-stoneware-mug"]
    assert said_of(text, "known as")[0].endswith("to shop")


@pytest.mark.parametrize("what", ["price", "product"])
async def test_what_nobody_knows_is_said_to_be_nothing(
    config: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    code, text = await told(config, capsys, Question(what, "NOPE", "JP"))
    assert code == 1
    assert said_of(text, "none")


@pytest.mark.parametrize("quantity", ["0", "-1", "1e3", "٣", "nan", ""])
async def test_what_is_no_quantity_is_refused(quantity: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["why", "price", "MUG-HAR-M", f"--quantity={quantity}"])
    assert left.value.code == 2
    assert "is no quantity" in capsys.readouterr().err
