"""The commands: `gateway serve | check | demo | explain | revoke | schema | adapters`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from gateway.errors import ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a problem the command found, 2 a mistake in the command line."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ConfigurationError as error:
        print(f"configuration: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="One GraphQL schema over a retailer's own systems.")
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="serve the schema")
    _config(serve)
    serve.add_argument("--host", help="address to listen on (default: the configuration's)")
    serve.add_argument("--port", type=int, help="port to listen on (default: the configuration's)")
    serve.add_argument("--workers", type=int, default=1, help="processes, one per core (default: 1)")
    serve.set_defaults(run=_serve)

    check = commands.add_parser("check", help="open every backend and say what is wrong")
    _config(check)
    check.add_argument(
        "--sku",
        action="append",
        default=[],
        help="compare the prices of this SKU, in place of some at random; repeatable",
    )
    check.set_defaults(run=_check)

    demo = commands.add_parser("demo", help="a sandbox retailer on this machine")
    demo.add_argument("--port", type=int, default=8000)
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
    explain.epilog = "GATEWAY_TOKEN in the environment asks as somebody."
    explain.set_defaults(run=_explain)

    revoke = commands.add_parser("revoke", help="refuse a credential from now on, such as a stolen kiosk's")
    _config(revoke)
    revoke.add_argument("issuer", help="the issuer, as the token's `iss` says it")
    revoke.add_argument("subject", help="the token's `sub`")
    revoke.add_argument("--token", help="only the token with this `jti` (default: every one of the subject)")
    revoke.add_argument("--restore", action="store_true", help="take it back")
    revoke.set_defaults(run=_revoke)

    schema = commands.add_parser("schema", help="print the schema (SDL)")
    schema.set_defaults(run=_schema)

    adapters = commands.add_parser("adapters", help="list installed adapters")
    adapters.set_defaults(run=_adapters)
    return parser


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("gateway.toml"), help="default: gateway.toml")


def _serve(options: argparse.Namespace) -> int:
    from gateway.app import build_app
    from gateway.http.serve import serve
    from gateway.settings import load

    settings = load(options.config)
    asked = {name: value for name in ("host", "port") if (value := getattr(options, name)) is not None}
    return serve(build_app, replace(settings, server=replace(settings.server, **asked)), options.workers)


def _check(options: argparse.Namespace) -> int:
    from gateway.check import check

    return asyncio.run(check(options.config, options.sku))


def _demo(options: argparse.Namespace) -> int:
    if options.backends is not None:
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
        )
    )


def _revoke(options: argparse.Namespace) -> int:
    from gateway.settings import load
    from gateway.state.database import Database
    from gateway.state.revocations import StoredRevocations

    async def change() -> None:
        database = await Database.open(load(options.config).gateway.state)
        try:
            revocations = StoredRevocations(database)
            if options.restore:
                await revocations.restore(options.issuer, options.subject)
            else:
                await revocations.revoke(options.issuer, options.subject, options.token)
        finally:
            await database.close()

    asyncio.run(change())
    print("restored" if options.restore else "revoked: refused everywhere within seconds")
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


if __name__ == "__main__":
    sys.exit(main())
