"""`gateway revoke`: refuses a credential on every gateway of this state, or takes that back. Refuses itself what would
change nothing: who believes a stolen kiosk revoked looks no further."""

from __future__ import annotations

import difflib
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import ConfigurationError
from gateway.settings import Settings, load
from gateway.state.database import Database
from gateway.state.kept import Kept

LONGEST = 255
"""Of a subject or a token's id: longer ones are in no token that this gateway accepts."""


async def revoke(path: Path, issuer: str, subject: str, token: str | None, *, restore: bool) -> str:
    """What was done, as a sentence. Raises ConfigurationError where nothing could come of it."""
    settings = load(path)
    for name, value in (("subject", subject), ("--token", token)):
        if value is not None and not 0 < len(value) <= LONGEST:
            raise ConfigurationError(f"no token has one of {len(value)} characters", place=name)
    if not restore:
        check_issuer(settings, issuer)
    check_state(settings)
    database = await Database.open(settings.gateway.state)
    try:
        revocations = Kept(database).revocations
        if not restore:
            await revocations.revoke(issuer, subject, token)
            return "revoked: refused everywhere within seconds"
        if not await revocations.restore(issuer, subject, token):
            raise ConfigurationError("nothing of this kind is revoked", place="--restore")
        return "restored"
    finally:
        await database.close()


def check_issuer(settings: Settings, issuer: str) -> None:
    """Raises ConfigurationError for an issuer whose tokens nobody here accepts anyway."""
    known = {section.issuer: name for name, section in settings.issuers.items()}
    if issuer in known:
        return
    if not known:
        raise ConfigurationError("no issuer is configured, so no token is accepted", place="issuers")
    named = settings.issuers.get(issuer)
    close = [named.issuer] if named else difflib.get_close_matches(issuer, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ConfigurationError(f"`{issuer}` is not configured{hint} (known: {', '.join(known)})", place="issuer")


def check_state(settings: Settings) -> None:
    """Raises ConfigurationError where the file of no gateway lies: one would be made, and read by nobody."""
    try:
        url = make_url(settings.gateway.state)
    except ArgumentError:
        return  # opening it says what is wrong
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("is in one process's memory: no other gateway would hear of it", place="gateway.state")
    if not Path(url.database).exists():
        where = Path(url.database).resolve()
        raise ConfigurationError(
            f"no gateway has written {where} yet; run this where `gateway serve` runs", place="gateway.state"
        )
