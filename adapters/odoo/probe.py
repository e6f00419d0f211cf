"""What `gateway check` tries at an Odoo: everything the configuration names, and each right the operations need. One
thing that is wrong keeps nothing else from being tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.errors import ForeignCompany, MissingModel
from adapters.odoo.needs import NEEDED, SALES, Needed
from adapters.odoo.price.port import OdooPrices
from adapters.odoo.protocols import Ask, detect_version
from adapters.odoo.rights import has_group, sees_own_documents_only
from adapters.odoo.values import Empty, text
from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, Mistake, RequestRefused, Unavailable
from gateway.model.context import CallContext

PROBE = "probe"
EVERYWHERE = "en_US"
"""The one language that every Odoo takes."""
OFFERED = 20
ALL_DOMAINS = ("*",)
HINDERED = (
    ("company", "*"),
    ("language", "*"),
    ("pricelists", "price"),
    ("default_pricelist", "price"),
    ("fiscal_positions", "price"),
    ("quotation_partner", "price"),
)
"""What cannot be tried while a key is wrong. Of `languages` each is asked when a shopper speaks it."""
ANY_COMPANY = "allowed_company_ids"
"""Empty: all those of the user."""
ANY_STATE = ["active", "in", [True, False]]
LINE_DISCOUNTS, SYSTEM_USER = "sale.group_discount_per_so_line", 1
"""A feature is on where the system's own user has its group."""

R = TypeVar("R", bound=Struct)


class _Language(Struct, frozen=True):
    id: int
    code: str


class _Named(Struct, frozen=True):
    id: int
    name: str | Empty


class _Place(Struct, frozen=True):
    id: int
    complete_name: str | Empty


