"""What may be asked of the scaffold, and what is wrong with what was."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Sequence

from msgspec import Struct

from gateway.constraints import nearest
from gateway.errors import GatewayError
from gateway.ports.domain import domains
from gateway.registry import installed_adapters
from gateway.scaffold.ports import PORTS, Port

PROTOCOLS = ("rest", "graphql", "jsonrpc")
LONGEST = 20
"""Letters of a name: it stands in sections, metrics and class names."""
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")
"""No folder can be called so on Windows: nobody there could check the adapter out."""
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


class NotScaffolded(GatewayError):
    """The command says in a sentence why nothing was written."""


class Choice(Struct, frozen=True):
    name: str
    protocol: str
    ports: tuple[Port, ...]

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def title(self) -> str:
        return " ".join(part.capitalize() for part in self.name.split("_"))


def chosen(name: str, ports: Sequence[str], protocol: str) -> Choice:
    """Raises NotScaffolded."""
    if protocol not in PROTOCOLS:
        raise NotScaffolded(f"`{protocol}` is no protocol{_meant(protocol, PROTOCOLS)} ({', '.join(PROTOCOLS)})")
    return Choice(_named(name), protocol, _ports(ports))


def _named(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) < 2 or len(name) > LONGEST:
        raise NotScaffolded(
            f"`{name}` is no name of an adapter: 2 to {LONGEST} lower-case letters, digits and single underscores, "
            "a letter first"
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise NotScaffolded(f"`{name}` is a word of Python's own: take another name")
    if _DEVICES.fullmatch(name):
        raise NotScaffolded(f"`{name}` cannot be the name of a folder on Windows: take another name")
    if name in installed_adapters():
        raise NotScaffolded(f"there is an adapter `{name}` already (`gateway adapters`)")
    return name


def _ports(asked: Sequence[str]) -> tuple[Port, ...]:
    if not asked:
        raise NotScaffolded(f"name one port at least ({', '.join(PORTS)})")
    for name in asked:
        if name in PORTS:
            continue
        if name in domains():
            raise NotScaffolded(f"`{name}` has no template; copy the shape of another ({', '.join(PORTS)})")
        raise NotScaffolded(f"`{name}` is no port{_meant(name, PORTS)} ({', '.join(PORTS)})")
    for name in asked:
        for other in PORTS[name].needs:
            if other not in asked:
                raise NotScaffolded(f"{name} answers with records of {other}: name `{other}` in --ports too")
    return tuple(port for name, port in PORTS.items() if name in asked)


def _meant(written: str, known: Sequence[str] | dict[str, Port]) -> str:
    near = nearest(written, known)
    return "" if near is None else f"; did you mean `{near}`?"
