"""`make check`: the printed schema is the committed one, every part of it is described, and no vendor has crept in.

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
from gateway.execution.checks import check_schema, graphql_schema

ROOT = Path(__file__).resolve().parent.parent
PRINTED = ROOT / "schema" / "schema.graphql"
VENDORS = re.compile(r"\b(shopify|odoo|square|hubspot|vendure|salesforce|sap|magento|lightspeed|netsuite)\b", re.I)


def main() -> int:
    built = schema.build_schema()
    check_schema(built)
    printed = built.as_str().rstrip() + "\n"
    if "--write" in sys.argv:
        PRINTED.write_text(printed, "utf-8")
    problems = list(undescribed(graphql_schema(built))) + list(vendor_names())
    if Path(schema.__file__).resolve().parent != ROOT / "schema":
        problems.append(f"the module `schema` is not ours but {schema.__file__}")
    if not PRINTED.is_file() or PRINTED.read_text("utf-8") != printed:
        problems.append("schema/schema.graphql is not what the code prints: python -m tests.check_schema --write")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def undescribed(core: GraphQLSchema) -> Iterator[str]:
    """Every type, field, argument and input field without a description."""
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
            continue  # an enum's own description names its members


def vendor_names() -> Iterator[str]:
    """Vendors belong to `adapters/` and to the demo's configuration."""
    for folder in ("gateway", "schema"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in {".py", ".md", ".ftl", ".graphql"} or (ROOT / "gateway" / "demo") in file.parents:
                continue
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                if found := VENDORS.search(line):
                    yield f"{file.relative_to(ROOT)}:{number} names a vendor: {found.group()}"


if __name__ == "__main__":
    sys.exit(main())
