"""What `gateway check` tries at an Odoo: everything the configuration names, and each right the operations need. One
thing that is wrong keeps nothing else from being tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.errors import ForeignCompany, MissingModel, RightMissing
from adapters.odoo.price.drift import settings_that_differ
from adapters.odoo.protocols import detect_version
from adapters.odoo.rights import NEEDED, NEEDED_TO_COMMIT, SALES, Needed, sees_own_documents_only
from adapters.odoo.values import Empty, Named, Row, text
from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, Mistake, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.backend import Probe

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


class _Language(Row, frozen=True):
    code: str


class _Place(Row, frozen=True):
    complete_name: str | Empty


class OdooProbe:
    def __init__(self, config: OdooConfig, client: OdooClient) -> None:
        self._config = config
        self._client = client

    async def probe(self, call: CallContext) -> Probe:
        """One authenticated request for the version, one that counts what is sold, and those of the examination. Raises
        AdapterError where nothing can be asked at all."""
        examined = await self._examined(call)
        version = await self._client.version(call)
        notes: list[str] = []
        if "*" not in examined.hinders:
            domain = [["sale_ok", "=", True]]
            sold = await self._client.call(int, "product.product", "search_count", {"domain": domain}, call)
            notes.append(f"{sold} variants are sold")
            notes += await self._uncommitted(call)
        if version == 17:
            notes.append("no Odoo 17 was tried: check prices against its own quotations")
        if self._config.origin_field and not self._config.webhook_token:
            notes.append("no `webhook_token`: changes are seen when cached answers run out")
        return replace(examined, version=f"{version}.0", notes=tuple(notes))

    async def _uncommitted(self, call: CallContext) -> Sequence[str]:
        """Who may read transfers may make them, by the same groups."""
        needed = NEEDED_TO_COMMIT
        try:
            await self._client.call(int, needed.model, "search_count", {"domain": []}, call)
        except MissingModel:
            return ()  # Inventory is not installed, which is told already
        except RightMissing:
            what = f"orders of other systems cannot take goods here (`{needed.operation}`)"
            return (f"{what}: grant {needed.grant} (Settings / Users)",)
        return ()

    async def _examined(self, call: CallContext) -> Probe:
        wrong = await self._wrong_version(call)
        if wrong is not None:
            return Probe("", problems=(wrong,), hinders=ALL_DOMAINS)
        neutral = self._client.speaking(EVERYWHERE, self._config.company)
        try:
            foreign = await self._foreign_company(neutral, call)
            if foreign is None:
                return await _Examination(self._config, neutral, call).of_all()
            problem, company = foreign
            if company is None:
                return Probe("", problems=(problem,), hinders=ALL_DOMAINS)
            # What else is wrong is seen by one of the companies that the user does work for.
            elsewhere = self._client.speaking(EVERYWHERE, company)
            try:
                return await _Examination(self._config, elsewhere, call).of_all(problem)
            finally:
                await elsewhere.close()
        finally:
            await neutral.close()

    async def _wrong_version(self, call: CallContext) -> Mistake | None:
        if self._config.version == "auto":
            return None
        try:
            real = await detect_version(self._client.transport, call)
        except (InvalidAnswer, RequestRefused):
            return None
        if real == int(self._config.version):
            return None
        said = f"this server is an Odoo {real}"
        return Mistake(message=said, place="version", value=self._config.version, nearest=str(real))

    async def _foreign_company(self, client: OdooClient, call: CallContext) -> tuple[Mistake, int | None] | None:
        """What is wrong with `company`, and another one that may be asked."""
        try:
            await client.call(int, "res.company", "search_count", {"domain": []}, call)
        except ForeignCompany:
            pass
        else:
            return None
        try:
            own = await client.search(Named, "res.company", [], call, context={ANY_COMPANY: []})
        except RequestRefused:
            own = ()
        said = "not there, or this user may not work for it: add it to Allowed Companies (Settings / Users)"
        mistake = Mistake(
            message=said,
            place="company",
            value=str(self._config.company),
            allowed=_shown(own[:OFFERED]),
            nearest=str(own[0].id) if len(own) == 1 else None,
        )
        return mistake, own[0].id if own else None


class _Examination:
    """`client` speaks a language and for a company that are there, so that wrong ones hide nothing else."""

    def __init__(self, config: OdooConfig, client: OdooClient, call: CallContext) -> None:
        self._config = config
        self._client = client
        self._call = call

    async def of_all(self, *found: Mistake) -> Probe:
        problems = (
            *found,
            *await self._languages(),
            *await self._fields_of_keys(),
            *await settings_that_differ(self._client, self._config, self._call),
            *await self._records_of_keys(),
        )
        wrong = [(problem.place or "").split("[")[0] for problem in problems]
        hinders = dict.fromkeys(domain for name in wrong for key, domain in HINDERED if name == key)
        return Probe("", problems=problems, lacking=await self._lacking(), hinders=tuple(hinders))

    async def _languages(self) -> list[Mistake]:
        rows = await self._client.search(_Language, "res.lang", [["active", "=", True]], self._call)
        installed = tuple(sorted(row.code for row in rows))
        spoken = {f"languages.{tag}": code for tag, code in self._config.languages.items()}
        return [
            Mistake(message=f"`{code}` is not installed", place=key, value=code, allowed=installed)
            for key, code in {"language": self._config.language, **spoken}.items()
            if code not in installed
        ]

    async def _lacking(self) -> Mapping[str, tuple[str, ...]]:
        """Each model of each operation is counted, since nested records are refused only where there are some."""
        found: dict[str, list[str]] = {}
        for needed in filter(self._uses, NEEDED):
            told = found.setdefault(needed.domain, [])
            reading = f"to read `{needed.model}` for `{needed.operation}`"
            try:
                await self._client.call(int, needed.model, "search_count", {"domain": []}, self._call)
            except MissingModel:
                if needed.module:
                    instead = {"sale": '; say `orders = "pos"`', "pos": '; say `orders = "sale"`'}
                    without = instead.get(needed.model.split(".")[0], "")
                    told.append(f"{reading}: {needed.module} is not installed{without}")
            except (Unavailable, CredentialsRefused):
                raise
            except AdapterError:
                told.append(f"{reading}: grant {needed.grant} (Settings / Users)")
        if self._config.orders != "pos" and await sees_own_documents_only(self._client, self._call):
            found["order"].append(
                "to see orders of other salespeople (this user sees own documents only): "
                f"grant {SALES} (Settings / Users)"
            )
        return {domain: tuple(told) for domain, told in found.items() if told}

    def _uses(self, needed: Needed) -> bool:
        if needed.model.startswith("mrp."):
            return self._config.kits
        if needed.model.startswith("sale."):
            return self._config.orders != "pos"
        if needed.model.startswith("pos."):
            return self._config.orders != "sale"
        if needed.model == "account.fiscal.position":
            return bool(self._config.fiscal_positions)
        return True

    async def _fields_of_keys(self) -> list[Mistake]:
        found: list[Mistake] = []
        if self._config.website and not await self._has_fields("product.template", "is_published", "website_url"):
            found.append(Mistake(message="the website shop is not installed here", place="website", value="true"))
        origin = self._config.origin_field
        if origin and self._config.orders != "pos" and not await self._has_fields("sale.order", origin):
            found.append(Mistake(message="a sales order has no such field", place="origin_field", value=origin))
        ours = self._config.reference_field
        if self._config.orders != "pos" and not await self._has_fields("sale.order", ours):
            found.append(Mistake(message="a sales order has no such field", place="reference_field", value=ours))
        kept = self._config.contact_reference_field
        if not await self._has_fields("res.partner", kept):
            found.append(Mistake(message="a contact has no such field", place="contact_reference_field", value=kept))
        borne = self._config.move_reference_field
        if not await self._has_fields("stock.move", borne):
            found.append(Mistake(message="a stock move has no such field", place="move_reference_field", value=borne))
        return found

    async def _records_of_keys(self) -> list[Mistake]:
        """Ids and names that this Odoo does not have, or does not show to this user."""
        config = self._config
        lists = {f"pricelists[{place}].pricelist": one.pricelist for place, one in enumerate(config.pricelists)}
        if config.default_pricelist is not None:
            lists["default_pricelist"] = config.default_pricelist
        positions = {
            f"fiscal_positions[{place}].position": one.position for place, one in enumerate(config.fiscal_positions)
        }
        people = {"quotation_partner": config.quotation_partner, "guest_contact": config.guest_contact}
        contacts = {key: identifier for key, identifier in people.items() if identifier}
        delivery = {} if config.delivery_product is None else {"delivery_product": config.delivery_product}
        units = {f"units.{name}": identifier for name, identifier in config.units.items()}
        return [
            *await self._unknown("price list", "product.pricelist", lists, archived=True),
            *await self._unknown("fiscal position", "account.fiscal.position", positions, archived=True),
            *await self._unknown("contact", "res.partner", contacts, offered=False),
            *await self._unknown("variant", "product.product", delivery, offered=False),
            *await self._unknown("unit of measure", "uom.uom", units),
            *await self._unknown_locations(list(config.unassigned_locations)),
        ]

    async def _unknown_locations(self, names: Sequence[str]) -> list[Mistake]:
        if not names:
            return []
        domain = [["complete_name", "in", names], ["usage", "=", "internal"]]
        known = {
            text(row.complete_name) for row in await self._client.search(_Place, "stock.location", domain, self._call)
        }
        return [
            Mistake(message="no internal location of that name", place=f"unassigned_locations.{name}", value=name)
            for name in names
            if name not in known
        ]

    async def _unknown(
        self, what: str, model: str, ids: Mapping[str, int], *, archived: bool = False, offered: bool = True
    ) -> list[Mistake]:
        """`ids` by key. With those that are there, but for people, whose names belong in no report (`offered`)."""
        if not ids:
            return []
        wanted = sorted(set(ids.values()))
        domain = [["id", "in", wanted], *([ANY_STATE] if archived else [])]
        try:
            known = {row.id for row in await self._client.search(Named, model, domain, self._call)}
            short = offered and len(known) < len(wanted)
            there = await self._client.search(Named, model, [], self._call, limit=OFFERED) if short else ()
        except RequestRefused:
            return []  # the right is missing, which is told already
        said, allowed = f"no {what} {{}} that this user may read", _shown(there)
        return [
            Mistake(message=said.format(identifier), place=key, value=str(identifier), allowed=allowed)
            for key, identifier in ids.items()
            if identifier not in known
        ]

    async def _has_fields(self, model: str, *names: str) -> bool:
        arguments = {"allfields": names, "attributes": ["type"]}
        try:
            known = await self._client.call(dict[str, object], model, "fields_get", arguments, self._call)
        except MissingModel:
            return True  # told already
        return set(names) <= set(known)


def _shown(rows: Sequence[Named]) -> tuple[str, ...]:
    return tuple(f"{row.id} ({text(row.name) or ''})" for row in rows)
