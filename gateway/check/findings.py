"""What a check found, as it is printed and as JSON."""

from __future__ import annotations

from msgspec import Struct

from gateway.errors import Mistake


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to mend. `place` is a key of the file, `backend` a configured name. `cause` is one of `causes.Kind`,
    `detail` the vendor's own words."""

    message: str
    place: str | None = None
    backend: str | None = None
    value: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    cause: str | None = None
    remedy: str | None = None
    detail: str | None = None

    @classmethod
    def of(cls, mistake: Mistake) -> Problem:
        return cls(
            message=mistake.message,
            place=mistake.place,
            value=mistake.value,
            allowed=mistake.allowed,
            nearest=mistake.nearest,
        )

    @property
    def text(self) -> str:
        mistake = Mistake(message=self.message, place=self.place, allowed=self.allowed, nearest=self.nearest)
        said = f"{self.backend}: {mistake.text}" if self.backend else mistake.text
        told = f": {self.detail}" if self.detail else ""
        return f"{said}{told}{f' ({self.remedy})' if self.remedy else ''}"


class Call(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operation as it was really called. `declared` is the manifest's number of requests for so many keys."""

    operation: str
    outcome: str
    keys: int = 1
    requests: int = 0
    declared: int = 0
    milliseconds: float = 0.0


class BackendReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one backend answered. `version` None: it did not. `hindered`: see `Probe.hinders`."""

    name: str
    alias: str
    adapter: str
    tier: str
    milliseconds: float
    operations: tuple[str, ...]
    version: str | None = None
    serves: tuple[str, ...] = ()
    keys: str | None = None
    prices: str | None = None
    ambiguous: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hindered: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """`file` is the configuration's path. `problems` holds those of the backends too."""

    file: str
    ok: bool
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    backends: tuple[BackendReport, ...] = ()
