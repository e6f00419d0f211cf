"""The small schema served by several workers, as `gateway serve` does it. usage: served_shop.py WORKERS [SERVER]

SERVER is JSON: keys of the section `[server]`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from conftest import doors_of, settings_of
from msgspec.structs import replace
from shop_schema import Opener

from gateway.http.app import Doors
from gateway.http.serve import serve
from gateway.settings import Settings

PROFILES = {"anonymous": {"touchpoint": "web", "default_country": "GB"}}


def factory(settings: Settings) -> Doors:
    return doors_of(settings, Opener())


def main() -> None:
    settings = settings_of(Path(tempfile.gettempdir()), profiles=PROFILES, api_keys={}, issuers={})
    server = replace(settings.server, port=0, drain_accept_seconds=0.2, drain_seconds=3.0)
    server = replace(server, **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
    serve(factory, replace(settings, server=server), int(sys.argv[1]), announce=lambda url: print(url, flush=True))


if __name__ == "__main__":
    main()
