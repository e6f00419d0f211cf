"""Templates to the files of one adapter. Templates are text with `string.Template` names, package data beside this
file; a line that is one name and comes to nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from string import Template

from gateway.scaffold.choices import Choice
from gateway.scaffold.imports import in_order
from gateway.scaffold.ports import Port

HEAD = "adapters."
PROTOCOL_TITLES = {"rest": "JSON over REST", "graphql": "GraphQL", "jsonrpc": "JSON-RPC 2.0"}
QUIRKS = {
    "rest": "- Lists are read with POST: a filter may be longer than a URL.",
    "graphql": "- A wrong token is an error under the status 200; cursors are ids.",
    "jsonrpc": "- Every refusal is an error under the status 200; a wrong token is -32001.",
}
_ALONE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def source_files(choice: Choice, package: str) -> dict[str, str]:
    """Of the adapter's own folder, by path within it."""
    names = _names(choice, package)
    found = {
        "__init__.py": "common/__init__.py",
        "config.py": "common/config.py",
        "manifest.py": "common/manifest.py",
        "probe.py": "common/probe.py",
        "client.py": f"{choice.protocol}/client.py",
        "errors.py": f"{choice.protocol}/errors.py",
        "sandbox/__init__.py": "common/sandbox/__init__.py",
        "sandbox/listing.py": "common/sandbox/listing.py",
        "sandbox/server.py": f"{choice.protocol}/sandbox/server.py",
    }
    rendered = {path: _rendered(template, names) for path, template in found.items()}
    for port in choice.ports:
        own = {**names, "listing": _listing(port, choice.protocol)}
        rendered[f"{port.name}.py"] = _rendered(f"ports/{port.name}/port.py", own)
        if port.listing:
            rendered[f"sandbox/{port.name}.py"] = _rendered(f"ports/{port.name}/sandbox.py", own)
    return rendered | {"README.md": _rendered("common/README.md", names)}


def suite_files(choice: Choice, package: str) -> dict[str, str]:
    names = _names(choice, package)
    return {f"{name}.py": _rendered(f"tests/{name}.py", names) for name in ("test_conformance", "test_reading")}


def project_file(choice: Choice, package: str) -> str:
    return _rendered("package/pyproject.toml", _names(choice, package))


def _rendered(path: str, names: Mapping[str, str]) -> str:
    lines: list[str] = []
    for line in _text(f"{path}.txt").splitlines():
        alone = _ALONE.fullmatch(line.strip())
        value = names[alone[1] or alone[2]] if alone else Template(line).substitute(names)
        if value or not alone:
            lines.append(value)
    text = "\n".join(lines) + "\n"
    text = text.replace(f"{HEAD}{names['name']}", names["package"])
    return in_order(text, names["package"]) if path.endswith(".py") else text


def _text(path: str) -> str:
    return files("gateway.scaffold").joinpath("templates", *path.split("/")).read_text("utf-8")


def _names(choice: Choice, package: str) -> dict[str, str]:
    ports, protocol = choice.ports, choice.protocol
    listed = [port for port in ports if port.listing]
    modules = ", ".join(sorted(port.name for port in listed))
    own = f"{HEAD}{choice.name}"

    def lines(of: Callable[[Port], str]) -> str:
        return "\n".join(of(port) for port in ports)

    return {
        "name": choice.name,
        "Class": choice.class_name,
        "Title": choice.title,
        "CAPS": choice.name.upper(),
        "package": package,
        "distribution": package.replace("_", "-"),
        "host": choice.name.replace("_", "-"),
        "version": _own_version(),
        "protocol_title": PROTOCOL_TITLES[protocol],
        "manifest_imports": "\n".join(
            [f"from {own}.probe import VersionProbe", *(f"from {own}.{each.name} import {each.made}" for each in ports)]
        ),
        "ports": _tuple_of_ports(ports),
        "operations": lines(lambda port: _text(f"ports/{port.name}/operations.txt").rstrip()),
        "operations_table": "\n".join(
            f"| `{name}` | {requests} | `{_address(port, protocol)}` |"
            for port in ports
            for name, requests in port.operations.items()
        ),
        "quirks": "\n".join(
            [
                QUIRKS[protocol],
                *(f"- {why[0].upper()}{why[1:]}." for why in dict.fromkeys(_impossible(choice).values())),
            ]
        ),
        "sandbox_imports": f"from {own}.sandbox import {modules}\nfrom {own}.sandbox.listing import Listing, Refused",
        "listings": "\n".join(
            f'    "{port.listing if protocol == "graphql" else _address(port, protocol)}": {port.name}.LISTING,'
            for port in listed
        ),
        "sdl_fields": "\n".join(
            f"  {port.listing}(filter: {port.node}Filter!, first: Int!, after: ID): {port.node}Connection!"
            for port in listed
        ),
        "sdl_types": "\n".join(_text(f"ports/{port.name}/schema.txt").rstrip() for port in listed),
        **_of_tests(choice, own),
    }


