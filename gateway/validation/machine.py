"""What the machine must have for this configuration: drivers, folders it may write to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from gateway.constraints import nearest
from gateway.constraints.addresses import STATE_DRIVERS
from gateway.constraints.texts import variable_shown
from gateway.errors import Mistake
from gateway.settings import GatewaySection, Settings

EXTRA = 'pip install "headless-commerce-gateway[{}]"'


def check_machine(settings: Settings) -> Iterator[Mistake]:
    gateway = settings.gateway
    state = _place(settings, "state")
    if gateway.state.startswith(f"{STATE_DRIVERS[1]}:") and find_spec("asyncpg") is None:
        yield Mistake(message=f"needs the PostgreSQL driver: {EXTRA.format('postgres')}", place=state)
    if gateway.redis and find_spec("redis") is None:
        yield Mistake(message=f"needs the Redis client: {EXTRA.format('redis')}", place=_place(settings, "redis"))
    file = gateway.state.removeprefix(f"{STATE_DRIVERS[0]}:///")
    if file != gateway.state and file and not file.startswith((":memory:", "file:")):
        reason = unwritable(Path(file.partition("?")[0]))
        if reason is not None:
            yield Mistake(message=f"cannot be written: {reason}", place=state)
    if gateway.cursor_secret not in settings.secrets:
        yield Mistake(
            message=f"no secret `{gateway.cursor_secret}` in [secrets]: cursors end with the process that made them, "
            "and no other worker knows them",
            place="gateway.cursor_secret",
            nearest=nearest(gateway.cursor_secret, settings.secrets),
            grave=gateway.cursor_secret != GatewaySection().cursor_secret,
        )
    if gateway.sealing_secret not in settings.secrets:
        named = gateway.sealing_secret != GatewaySection().sealing_secret
        if named or gateway.state.startswith(f"{STATE_DRIVERS[1]}:"):
            yield Mistake(
                message=f"no secret `{gateway.sealing_secret}` in [secrets]: no carts on PostgreSQL without it",
                place="gateway.sealing_secret",
                nearest=nearest(gateway.sealing_secret, settings.secrets),
                grave=named,
            )
    for name, source in settings.secrets.items():
        if source.env and not any(settings.environment.get(variable) for variable in source.env):
            yield Mistake(
                message=f"set the environment variable {variable_shown(source.env[0])}",
                place=f"secrets.{name}.env",
                grave=False,
            )
        elif not source.env:
            yield Mistake(message="names no environment variable", place=f"secrets.{name}.env")


def unwritable(file: Path) -> str | None:
    """Why a file cannot be written, or made with its folders; nothing is made here."""
    if file.is_dir():
        return f"{file} is a folder"
    if file.exists():
        return None if os.access(file, os.W_OK) else f"no right to write {file}"
    folder = file.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is no folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"no right to write into {folder}"


def _place(settings: Settings, key: str) -> str:
    variable = f"GATEWAY_{key.upper()}"
    return f"gateway.{key} (from {variable})" if settings.environment.get(variable) else f"gateway.{key}"
