"""`gateway backup` and `gateway restore`: the embedded store copied while it is written to, and put back where no
gateway runs. What PostgreSQL keeps is PostgreSQL's to back up.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import ConfigurationError
from gateway.registry import sealing_values
from gateway.settings import Settings, load
from gateway.state.backup import Backup, back_up, put_back
from gateway.state.database import Database
from gateway.state.restored import Restored
from gateway.state.sealing import key_file, key_names


def backup(config: Path, folder: Path, *, gateway: str) -> str:
    """What was written, as a person reads it. `gateway` is this version. Raises ConfigurationError, BackupRefused,
    OSError."""
    settings = load(config)
    store = _store(settings, "`pg_dump` of that database has all of it, in one piece")
    made, waited = back_up(store, folder, gateway=gateway)
    told = [f"{folder}: {_size(made)}, as of {made.made:%Y-%m-%d %H:%M:%S} UTC; writers waited {waited * 1000:.0f} ms"]
    if made.sealing:
        told.append(f"not in it, and to be kept apart from it: {_key(settings, store)}")
    return "\n".join(told)


def restore(config: Path, folder: Path, *, replace: bool) -> str:
    """The same of what was put back, with what is still missing."""
    settings = load(config)
    store = _store(settings, "`pg_restore` puts it back, then `gateway restore --done`")
    made, aside = put_back(folder, store, replace=replace)
    told = [f"{store}: as of {made.made:%Y-%m-%d %H:%M:%S} UTC"]
    told += [f"put aside: {part}" for part in aside]
    told.append("the next gateway compares checkouts with their owners before it takes new ones")
    unknown = set(made.sealing) - set(key_names(_values(settings, store)))
    if unknown:
        told.append(f"what people typed cannot be read without the key of then: {_key(settings, store)}")
    return "\n".join(told)


async def restored(config: Path) -> str:
    """For a store that something else has put back, before a gateway opens it. Raises ConfigurationError."""
    database = await Database.open(load(config).gateway.state)
    try:
        await Restored(database).mark()
    finally:
        await database.close()
    return "the next gateway compares checkouts with their owners before it takes new ones"


def _store(settings: Settings, instead: str) -> Path:
    place = "gateway.state"
    try:
        url = make_url(settings.gateway.state)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("not a database URL", place=place) from error
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(f"it is PostgreSQL, and this is for the embedded store: {instead}", place=place)
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError("this store is in memory only", place=place)
    return Path(url.database or "")


def _values(settings: Settings, store: Path) -> tuple[str, ...]:
    file = key_file(store)
    return sealing_values(settings) or ((file.read_text("ascii").strip(),) if file.is_file() else ())


def _key(settings: Settings, store: Path) -> str:
    if sealing_values(settings):
        return f"the secret `{settings.gateway.sealing_secret}`"
    return str(key_file(store))


def _size(made: Backup) -> str:
    names = f"{len(made.files)} file{'' if len(made.files) == 1 else 's'}"
    return f"{names}, {made.size / 1_000_000:.1f} MB"