def _tuple_of_ports(ports: Sequence[Port]) -> str:
    made = [f"{port.made}(env, client)," for port in ports]
    if len(made) == 1:
        return f"        ports=({made[0]}),"
    return "\n".join(["        ports=(", *(f"            {each}" for each in made), "        ),"])


def _of_tests(choice: Choice, own: str) -> dict[str, str]:
    first = choice.ports[0]
    impossible = _impossible(choice)
    reasons = "\n".join(f'            "{fact}": "{why}",' for fact, why in impossible.items())
    stated = [
        f"        impossible = {{\n{reasons}\n        }}",
        "        return replace(example_facts(self.named), impossible=impossible)",
    ]
    return {
        "replace_import": "from msgspec.structs import replace" if impossible else "",
        "facts": "\n".join(stated) if impossible else "        return example_facts(self.named)",
        "suites": "\n\n\n".join(
            f"class Test{port.made}({choice.class_name}, suites.{port.suite}): ..." for port in choice.ports
        ),
        "std_imports": "\n".join(each for each in first.imports if each.startswith("from decimal")),
        "own_imports": "\n".join(
            [
                f"from {own}.manifest import MANIFEST",
                f"from {own}.sandbox import create",
                "from gateway.errors import CredentialsRefused",
                "from gateway.model.context import CallContext, CommerceContext",
                "from gateway.testing.conformance.example import example_seed",
                "from gateway.testing.connecting import connect",
                *(each for each in first.imports if not each.startswith("from decimal")),
            ]
        ),
        "nothing": "" if first.name == "price" else 'NOTHING = CommerceContext("GB", "GBP", "en").only(frozenset())',
        "example": _text(f"ports/{first.name}/test_reading.py.txt").rstrip(),
    }


def _impossible(choice: Choice) -> dict[str, str]:
    return {fact: why for port in choice.ports for fact, why in port.impossible.items()}


def _address(port: Port, protocol: str) -> str:
    """How the vendor calls the list that answers a port; products are searched in their own."""
    listing = port.listing or "products"
    return {"rest": f"/v1/{listing}/search", "jsonrpc": f"{listing}.list"}.get(protocol, listing)


def _listing(port: Port, protocol: str) -> str:
    if not port.listing:
        return ""
    if protocol != "graphql":
        return f'{port.constant} = "{_address(port, protocol)}"'
    nodes = _text(f"ports/{port.name}/nodes.txt").rstrip()
    return (
        f'{port.constant} = """\n'
        f"query {port.constant.capitalize()}($filter: {port.node}Filter!, $first: Int!, $after: ID) {{\n"
        f"  page: {port.listing}(filter: $filter, first: $first, after: $after) {{\n"
        f"    nodes {{\n{nodes}\n    }}\n"
        "    pageInfo { hasNextPage endCursor }\n"
        "  }\n"
        '}\n"""'
    )


def _own_version() -> str:
    try:
        return version("headless-commerce-gateway")
    except PackageNotFoundError:
        return "0.1.0"