class Examined(Struct, frozen=True):
    """As in `Probe`."""

    problems: tuple[Mistake, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = {}
    hinders: tuple[str, ...] = ()


class OdooExamination(OdooPrices):
    async def examine(self, call: CallContext) -> Examined:
        """Raises AdapterError where nothing can be asked at all."""
        found = await self._version(call)
        if found:
            return Examined(tuple(found), hinders=ALL_DOMAINS)
        neutral = OdooClient(replace(self.config, language=EVERYWHERE), self.client.transport)
        try:
            foreign = await self._company(neutral, call)
            if foreign is None:
                return await self._examined((), neutral, call)
            problem, company = foreign
            if company is None:
                return Examined((problem,), hinders=ALL_DOMAINS)
            # What else is wrong is seen by one of the companies that the user does work for.
            elsewhere = OdooClient(replace(self.config, language=EVERYWHERE, company=company), self.client.transport)
            try:
                return await self._examined((problem,), elsewhere, call)
            finally:
                await elsewhere.close()
        finally:
            await neutral.close()

    async def _examined(self, found: Sequence[Mistake], client: OdooClient, call: CallContext) -> Examined:
        """`client` speaks a language and for a company that are there, so that wrong ones hide nothing else."""
        problems = (
            *found,
            *await self._languages(client, call),
            *await self._fields_of_keys(client, call),
            *await self._records_of_keys(client, call),
        )
        hinders = dict.fromkeys(
            domain for problem in problems for key, domain in HINDERED if (problem.place or "").split("[")[0] == key
        )
        return Examined(problems, await self._lacking(client, call), tuple(hinders))

    async def _version(self, call: CallContext) -> list[Mistake]:
        if self.config.version == "auto":
            return []
        try:
            real = await detect_version(self.client.transport, call)
        except (InvalidAnswer, RequestRefused):
            return []
        if real == int(self.config.version):
            return []
        said = f"this server is an Odoo {real}"
        return [Mistake(message=said, place="version", value=self.config.version, nearest=str(real))]

    async def _company(self, client: OdooClient, call: CallContext) -> tuple[Mistake, int | None] | None:
        """What is wrong with `company`, and another one that may be asked."""
        try:
            await self._count("res.company", client, call)
        except ForeignCompany:
            pass
        else:
            return None
        try:
            own = await client.search(_Named, "res.company", [], call, operation=PROBE, context={ANY_COMPANY: []})
        except RequestRefused:
            own = ()
        said = "not there, or this user may not work for it: add it to Allowed Companies (Settings / Users)"
        allowed = tuple(f"{row.id} ({text(row.name) or ''})" for row in own[:OFFERED])
        nearest = str(own[0].id) if len(own) == 1 else None
        mistake = Mistake(
            message=said, place="company", value=str(self.config.company), allowed=allowed, nearest=nearest
        )
        return mistake, own[0].id if own else None

    async def _languages(self, client: OdooClient, call: CallContext) -> list[Mistake]:
        rows = await self._search(_Language, "res.lang", [["active", "=", True]], client, call)
        installed = tuple(sorted(row.code for row in rows))
        wanted = {"language": self.config.language} | {
            f"languages.{tag}": code for tag, code in self.config.languages.items()
        }
        return [
            Mistake(message=f"`{code}` is not installed", place=key, value=code, allowed=installed)
            for key, code in wanted.items()
            if code not in installed
        ]

    async def _lacking(self, client: OdooClient, call: CallContext) -> Mapping[str, tuple[str, ...]]:
        """Each model of each operation is counted, since nested records are refused only where there are some."""
        found: dict[str, list[str]] = {}
        for needed in NEEDED:
            if not self._uses(needed):
                continue
            told = found.setdefault(needed.domain, [])
            try:
                await self._count(needed.model, client, call)
            except MissingModel:
                if needed.module:
                    told.append(self._uninstalled(needed))
            except (Unavailable, CredentialsRefused):
                raise
            except AdapterError:
                told.append(
                    f"to read `{needed.model}` for `{needed.operation}`: grant {needed.grant} (Settings / Users)"
                )
        if self.config.orders != "pos" and await sees_own_documents_only(client, call):
            found["order"].append(
                "to see orders of other salespeople (this user sees own documents only): "
                f"grant {SALES} (Settings / Users)"
            )
        return {domain: tuple(told) for domain, told in found.items() if told}

    def _uses(self, needed: Needed) -> bool:
        if needed.model.startswith("mrp."):
            return self.config.kits
        if needed.model.startswith("sale."):
            return self.config.orders != "pos"
        if needed.model.startswith("pos."):
            return self.config.orders != "sale"
        if needed.model == "account.fiscal.position":
            return bool(self.config.fiscal_positions)
        return True

    def _uninstalled(self, needed: Needed) -> str:
        instead = {"sale": '; say `orders = "pos"`', "pos": '; say `orders = "sale"`'}
        without = instead.get(needed.model.split(".")[0], "")
        return f"to read `{needed.model}` for `{needed.operation}`: {needed.module} is not installed{without}"

    async def _fields_of_keys(self, client: OdooClient, call: CallContext) -> list[Mistake]:
        found: list[Mistake] = []
        website = ("is_published", "website_url")
        if self.config.website and not await self._has_fields("product.template", website, client, call):
            found.append(Mistake(message="the website shop is not installed here", place="website", value="true"))
        origin = self.config.origin_field
        if origin and self.config.orders != "pos" and not await self._has_fields("sale.order", (origin,), client, call):
            found.append(Mistake(message="a sales order has no such field", place="origin_field", value=origin))
        return [*found, *await self.settings_that_differ(call, client)]

    async def settings_that_differ(self, call: CallContext, client: OdooClient | None = None) -> tuple[Mistake, ...]:
        """Of those that every user is told: the others take an administrator to read. 17 sets discounts by list."""
        if await self.client.version(call) < 18:
            return ()
        try:
            shown = await has_group(client or self.client, SYSTEM_USER, LINE_DISCOUNTS, call)
        except RequestRefused:
            return ()
        if shown is self.config.line_discounts:
            return ()
        said = f'"Discounts" on sales order lines is {"on" if shown else "off"} in Odoo'
        mine, theirs = str(self.config.line_discounts).lower(), str(shown).lower()
        return (Mistake(message=said, place="line_discounts", value=mine, nearest=theirs),)

    async def _records_of_keys(self, client: OdooClient, call: CallContext) -> list[Mistake]:
        """Ids and names that this Odoo does not have, or does not show to this user."""
        config = self.config
        lists = {f"pricelists[{place}].pricelist": one.pricelist for place, one in enumerate(config.pricelists)}
        if config.default_pricelist is not None:
            lists["default_pricelist"] = config.default_pricelist
        positions = {
            f"fiscal_positions[{place}].position": one.position for place, one in enumerate(config.fiscal_positions)
        }
        contacts = {"quotation_partner": config.quotation_partner} if config.quotation_partner else {}
        units = {f"units.{name}": identifier for name, identifier in config.units.items()}
        found = await self._unknown("price list", "product.pricelist", lists, client, call, archived=True)
        found += await self._unknown(
            "fiscal position", "account.fiscal.position", positions, client, call, archived=True
        )
        found += await self._unknown("contact", "res.partner", contacts, client, call, offered=False)
        found += await self._unknown("unit of measure", "uom.uom", units, client, call)
        names = list(config.unassigned_locations)
        if names:
            domain = [["complete_name", "in", names], ["usage", "=", "internal"]]
            known = {
                text(row.complete_name) for row in await self._search(_Place, "stock.location", domain, client, call)
            }
            found += [
                Mistake(message="no internal location of that name", place=f"unassigned_locations.{name}", value=name)
                for name in names
                if name not in known
            ]
        return found

    async def _unknown(
        self,
        what: str,
        model: str,
        ids: Mapping[str, int],
        client: OdooClient,
        call: CallContext,
        *,
        archived: bool = False,
        offered: bool = True,
    ) -> list[Mistake]:
        """`ids` by key. With those that are there, but for people, whose names belong in no report (`offered`)."""
        if not ids:
            return []
        wanted = sorted(set(ids.values()))
        state = [ANY_STATE] if archived else []
        try:
            known = {row.id for row in await self._search(_Named, model, [["id", "in", wanted], *state], client, call)}
            there = (
                await self._search(_Named, model, [], client, call, OFFERED)
                if offered and len(known) < len(wanted)
                else ()
            )
        except RequestRefused:
            return []  # the right is missing, which is told already
        allowed = tuple(f"{row.id} ({text(row.name) or ''})" for row in there)
        said = f"no {what} {{}} that this user may read"
        return [
            Mistake(message=said.format(identifier), place=key, value=str(identifier), allowed=allowed)
            for key, identifier in ids.items()
            if identifier not in known
        ]

    async def _has_fields(self, model: str, names: Sequence[str], client: OdooClient, call: CallContext) -> bool:
        arguments = {"allfields": list(names), "attributes": ["type"]}
        ask = Ask(model=model, method="fields_get", arguments=arguments, operation=PROBE)
        try:
            return set(names) <= set(await client.call(dict[str, object], ask, call))
        except MissingModel:
            return True  # told already

    async def _count(self, model: str, client: OdooClient, call: CallContext) -> int:
        ask = Ask(model=model, method="search_count", arguments={"domain": []}, operation=PROBE)
        return await client.call(int, ask, call)

    async def _search(
        self,
        row: type[R],
        model: str,
        domain: Sequence[object],
        client: OdooClient,
        call: CallContext,
        limit: int | None = None,
    ) -> tuple[R, ...]:
        return await client.search(row, model, domain, call, operation=PROBE, limit=limit)
