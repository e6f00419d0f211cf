"""`make check`: the printed schema is the committed one, every part of it is described, somebody has decided who may
read each field, and no vendor has crept in.

`python -m tests.check_schema --write` prints the schema anew."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
    is_specified_scalar_type,
)

import schema
from gateway.execution.declare.checks import check_schema, graphql_schema

ROOT = Path(__file__).resolve().parent.parent
PRINTED = ROOT / "schema" / "schema.graphql"
AUTHORISATION = ROOT / "tests" / "schema" / "authorisation.txt"
OWNERS = ROOT / "gateway" / "checkout" / "README.md"
VENDORS = re.compile(r"\b(shopify|odoo|square|hubspot|vendure|salesforce|sap|magento|lightspeed|netsuite)\b", re.I)


def main() -> int:
    built = schema.build_schema()
    check_schema(built)
    printed = built.as_str().rstrip() + "\n"
    if "--write" in sys.argv:
        PRINTED.write_text(printed, "utf-8")
    core = graphql_schema(built)
    problems = [*undescribed(core), *unlisted(core), *vendor_names()]
    if Path(schema.__file__).resolve().parent != ROOT / "schema":
        problems.append(f"the module `schema` is not ours but {schema.__file__}")
    if not PRINTED.is_file() or PRINTED.read_text("utf-8") != printed:
        problems.append("schema/schema.graphql is not what the code prints: python -m tests.check_schema --write")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def undescribed(core: GraphQLSchema) -> Iterator[str]:
    """Every type, field, argument, input field and value of an enum without a description."""
    for kind in core.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        if not kind.description:
            yield f"{kind.name} has no description"
        if is_object_type(kind) or is_interface_type(kind):
            for name, field in kind.fields.items():
                if not field.description:
                    yield f"{kind.name}.{name} has no description"
                for argument, defined in field.args.items():
                    if not defined.description:
                        yield f"{kind.name}.{name}({argument}:) has no description"
        elif is_input_object_type(kind):
            for name, field in kind.fields.items():
                if not field.description:
                    yield f"{kind.name}.{name} has no description"
        elif is_enum_type(kind):
            yield from (
                f"{kind.name}.{name} has no description" for name, value in kind.values.items() if not value.description
            )


def unlisted(core: GraphQLSchema) -> Iterator[str]:
    """Fields that nobody has decided on in `authorisation.txt`, and lines there whose field is gone."""
    listed = {line.split()[0] for line in AUTHORISATION.read_text("utf-8").splitlines() if line and line[0] != "#"}
    fields = {
        f"{kind.name}.{name}"
        for kind in core.type_map.values()
        if is_object_type(kind) and not is_introspection_type(kind)
        for name in kind.fields
    }
    for field in sorted(fields - listed):
        yield f"{field}: who may read it? Add `{field} public|personal|owner|staff` to tests/schema/authorisation.txt"
    for field in sorted(listed - fields):
        yield f"{field} is gone from the schema: take its line out of tests/schema/authorisation.txt"


def vendor_names() -> Iterator[str]:
    """Vendors belong to `adapters/`, to the demo's configuration, and to the head of the table of what each can do as
    an owner of orders, which a test compares with the adapters."""
    for folder in ("gateway", "schema"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in {".py", ".md", ".ftl", ".graphql"} or (ROOT / "gateway" / "demo") in file.parents:
                continue
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                if file == OWNERS and line.startswith("| capability |"):
                    continue
                if found := VENDORS.search(line):
                    yield f"{file.relative_to(ROOT)}:{number} names a vendor: {found.group()}"


if __name__ == "__main__":
    sys.exit(main())
