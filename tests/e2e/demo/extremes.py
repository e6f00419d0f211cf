"""Values at the edges of what JSON and GraphQL can write, for every argument and input field of a schema: as literals,
as variables, and as variables that nothing uses."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)


class Case(NamedTuple):
    """One request: a document and the JSON text of its variables."""

    name: str
    query: str
    variables: str

    def body(self) -> bytes:
        return b'{"query":%s,"variables":%s}' % (json.dumps(self.query).encode(), self.variables.encode())


class Value(NamedTuple):
    """As it is written in a document, and in JSON; None where it cannot be."""

    literal: str | None
    json: str | None


def node_id(*parts: str) -> str:
    return base64.urlsafe_b64encode("\x1f".join(("1", *parts)).encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def texts() -> Iterator[str]:
    """Strings that somebody takes for something else."""
    yield from ("", " ", "\0", "a\0b", "\n", "\x1f", "\u202e", "\ufeff", "\uffff", "\U0010ffff", "é" * 300, "²0", "٣")
    yield from ("1" * 400, "-1", "+1", "0x10", "1_0", "1e5", "NaN", "%", "%00", "*", '"', "'", "\\", "a:b OR 1=1", "(")
    yield from ("../../etc/passwd", "{{7*7}}", "<script>", "x" * 300, "x" * 20_000, "a-" * 5_000, "null", "true", "[]")
    yield from (node_id(kind, scheme, space, value) for kind, scheme, space, value in _ids())
    yield from (node_id("Product")[:-3], "=" * 8, "MQ", "____", "A" * 600)


def _ids() -> Iterator[tuple[str, str, str, str]]:
    for kind in ("Product", "Variant", "Store", "Customer", "Order", "Category", "Collection", "LoyaltyAccount", "X"):
        for scheme, space in (("native", "erp"), ("native", "shop"), ("native", "till-uk"), ("sku", ""), ("name", "")):
            yield kind, scheme, space, "²0"
    for native in (
        "0",
        "-1",
        "9" * 20,
        str(2**31),
        str(2**63),
        "1.5",
        "1e9",
        " 1",
        "1\n",
        "\0",
        "gid://x/y/1",
        "a\x1eb",
    ):
        for space in ("erp", "shop", "crm", "till-uk", "till-jp", "nobody"):
            yield "Product", "native", space, native
            yield "Order", "native", space, native


INSTANTS = tuple(
    f"{moment}{zone}"
    for moment in (
        "0001-01-01T00:00:00", "0001-01-02T12:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59.999999",
        "1000-02-29T00:00:00", "1900-02-28T23:59:60", "2026-02-29T00:00:00", "2026-03-29T01:30:00",
        "2026-12-01T24:00:00",
        "0000-01-01T00:00:00", "10000-01-01T00:00:00", "-0001-01-01T00:00:00", "1969-12-31T23:59:59",
    )
    for zone in ("Z", "+00:00", "-00:00", "+14:00", "-12:00", "+23:59", "-23:59", "+24:00", "-99:99", "")
)  # fmt: skip

NUMBERS = (
    "0", "-0", "1", "-1", "2147483647", "2147483648", "-2147483648", "-2147483649", "9007199254740993",
    str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**64),
    "1" + "0" * 400, "9" * 4_299, "9" * 4_301, "-" + "9" * 4_301,
    "1.5", "1.0", "1e5", "1E+308", "1e309", "-1e309", "1e-400", "1e999999", "1e-999999", "1e99999999999999999999",
    "0." + "1" * 5_000, "1" * 5_000 + "." + "1" * 5_000,
)  # fmt: skip
DECIMALS = (
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1E+999999",
    "1E-999999",
    "1E+999999999999999999",
    "9" * 5_000,
    "-0",
)
DEPTHS = (2, 100, 254, 260, 500, 1_000)


def values() -> Iterator[tuple[str, Value]]:
    for number in NUMBERS:
        yield f"number {_short(number)}", Value(number, number)
    for place, text in enumerate(texts()):
        written = json.dumps(text)
        yield f"text {place} {_short(text)}", Value(written if "\\ud" not in written else None, written)
    for text in (*INSTANTS, *DECIMALS):
        yield f"text {_short(text)}", Value(json.dumps(text), json.dumps(text))
    for surrogate in ('"\\ud800"', '"\\udfff"', '"\\udc00\\ud800"', '"a\\ud83d"'):
        yield f"surrogate {surrogate}", Value(surrogate, surrogate)
    for word in ("null", "true", "false"):
        yield word, Value(word, word)
    yield "an enum of no enum", Value("NOBODY", '"NOBODY"')
    for depth in DEPTHS:
        yield f"{depth} lists", Value("[" * depth + "]" * depth, "[" * depth + "]" * depth)
        yield f"{depth} objects", Value("{a:" * depth + "1" + "}" * depth, '{"a":' * depth + "1" + "}" * depth)
    yield "many entries", Value(f"[{', '.join(['1'] * 290)}]", f"[{', '.join(['1'] * 20_000)}]")
    yield "many texts", Value(None, json.dumps([f"t{number}" for number in range(5_000)]))
    yield "many names", Value(None, json.dumps({f"n{number}": number for number in range(5_000)}))


def _short(text: str) -> str:
    return repr(text if len(text) < 40 else f"{text[:20]}... ({len(text)})")


class Extremes:
    """Requests for every argument of a schema. `samples` are values that make sense, by argument or type, for what has
    to stand around the one that does not; `paths` lead to instances of types that are not met at once, with `@` where
    their fields belong."""

    def __init__(self, schema: GraphQLSchema, samples: Mapping[str, str], paths: Mapping[str, str]) -> None:
        self._schema = schema
        self._samples = samples
        self._paths = {**self._found_paths(), **paths}

    def places(self) -> Iterator[tuple[str, str, Any, str]]:
        """What it is called, a document with `%s` for the value, and its type."""
        for kind in self._schema.type_map.values():
            if not is_object_type(kind) or kind.name not in self._paths:
                continue
            for name, field in kind.fields.items():
                for argument, definition in field.args.items():
                    for hole, expected, inside in self._holes(definition.type, ()):
                        others = [
                            f"{other}: {self._sample(other, given.type)}"
                            for other, given in field.args.items()
                            if other != argument and is_required_argument(given)
                        ]
                        written = ", ".join([*others, f"{argument}: {hole}"])
                        below = self._below(field.type)
                        document = self._paths[kind.name].replace("@", f"{name}({written}) {below}")
                        yield f"{kind.name}.{name}({'.'.join((argument, *inside))})", document, expected, ""
        for directive in self._schema.directives:
            if directive.name == "inContext":
                for argument, definition in directive.args.items():
                    yield (
                        f"@{directive.name}({argument})",
                        "{ __typename }",
                        definition.type,
                        (f"@{directive.name}({argument}: %s)"),
                    )

    def cases(self) -> Iterator[Case]:
        every = list(values())
        for place, document, expected, head in self.places():
            for name, value in every:
                if value.literal is not None:
                    written = document.replace("%s", value.literal)
                    yield Case(
                        f"{place} literally {name}", f"query {head.replace('%s', value.literal)} {written}", "{}"
                    )
                if value.json is not None:
                    text = f"query ($v: {expected}) {head.replace('%s', '$v')} {document.replace('%s', '$v')}"
                    yield Case(f"{place} as a variable {name}", text, f'{{"v":{value.json}}}')
        for name, value in every:
            if value.json is not None:
                yield Case(f"unused {name}", "{ __typename stores(first: 1) { totalCount } }", f'{{"v":{value.json}}}')
                text = "query ($v: Int) { __typename }"
                yield Case(f"declared and unused {name}", text, f'{{"v":{value.json}}}')

    def _holes(self, kind: Any, inside: tuple[str, ...]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
        """The value itself, and each field of an input object in its place."""
        yield "%s", kind, inside
        named = get_nullable_type(kind)
        listed = is_list_type(named)
        named = get_named_type(kind)
        if not is_input_object_type(named):
            return
        for name, field in named.fields.items():
            others = [
                f"{other}: {self._sample(other, given.type)}"
                for other, given in named.fields.items()
                if other != name and is_required_input_field(given) and not named.is_one_of
            ]
            for hole, expected, below in self._holes(field.type, (*inside, name)):
                written = "{" + ", ".join([*others, f"{name}: {hole}"]) + "}"
                yield f"[{written}]" if listed else written, expected, below

    def _sample(self, name: str, kind: Any) -> str:
        named = get_named_type(kind)
        found = self._samples.get(name) or self._samples.get(named.name)
        if found is not None:
            return found
        if is_enum_type(named):
            return next(iter(named.values))
        if is_input_object_type(named):
            inner = [
                f"{one}: {self._sample(one, field.type)}"
                for one, field in named.fields.items()
                if is_required_input_field(field)
            ]
            return "{" + ", ".join(inner) + "}"
        return {"Int": "1", "Float": "1.5", "Boolean": "true"}.get(named.name, '"x"')

    def _below(self, kind: Any) -> str:
        return "{ __typename }" if is_composite_type(get_named_type(kind)) else ""

    def _found_paths(self) -> dict[str, str]:
        """To each type the shortest way from the root, with `@` where a field of it belongs."""
        root: Any = self._schema.query_type
        paths = {root.name: "{ @ }"}
        waiting: list[Any] = [root]
        while waiting:
            kind = waiting.pop(0)
            for name, field in sorted(kind.fields.items()):
                named = get_named_type(field.type)
                below: Sequence[Any] = self._schema.get_possible_types(named) if _is_abstract(named) else (named,)
                for one in below:
                    if not is_object_type(one) or one.name in paths:
                        continue
                    required = [
                        f"{argument}: {self._sample(argument, given.type)}"
                        for argument, given in field.args.items()
                        if is_required_argument(given) or argument in self._samples
                    ]
                    arguments = f"({', '.join(required)})" if required else ""
                    inner = "{ @ }" if one is named else f"{{ ... on {one.name} {{ @ }} }}"
                    paths[one.name] = paths[kind.name].replace("@", f"{name}{arguments} {inner}")
                    waiting.append(one)
        return paths


def _is_abstract(kind: Any) -> bool:
    return is_composite_type(kind) and not is_object_type(kind)
