"""What the scaffold refuses, in a sentence and before it writes anything."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.ports.domain import domains
from gateway.scaffold import chosen
from gateway.scaffold.choices import NotScaffolded
from gateway.scaffold.ports import PORTS
from gateway.scaffold.write import with_entry_points

PROJECT = """
[project.entry-points."commerce_gateway.adapters"]
odoo = "adapters.odoo.manifest:MANIFEST"

[project.entry-points."commerce_gateway.sandboxes"]
# ours
odoo = "adapters.odoo.sandbox:create"

[tool.x]
"""


@pytest.mark.parametrize(
    "name",
    ["", "a", "Acme", "9lives", "acme-shop", "acme.shop", "../acme", "_acme", "acme_", "a__b", "acmé", "x" * 21],
)
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NotScaffolded, match="is no name"):
        chosen(name, ["stock"], "rest")


@pytest.mark.parametrize("name", ["json", "class", "odoo", "con", "nul", "com1"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(NotScaffolded, match=r"take another name|already"):
        chosen(name, ["stock"], "rest")


def test_an_unknown_port_is_refused_with_the_nearest_right_one() -> None:
    with pytest.raises(NotScaffolded, match="`prodct` is no port; did you mean `product`"):
        chosen("acme", ["prodct"], "rest")


def test_a_port_that_needs_another_says_which() -> None:
    with pytest.raises(NotScaffolded, match="name `product`"):
        chosen("acme", ["search"], "rest")


def test_no_port_at_all_is_refused() -> None:
    with pytest.raises(NotScaffolded, match="one port at least"):
        chosen("acme", [], "rest")


def test_an_unknown_protocol_is_refused_with_the_nearest_right_one() -> None:
    with pytest.raises(NotScaffolded, match="did you mean `graphql`"):
        chosen("acme", ["stock"], "grapql")


def test_a_port_named_twice_is_one() -> None:
    assert [port.name for port in chosen("acme", ["stock", "price", "stock"], "rest").ports] == ["price", "stock"]


def test_every_data_domain_has_a_template_or_is_said_to_have_none() -> None:
    bare = {"payment", "promotion", "shipping", "tax"}
    assert set(domains()) == {*PORTS, *bare}
    for name in bare:
        with pytest.raises(NotScaffolded, match=f"`{name}` has no template"):
            chosen("acme", [name], "rest")
    shipped = files("gateway.scaffold") / "templates" / "ports"
    assert {each.name for each in shipped.iterdir()} == set(PORTS)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["new-adapter", "acme", "--ports", "stock", "--protocol", "rest", "--package", str(tmp_path)]
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_outside_a_checkout_a_package_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-adapter", "acme", "--ports", "stock", "--protocol", "rest"]) == 1
    assert "--package DIR" in capsys.readouterr().err


def test_entry_points_are_put_at_the_ends_of_their_tables() -> None:
    changed = with_entry_points(PROJECT, "acme", "adapters.acme")
    assert changed is not None
    lines = changed.split("\n")
    assert lines[lines.index('acme = "adapters.acme.manifest:MANIFEST"') - 1].startswith("odoo = ")
    assert lines[lines.index('acme = "adapters.acme.sandbox:create"') - 1].startswith("odoo = ")
    assert [line for line in lines if not line.startswith("acme")] == PROJECT.split("\n")


@pytest.mark.parametrize(
    "project",
    [
        "",
        "[broken",
        PROJECT.replace('"commerce', "'commerce").replace('rs"]', "rs']").replace('es"]', "es']"),
        PROJECT.replace("\n", "\r\n"),
    ],
)
def test_a_project_file_of_another_form_is_not_touched(project: str) -> None:
    assert with_entry_points(project, "acme", "adapters.acme") is None
