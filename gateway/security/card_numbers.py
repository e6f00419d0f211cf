"""Card numbers never enter: a value that looks like one is refused in free text, before anything keeps or passes it on.

Typed identifiers are exempt, because a tenth of all barcodes pass the same check digit: what is of type `ID`, of any
scalar but `String`, or in an argument or input field named for an identifier.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLSchema,
    GraphQLString,
    ObjectFieldNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_input_object_type,
    type_from_ast,
    visit,
)

from gateway.errors import BadInput

EXEMPT = frozenset(
    {"sku", "skus", "barcode", "barcodes", "gtin", "gtins", "ean", "upc", "isbn", "slug", "cursor", "after", "before"}
)
"""Names of arguments and input fields that hold identifiers, whatever their type; also those that end in `Id(s)`,
`Sku(s)`, `Key`, `Barcode(s)` or `Gtin(s)`."""
_EXEMPT_END = re.compile(r"(?:Ids?|Skus?|Key|Barcodes?|Gtins?|Cursor)$")

_RUN = re.compile(r"[0-9]+(?:[ .\-\u00a0\u202f][0-9]+)*")
"""Digits in groups, with single separators."""
_GROUP = re.compile(r"[0-9]+")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_card_number(digits: str) -> bool:
    """Digits that begin and are as long as payment cards' are, with their check digit (ISO/IEC 7812, Luhn)."""
    length = len(digits)
    if length == 13:
        # No scheme issues these any more, and people type barcodes into search boxes.
        fits = digits[0] == "4" and not _is_barcode(digits)
    elif length == 14:
        fits = digits[:2] in ("30", "36", "38", "39")
    elif length == 15:
        fits = digits[:2] in ("34", "37") or digits[0] in "56"
    else:
        fits = 16 <= length <= 19
    return fits and passes_luhn(digits)


def _is_barcode(digits: str) -> bool:
    """The check digit of a GTIN-13, which weighs the other way round."""
    return sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits)) % 10 == 0


def passes_luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        total += _DOUBLED[number] if position % 2 else number
    return total % 10 == 0


def holds_card_number(text: str) -> bool:
    """Whether a text contains what looks like one."""
    return len(text) >= 13 and any(True for _ in _spans(_western(text)))


def redacted(text: str) -> str:
    """The text with every such number replaced."""
    parts: list[str] = []
    end = 0
    for start, stop in _spans(_western(text)):
        parts += [text[end:start], "[card number]"]
        end = stop
    return "".join((*parts, text[end:]))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand: any neighbouring groups of digits together, because an expiry date may follow."""
    for run in _RUN.finditer(text):
        groups = list(_GROUP.finditer(text, run.start(), run.end()))
        free_from = 0
        for first, group in enumerate(groups):
            digits = ""
            for last in range(first, len(groups) if group.start() >= free_from else first):
                digits += groups[last].group()
                if len(digits) > 19:
                    break
                if is_card_number(digits):
                    free_from = groups[last].end()
                    yield group.start(), free_from
                    break


def _western(text: str) -> str:
    """Digits of other scripts as ASCII digits, sign for sign: typed on an Arabic keyboard it is the same number."""
    if text.isascii():
        return text
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)


def refuse(text: str) -> None:
    if holds_card_number(text):
        raise BadInput("This looks like a card number. Card numbers are never accepted here.")


class FreeText:
    """Where a document takes free text: refuses one with a card number written into it (BadInput), and knows which of
    its variables can bring one."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        info = TypeInfo(schema)
        reader = _Reader(info)
        visit(document, TypeInfoVisitor(info, reader))
        self._variables: dict[str, Any] = {}
        for definition in document.definitions:
            if not isinstance(definition, OperationDefinitionNode):
                continue
            for variable in definition.variable_definitions or ():
                name = variable.variable.name.value
                kind = get_named_type(type_from_ast(schema, variable.type))
                if name in reader.free and kind is not None and _can_hold_text(kind, set()):
                    self._variables[name] = kind

    def check(self, variables: Mapping[str, Any]) -> None:
        """Raises BadInput."""
        for name, kind in self._variables.items():
            if name in variables:
                for text in _texts(variables[name], kind):
                    refuse(text)


class _Reader(Visitor):
    """`free`: the variables that are used in at least one place that is not exempt."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.free: set[str] = set()

    def enter_string_value(self, node: StringValueNode, _key: Any, parent: Any, _path: Any, ancestors: Any) -> None:
        kind = self._info.get_input_type()
        typed = kind is not None and get_named_type(kind) is not GraphQLString
        if not typed and not is_exempt(_place(parent, ancestors)):
            refuse(node.value)

    def enter_variable(self, node: VariableNode, _key: Any, parent: Any, _path: Any, ancestors: Any) -> None:
        if not isinstance(parent, VariableDefinitionNode) and not is_exempt(_place(parent, ancestors)):
            self.free.add(node.name.value)


def _place(parent: Any, ancestors: list[Any]) -> str:
    """The name of the argument or input field a value stands in, through lists."""
    for node in (parent, *reversed(ancestors)):
        if isinstance(node, ArgumentNode | ObjectFieldNode):
            return node.name.value
    return ""


def is_exempt(name: str) -> bool:
    return name in EXEMPT or _EXEMPT_END.search(name) is not None


def _can_hold_text(kind: Any, seen: set[str]) -> bool:
    if kind is GraphQLString:
        return True
    if not is_input_object_type(kind) or kind.name in seen:
        return False
    seen.add(kind.name)
    return any(
        not is_exempt(name) and _can_hold_text(get_named_type(field.type), seen) for name, field in kind.fields.items()
    )


def _texts(value: Any, kind: Any) -> Iterator[str]:
    """The free text in a value. The shape may be wrong: coercion says so afterwards."""
    waiting: list[tuple[Any, Any]] = [(value, kind)]
    while waiting:
        value, kind = waiting.pop()
        if isinstance(value, list):
            waiting.extend((entry, kind) for entry in cast("list[Any]", value))
        elif isinstance(value, str):
            if kind is GraphQLString:
                yield value
        elif isinstance(value, dict) and is_input_object_type(kind):
            fields = kind.fields
            for name, entry in cast("dict[str, Any]", value).items():
                field = fields.get(name)
                if field is not None and not is_exempt(name):
                    waiting.append((entry, get_named_type(field.type)))
