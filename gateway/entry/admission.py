"""What must be true before an operation runs, for every transport alike: who asks, how often, for which document, at
what cost, in which context. A transport only differs in how it brings requests and takes answers away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from msgspec import Struct

from gateway.entry.capacity import Capacity
from gateway.entry.documents import AdmittedDocuments, AdmittedOperation, Invalid, chosen, learned_of
from gateway.entry.parties import party_of
from gateway.entry.presenting import AliasOf, Presenter
from gateway.entry.requests import GraphQLRequest, facts_of
from gateway.errors import GatewayError, Unauthenticated
from gateway.execution.read.documents import Document
from gateway.execution.run.engine import Engine, OperationRequest
from gateway.model.context import CommerceContext
from gateway.model.principal import ANONYMOUS, ClientProfile, Principal
from gateway.security.authentication import Authentication, Outdated
from gateway.security.cost import check_cost
from gateway.security.profiles import Profiles, RequestFacts
from gateway.security.rates import RateLimits
from gateway.security.spread import SharedCounts
from gateway.security.trusted import TrustedDocuments, digest_of_request
from gateway.security.variables import check_variables
from gateway.settings import Settings

_log = structlog.get_logger(__name__)

OpenContext = Callable[[Principal, ClientProfile, RequestFacts], Any]


class Caller(Struct, frozen=True):
    """Who asks, what for, and how it is told. `party` is who is counted as one in the network, for limits only."""

    principal: Principal
    profile: ClientProfile
    facts: RequestFacts
    presenter: Presenter
    party: str = ""
    wants_cost: bool = False


class Admitted(Struct, frozen=True):
    """A request that may run."""

    request: OperationRequest
    document: Document
    operation: AdmittedOperation
    facts: RequestFacts
    cost: int


class Admission:
    def __init__(
        self,
        *,
        engine: Engine,
        open_context: OpenContext,
        authentication: Authentication,
        profiles: Profiles,
        settings: Settings,
        alias_of: AliasOf,
        counts: SharedCounts | None = None,
    ) -> None:
        self.engine = engine
        self._open_context = open_context
        self._authentication = authentication
        self._profiles = profiles
        self._alias_of = alias_of
        self._documents = AdmittedDocuments(engine, settings.limits)
        self._trusted = TrustedDocuments(settings)
        self._rates = RateLimits(
            settings.gateway.redis,
            anonymous=profiles.of(ANONYMOUS),
            failures=settings.limits.failures_per_minute,
            counts=counts,
        )
        self.capacity = Capacity(settings.server.operations, settings.server.overload_lag)
        for name, profile in settings.profiles.items():
            self._read_trusted(name, profile)

    def _read_trusted(self, name: str, profile: ClientProfile) -> None:
        """So that a manifest's first use costs nothing, and its mistakes are known before. An old document that no
        longer fits the schema is no reason not to serve the others."""
        for digest, text in self._trusted.manifest(name).items():
            try:
                self._documents.get(text, profile)
            except (GatewayError, Invalid) as error:
                _log.warning("a trusted document cannot run", profile=name, sha256=digest, reason=str(error))

    async def close(self) -> None:
        await self._rates.close()

    def anonymous(self, trace_id: str) -> Presenter:
        """Who to tell when nobody knows yet who asks."""
        return Presenter(ANONYMOUS, self._profiles.of(ANONYMOUS), self._alias_of, trace_id)

    async def caller(self, headers: Mapping[str, str], trace_id: str, address: str) -> Caller:
        """Raises Unauthenticated, ContextNotAllowed or Refusal; TooManyRequests for who has been refused too often.
        Counts nothing but refusals."""
        party = party_of(address)
        try:
            principal = await self._authentication.principal(headers.get("authorization"), headers.get("x-api-key"))
        except Unauthenticated as error:
            await self._rates.failed(party, guessed=not isinstance(error, Outdated))
            raise
        profile = self._profiles.of(principal)
        return Caller(
            principal=principal,
            profile=profile,
            facts=facts_of(headers, trace_id, party),
            presenter=Presenter(principal, profile, self._alias_of, trace_id),
            party=party,
            wants_cost="x-commerce-cost" in headers,
        )

    async def count(self, caller: Caller) -> None:
        """One more request of this caller. Raises TooManyRequests."""
        if caller.profile.requests_per_minute is not None:
            await self._rates.check(caller.principal, caller.profile, caller.party)

    def admit(self, request: GraphQLRequest, caller: Caller) -> Admitted:
        """Raises Invalid, or a GatewayError that says what is not allowed."""
        profile, name = caller.profile, caller.principal.profile
        digest = digest_of_request(request.document_id, request.extensions)
        document = self._documents.get(self._trusted.find(name, profile, request.query, digest), profile)
        self._trusted.register(name, digest, document.text)
        operation = chosen(document, request.operation_name)
        variables = request.variables or {}
        check_variables(variables)
        learned_of(document).free_text.check(variables)
        cost = operation.cost.of(variables)
        check_cost(cost, profile.cost_limit)
        return Admitted(
            request=OperationRequest(document.text, request.variables, request.operation_name, prepared=document),
            document=document,
            operation=operation,
            facts=self._documents.facts(operation, request.variables, caller.facts),
            cost=cost,
        )

    def commerce(self, caller: Caller, facts: RequestFacts) -> CommerceContext:
        return self._profiles.select(caller.profile, facts)

    def open(self, caller: Caller, admitted: Admitted) -> Any:
        """The operation's context. Raises ContextNotAllowed, UnsupportedLanguage or BadInput."""
        return self._open_context(caller.principal, caller.profile, admitted.facts)

    def extensions(self, caller: Caller, admitted: Admitted) -> dict[str, Any] | None:
        """What the client asked to be told beside the data."""
        if not caller.wants_cost:
            return None
        return {"cost": {"requested": admitted.cost, "limit": caller.profile.cost_limit}}
