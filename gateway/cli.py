"""The commands: `gateway serve | check | config | demo | explain | why | revoke | tasks | checkouts | reconcile |
backup | restore | schema | adapters | new-adapter`.

Exit codes of all: 0 done, 1 a problem the command found, 2 a mistake in the command line or a configuration that cannot
be read, 130 interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import structlog
from msgspec.structs import replace

from gateway.errors import ConfigurationError, GatewayError, Unreadable
from gateway.options import days, names, port, quantity, workers

if TYPE_CHECKING:
    from gateway.settings import Settings

CONFIG_VARIABLE = "GATEWAY_CONFIG"
DISTRIBUTION = "headless-commerce-gateway"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code, as above. What a person did wrong is a sentence, never a traceback."""
    options = _parser().parse_args(arguments)
    if options.run is not _serve:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(_ERRORS))
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except Unreadable as error:
        return _said(error.message, 2)
    except ConfigurationError as error:
        return _said(error.message, 1)
    except GatewayError as error:
        return _said(error.message, 1, about="gateway")
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read along has gone, which is theirs to do (`gateway adapters | head -1`).
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _said(_of_the_machine(error), 1, about="gateway")
    return code


class _Errors(io.TextIOBase):
    """Where the commands log: what they print on standard output is an answer, which programs read."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_ERRORS = cast("TextIO", _Errors())


def _said(message: str, code: int, *, about: str = "configuration") -> int:
    for line in message.splitlines():
        print(f"{about}: {line}", file=sys.stderr)
    return code


def _of_the_machine(error: OSError) -> str:
    """What the machine refuses: a folder nobody may write to, a full disk, an address that is not ours."""
    about = f"{error.filename}: " if error.filename else ""
    return f"{about}{error.strerror or error}"


def installed_version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown (not installed)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="One GraphQL schema over a retailer's own systems.")
    parser.add_argument("--version", action="version", version=f"gateway {installed_version()}")
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="serve the schema")
    _config(serve)
    serve.add_argument("--host", help="address to listen on (default: the configuration's)")
    serve.add_argument("--port", type=port, help="port to listen on (default: the configuration's)")
    serve.add_argument("--workers", type=workers, default=1, help="processes, one per core (default: 1)")
    serve.set_defaults(run=_serve)

    check = commands.add_parser("check", help="say whether this configuration will work, and everything that is wrong")
    _config(check)
    check.add_argument("--deep", action="store_true", help="make one real call of every operation of every backend")
    check.add_argument("--customer", metavar="EMAIL", help="with --deep: ask personal operations as this customer")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.add_argument(
        "--sku",
        action="append",
        default=[],
        help="compare the prices of this SKU, in place of some at random; repeatable",
    )
    check.epilog = "Exit codes: 0 all will work, 1 problems were found, 2 there is no configuration that can be read."
    check.set_defaults(run=_check)

    config = commands.add_parser("config", help="print the configuration as it is in effect, without any secret")
    _config(config)
    config.add_argument("--effective", action="store_true", help="every key, defaults included (this is the default)")
    config.add_argument(
        "--diff",
        nargs="?",
        const="",
        metavar="FILE",
        help="only what differs: from the defaults, or from another configuration file",
    )
    config.epilog = "Exit codes: 0 printed, 1 the file's form is wrong, 2 it cannot be read."
    config.set_defaults(run=_print_config)

    demo = commands.add_parser("demo", help="a sandbox retailer on this machine")
    demo.add_argument("--port", type=port, default=8000, help="port to listen on (default: 8000; 0: any free one)")
    demo.add_argument("--once", action="store_true", help="run the main query, print its answer, and end")
    demo.add_argument("--data", type=Path, help="a folder of real data to load instead of the designed retailer")
    demo.add_argument("--backends", type=Path, help="only the sandboxes; what a gateway needs is written here")
    demo.set_defaults(run=_demo)

    explain = commands.add_parser("explain", help="show the plan of an operation, run it, and draw its timeline")
    _config(explain)
    explain.add_argument("query", type=Path, help="a file with one GraphQL operation")
    explain.add_argument("--variables", default="{}", help="JSON object")
    explain.add_argument("--svg", type=Path, help="write the timeline here")
    explain.add_argument("--dry", action="store_true", help="only the plan and the predicted calls")
    explain.add_argument("--personal", action="store_true", help="print the answer though it may be about a person")
    explain.epilog = "GATEWAY_TOKEN in the environment asks as somebody."
    explain.set_defaults(run=_explain)

    why = commands.add_parser("why", help="say where one price, stock or product comes from, and who says otherwise")
    _config(why)
    why.add_argument("what", choices=("price", "stock", "product"))
    why.add_argument("sku")
    why.add_argument("--country", help="the market, such as GB (default: the first channel's)")
    why.add_argument("--store", metavar="KEY", help="as it is in this store, whose till may say otherwise")
    why.add_argument("--customer", metavar="EMAIL", help="as this customer sees it")
    why.add_argument("--quantity", type=quantity, default=Decimal(1), help="pieces (default: 1)")
    why.epilog = "Exit codes: 0 it is told, 1 there is no such fact. Nothing of it is kept."
    why.set_defaults(run=_why)

    revoke = commands.add_parser("revoke", help="refuse a credential from now on, such as a stolen kiosk's")
    _config(revoke)
    revoke.add_argument("issuer", help="the issuer, as the token's `iss` says it")
    revoke.add_argument("subject", help="the token's `sub`")
    revoke.add_argument("--token", help="only the token with this `jti` (default: every one of the subject)")
    revoke.add_argument("--restore", action="store_true", help="take it back (with --token: of this token only)")
    revoke.set_defaults(run=_revoke)

    tasks = commands.add_parser("tasks", help="what a person must look at, and what was set aside")
    _config(tasks)
    tasks.add_argument("--kind", help="only tasks of this kind")
    tasks.add_argument("--done", action="store_true", help="those that are closed, instead of the open ones")
    tasks.add_argument("--json", action="store_true", help="one JSON object a line")
    tasks.add_argument("--close", metavar="ID", help="it is dealt with")
    tasks.add_argument("--retry", metavar="ID", help="try what it set aside anew, and close it")
    tasks.add_argument("--by", default=os.environ.get("USER", "operator"), help="who closes it (default: you)")
    tasks.set_defaults(run=_tasks)

    checkouts = commands.add_parser("checkouts", help="checkouts under way, and what one of them did")
    _config(checkouts)
    checkouts.add_argument("--stuck", action="store_true", help="only those that make no progress; exit code 1 if any")
    checkouts.add_argument("--journal", metavar="ID", help="the steps of this one")
    checkouts.add_argument("--json", action="store_true", help="one JSON object a line")
    checkouts.set_defaults(run=_checkouts)

    reconcile = commands.add_parser("reconcile", help="compare checkouts with what owners have, and mend what differs")
    _config(reconcile)
    reconcile.add_argument("--days", type=days, default=7.0, help="how far back (default: 7)")
    reconcile.add_argument("--json", action="store_true", help="one JSON object a line")
    order = reconcile.add_mutually_exclusive_group()
    order.add_argument("--repair", metavar="KIND:SUBJECT", help="mend this finding")
    order.add_argument("--accept", metavar="KIND:SUBJECT", help="leave it as it stands; told again only if it changes")
    order.add_argument("--history", action="store_true", help="what was done by hand, newest first")
    reconcile.add_argument("--by", default=os.environ.get("USER", "operator"), help="who orders it (default: you)")
    reconcile.epilog = "Exit codes: 0 all agree (or it is mended), 1 something was found, or somebody was not heard."
    reconcile.set_defaults(run=_reconcile)

    backup = commands.add_parser("backup", help="copy the embedded store, beside a gateway that serves too")
    _config(backup)
    backup.add_argument("folder", type=Path, metavar="DIR", help="a folder that is not there yet")
    backup.epilog = "Exit codes: 0 all of it is there and was looked over, 1 there is nothing, and why."
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="put a backup where the configuration has the store; no gateway runs")
    _config(restore)
    restore.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="what `gateway backup` wrote")
    restore.add_argument("--replace", action="store_true", help="put what is there now aside, under another name")
    restore.add_argument("--done", action="store_true", help="it was put back by other means: have gateways know")
    restore.epilog = "Exit codes: 0 restored, 1 nothing was changed, and why."
    restore.set_defaults(run=_restore)

    schema = commands.add_parser("schema", help="print the schema (SDL)")
    schema.set_defaults(run=_schema)

    adapters = commands.add_parser("adapters", help="list installed adapters")
    adapters.set_defaults(run=_adapters)

    new = commands.add_parser("new-adapter", help="write an adapter that passes its suites, to be made a vendor's own")
    new.add_argument("name", help="as configurations will call it, such as `acme`")
    new.add_argument("--ports", type=names, required=True, help="data domains that it serves: product,price,stock")
    new.add_argument("--protocol", required=True, help="rest, graphql or jsonrpc")
    new.add_argument("--package", type=Path, metavar="DIR", help="a package of its own (default: into this checkout)")
    new.epilog = "Exit codes: 0 written, 1 nothing was written, and why."
    new.set_defaults(run=_new_adapter)
    return parser


def _config(parser: argparse.ArgumentParser) -> None:
    given = os.environ.get(CONFIG_VARIABLE) or "gateway.toml"
    parser.add_argument(
        "--config", type=Path, default=Path(given), help=f"default: ${CONFIG_VARIABLE}, else gateway.toml"
    )


def _serve(options: argparse.Namespace) -> int:
    from gateway.app import build_app
    from gateway.http.serve import serve
    from gateway.settings import load_draft
    from gateway.validation import require

    draft = load_draft(options.config)
    asked = {name: value for name in ("host", "port") if (value := getattr(options, name)) is not None}
    settings = replace(draft.settings, server=replace(draft.settings.server, **asked))
    require(settings, found=draft.mistakes)
    print(_summary(settings, options), flush=True)
    return serve(build_app, settings, options.workers)


def _summary(settings: Settings, options: argparse.Namespace) -> str:
    """What an operator wants to see of a start, in one line."""
    state = settings.gateway.state.partition("+")[0].partition(":")[0]
    shared = ", redis" if settings.gateway.redis else ""
    return (
        f"gateway {installed_version()}: {options.config.resolve()}; "
        f"backends {', '.join(settings.backends) or 'none'}; "
        f"{options.workers} worker{'' if options.workers == 1 else 's'}; state {state}{shared}"
    )


def _check(options: argparse.Namespace) -> int:
    from gateway.check import check

    return asyncio.run(
        check(options.config, deep=options.deep, json=options.json, customer=options.customer, skus=options.sku)
    )


def _print_config(options: argparse.Namespace) -> int:
    from gateway.effective import print_config

    return print_config(options.config, options.diff)


def _demo(options: argparse.Namespace) -> int:
    if options.backends is not None:
        if options.port == 0:
            raise ConfigurationError("what is written for the gateway names its port: give `--port`", place="--port")
        from gateway.demo.backends import run_backends

        return asyncio.run(run_backends(options.backends, port=options.port))
    from gateway.demo.run import run_demo

    return asyncio.run(run_demo(once=options.once, data=options.data, port=options.port))


def _explain(options: argparse.Namespace) -> int:
    from gateway.explain import explain

    return asyncio.run(
        explain(
            options.config,
            options.query,
            options.variables,
            svg=options.svg,
            dry=options.dry,
            token=os.environ.get("GATEWAY_TOKEN"),
            personal=options.personal,
        )
    )


def _why(options: argparse.Namespace) -> int:
    from gateway.why import why
    from gateway.why.command import Question

    question = Question(
        options.what,
        options.sku,
        country=options.country,
        store=options.store,
        customer=options.customer,
        quantity=options.quantity,
    )
    return asyncio.run(why(options.config, question))


def _revoke(options: argparse.Namespace) -> int:
    from gateway.revoke import revoke

    print(asyncio.run(revoke(options.config, options.issuer, options.subject, options.token, restore=options.restore)))
    return 0


def _tasks(options: argparse.Namespace) -> int:
    from gateway.settings import load
    from gateway.tasks import close, show

    url = load(options.config).gateway.state
    if options.close or options.retry:
        return asyncio.run(close(url, options.close or options.retry, options.by, retry=bool(options.retry)))
    return asyncio.run(show(url, kind=options.kind, done=options.done, as_json=options.json))


def _checkouts(options: argparse.Namespace) -> int:
    from gateway.checkouts import journal, show
    from gateway.settings import load

    url = load(options.config).gateway.state
    if options.journal:
        return asyncio.run(journal(url, options.journal, as_json=options.json))
    return asyncio.run(show(url, stuck=options.stuck, as_json=options.json))


def _reconcile(options: argparse.Namespace) -> int:
    from gateway.reconcile import accept, history, look, repair
    from gateway.settings import load

    if options.repair is not None:
        return asyncio.run(repair(options.config, options.repair, options.by))
    if options.accept is not None:
        return asyncio.run(accept(options.config, options.accept, options.by))
    if options.history:
        return asyncio.run(history(load(options.config).gateway.state, as_json=options.json))
    return asyncio.run(look(options.config, days=options.days, as_json=options.json))


def _backup(options: argparse.Namespace) -> int:
    from gateway.backup import backup

    print(backup(options.config, options.folder, gateway=installed_version()))
    return 0


def _restore(options: argparse.Namespace) -> int:
    from gateway.backup import restore, restored

    if (options.folder is None) is not options.done:
        raise ConfigurationError("give either a folder or --done", place="restore")
    if options.done:
        print(asyncio.run(restored(options.config)))
        return 0
    print(restore(options.config, options.folder, replace=options.replace))
    return 0


def _schema(options: argparse.Namespace) -> int:
    from schema import build_schema

    print(build_schema().as_str())
    return 0


def _adapters(options: argparse.Namespace) -> int:
    from gateway.registry import installed_adapters, manifest_of

    for name in sorted(installed_adapters()):
        manifest = manifest_of(name, place=name)
        print(f"{name:12} {manifest.title} ({manifest.api_version}), {manifest.tier.value}")
    return 0


def _new_adapter(options: argparse.Namespace) -> int:
    from gateway.scaffold import chosen, new_adapter

    print(new_adapter(chosen(options.name, options.ports, options.protocol), package=options.package))
    return 0


if __name__ == "__main__":
    sys.exit(main())
