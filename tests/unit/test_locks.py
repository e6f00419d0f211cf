"""What `make check` finds in lock files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check_locks import addresses, lock_files, main


def test_no_lock_of_ours_says_where_anything_was_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.name for path in lock_files()} >= {"package-lock.json", "requirements.lock"}
    assert main() == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package-lock.json", json.dumps({"packages": {"node_modules/a": {"resolved": "https://registry.example/a"}}})),
        ("yarn.lock", 'a@^1:\n  resolved "https://registry.example/a.tgz"\n'),
        ("requirements.lock", "--index-url https://registry.example/simple\n"),
        ("requirements.lock", "a @ git+https://git.example/a\n"),
        ("uv.lock", 'source = { registry = "https://registry.example/simple" }\n'),
        (".npmrc", "registry=https://registry.example\n"),
    ],
)
def test_an_address_is_found_in_every_kind(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert len(list(addresses(tmp_path / name))) == 1


def test_what_a_package_tells_of_itself_is_no_address_to_fetch_from(tmp_path: Path) -> None:
    lock = {"packages": {"node_modules/a": {"version": "1", "funding": {"url": "https://people.example"}}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    assert list(addresses(tmp_path / "package-lock.json")) == []
