"""One operation's context: who asks, in which commerce context, until when, and the services that answer. Made by the
door, seen by the schema's fields as `ctx`."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.principal import ClientProfile, Principal
from gateway.security.profiles import Profiles, RequestFacts, accepted_age, deadline_seconds
from gateway.services import Services
from gateway.services.scope import Scope, utc_now


class OperationContext:
    """`memo` is the executor's. Everything else is immutable for the operation, or for an event of a subscription."""

    __slots__ = ("explain", "memo", "profile", "scope", "services", "trace_id")

    def __init__(self, services: Services, scope: Scope, *, explain: bool = False) -> None:
        self.services = services
        self.scope = scope
        self.profile = scope.profile
        self.trace_id = scope.call.trace_id
        self.explain = explain
        self.memo: Any = None

    def renew(self) -> Scope:
        """For the next event of a subscription: the same caller, the time of now, as long to answer as at first."""
        call, now = self.scope.call, time.monotonic()
        renewed = replace(call, deadline=now + (call.deadline - call.made), made=now)
        self.scope = replace(self.scope, call=renewed, now=utc_now(), kept={})
        return self.scope

    @property
    def principal(self) -> Principal:
        return self.scope.principal

    @property
    def commerce(self) -> CommerceContext:
        return self.scope.commerce

    @property
    def language(self) -> str:
        return self.scope.commerce.language

    @property
    def timezone(self) -> str:
        """Of the store the client stands in, else of the market (IANA)."""
        store = self.services.ownership.stores.get(self.commerce.store or "")
        return self.services.ownership.markets.of(self.commerce.country).timezone if store is None else store.timezone

    @property
    def deadline(self) -> float:
        """On the monotonic clock."""
        return self.scope.call.deadline

    @property
    def now(self) -> datetime:
        return self.scope.now

    @property
    def is_staff(self) -> bool:
        return "staff" in self.scope.principal.roles

    def source(self, backend: str) -> str:
        """What a client may know of a backend's name: its alias; staff see the configured name."""
        return backend if self.is_staff else self.services.ownership.alias(backend)


class ContextFactory:
    """Opens contexts for one running gateway."""

    def __init__(self, services: Services, profiles: Profiles) -> None:
        self._services = services
        self._profiles = profiles

    def __call__(self, principal: Principal, profile: ClientProfile, facts: RequestFacts) -> OperationContext:
        """Raises ContextNotAllowed, UnsupportedLanguage or BadInput for what the client may not select."""
        commerce = self._profiles.select(profile, facts)
        call = CallContext(
            deadline=time.monotonic() + deadline_seconds(profile, facts),
            priority=Priority.BROWSE,
            trace_id=facts.request_id,
            max_age=accepted_age(profile, facts),
        )
        scope = Scope(commerce, call, principal, profile, utc_now(), facts.cart_secret, facts.party)
        return OperationContext(self._services, scope, explain=facts.explain and profile.explain)
