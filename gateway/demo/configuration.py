"""The demo's configuration: `gateway.toml` of this folder with addresses put in, written where this run lives, and
read back by the real loader. Credentials of the sandboxes reach it as every secret does, through the environment."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from gateway.demo.sandboxes import Sandboxes
from gateway.errors import ConfigurationError
from gateway.settings import Settings, load

TEMPLATE = Path(__file__).with_name("gateway.toml")
_SOMEBODY_ELSES = ("GATEWAY_STATE", "GATEWAY_REDIS")  # a demo never writes into a database it did not make
_WORD = re.compile(r"@([a-z_]+(?:\.[a-z_]+)?)@")


def words(sandboxes: Sandboxes, folder: Path, gateway_url: str) -> dict[str, str]:
    """What the template's `@backend.key@` words stand for."""
    known = {"run": folder.as_posix(), "gateway.url": gateway_url}
    for name, backend in sandboxes.running.items():
        known |= {f"{name}.{key}": value for key, value in backend.sandbox.settings.items()}
        known[f"{name}.url"] = backend.url
    return known


def environment(sandboxes: Sandboxes) -> dict[str, str]:
    """The sandboxes' settings, credentials among them, as `DEMO_<BACKEND>_<KEY>`."""
    values = {"DEMO_CURSOR_KEY": secrets.token_hex(32)}
    for name, backend in sandboxes.running.items():
        values |= {f"DEMO_{name}_{key}".upper(): value for key, value in backend.sandbox.settings.items()}
    return values


def filled(template: str, known: Mapping[str, str]) -> str:
    """The template with every word put in. Raises ConfigurationError for a word nobody knows."""

    def value(match: re.Match[str]) -> str:
        word = match.group(1)
        if word not in known:
            raise ConfigurationError(f"nobody knows @{word}@", place="gateway/demo/gateway.toml")
        return known[word].replace("\\", "\\\\").replace('"', '\\"')

    return _WORD.sub(value, template)


def configure(sandboxes: Sandboxes, folder: Path, gateway_url: str) -> Settings:
    """Write this run's `gateway.toml` into its folder and load it."""
    path = folder / "gateway.toml"
    text = filled(TEMPLATE.read_text("utf-8"), words(sandboxes, folder, gateway_url))
    path.write_text(text, "utf-8")
    around = {name: value for name, value in os.environ.items() if name not in _SOMEBODY_ELSES}
    return load(path, {**around, **environment(sandboxes)})
