"""Card numbers never enter: a value that looks like one is refused in free text, before anything keeps or passes it on.

Typed identifiers are exempt, because a tenth of all barcodes pass the same check digit: what is of type `ID`, of any
scalar but `String`, or in an argument or input field named for an identifier.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLArgument,
    GraphQLSchema,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    type_from_ast,
)

from gateway.errors import BadInput, LimitExceeded
from gateway.graph.walk import Definition, walk

EXEMPT = frozenset(
    {"sku", "skus", "barcode", "barcodes", "gtin", "gtins", "ean", "upc", "isbn", "slug", "cursor", "after", "before"}
)
"""Names of arguments and input fields that hold identifiers, whatever their type; also those that end in `Id(s)`,
`Sku(s)`, `Key`, `Barcode(s)` or `Gtin(s)`."""
_EXEMPT_END = re.compile(r"(?:Ids?|Skus?|Key|Barcodes?|Gtins?|Cursor)$")

_BETWEEN = r"\s.\-_/\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufe58\ufe63\uff0d\ufeff"
"""What people, and the pages they copy from, put between groups: any blanks and dashes, and what is not seen."""
_RUN = re.compile(r"[0-9]+(?:[\W_]{1,3}[0-9]+)*")
"""Digits in groups, with a few signs at most between them that are no letters."""
_PLAIN = re.compile(rf"[{_BETWEEN}]+")
_GROUP = re.compile(r"[0-9]+")
_ISSUED = re.compile(r"3|4|5|6|22(?:0[0-4]|2[1-9]|[3-9])|2[3-6]|27[01]|2720|8[126]|9(?:112|792|860)")
"""How numbers begin that card schemes give out. Asked where the signs between groups are a list's as well."""
_SCHEMES = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    r"|3[47][0-9]{13}|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14}|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}"
)
"""Visa, Mastercard, American Express, Diners Club, JCB, Discover."""
_SHAPES = frozenset({(4, 6, 5), (4, 6, 4)})
SHORTEST, LONGEST = 13, 19
MOST_TEXT = 16_384
"""Characters of free text in the variables of one request: as many as a document may have."""
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _may_begin_and_be(digits: str) -> bool:
    """Digits that begin and are as long as payment cards' are (ISO/IEC 7812)."""
    length = len(digits)
    if length == 13:
        # No scheme issues these any more, and people type barcodes into search boxes.
        return digits[0] == "4" and not _is_barcode(digits)
    if length == 14:
        return digits[:2] in ("30", "36", "38", "39")
    if length == 15:
        return digits[:2] in ("34", "37") or digits[0] in "56"
    return 16 <= length <= LONGEST


def _grouped_as_a_card(lengths: Sequence[int]) -> bool:
    """As they are printed on one: fours with a rest, American Express's and Diners' groups; or digit by digit. Other
    lists of numbers are not."""
    if len(lengths) == 1 or tuple(lengths) in _SHAPES or max(lengths) == 1:
        return True
    return set(lengths[:-1]) == {4} and lengths[-1] <= 4


def _is_barcode(digits: str) -> bool:
    """The check digit of a GTIN-13, which weighs the other way round."""
    return sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits)) % 10 == 0


def passes_luhn(digits: str) -> bool:
    """Whether the last is the check digit of the others."""
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


def is_payment_card(number: str) -> bool:
    """Whether digits, without anything between them, are a payment card's of the schemes that shoppers have: asked
    where the number of a card of another kind (a gift card) is expected. Gift cards' begin otherwise, though many of
    them pass the check digit, too."""
    return bool(_SCHEMES.fullmatch(number)) and passes_luhn(number)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand: any neighbouring groups of digits together, because an expiry date may follow. Where commas or
    other signs of a list stand between them, they are also grouped and begin as a card's."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() < SHORTEST:
            continue
        groups = list(_GROUP.finditer(text, run.start(), run.end()))
        digits = "".join(group.group() for group in groups)
        ends = list(accumulate(group.end() - group.start() for group in groups))
        passes = _luhn_of_parts(digits)
        listed = _listed(text, groups)
        free_from = start = 0
        last = 0
        for first, group in enumerate(groups):
            if group.start() >= free_from:
                last = max(last, first)
                while last < len(ends) and ends[last] - start < SHORTEST:
                    last += 1
                for upto in range(last, len(ends)):
                    if ends[upto] - start > LONGEST:
                        break
                    part = digits[start : ends[upto]]
                    if not (_may_begin_and_be(part) and passes(start, ends[upto])):
                        continue
                    lengths = [len(groups[each].group()) for each in range(first, upto + 1)]
                    if listed[upto] == listed[first] or (_ISSUED.match(part) and _grouped_as_a_card(lengths)):
                        free_from = groups[upto].end()
                        yield group.start(), free_from
                        break
            start = ends[first]


def _listed(text: str, groups: Sequence[re.Match[str]]) -> list[int]:
    """How many of the gaps up to each group have another sign in them than people put into one number."""
    gaps = (_PLAIN.fullmatch(text, left.end(), right.start()) is None for left, right in pairwise(groups))
    return [0, *accumulate(map(int, gaps))]


def _luhn_of_parts(digits: str) -> Callable[[int, int], bool]:
    """Whether a part of these digits passes, for any part, found out once for all: sums up to each place, with every
    second digit doubled, once the even ones and once the odd ones."""
    even, odd = [0], [0]
    for place, digit in enumerate(digits):
        number = ord(digit) - 48
        even.append(even[-1] + (number if place % 2 else _DOUBLED[number]))
        odd.append(odd[-1] + (_DOUBLED[number] if place % 2 else number))

    def passes(start: int, end: int) -> bool:
        sums = even if end % 2 == 0 else odd
        return (sums[end] - sums[start]) % 10 == 0

    return passes


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
        reader = _Reader(schema)
        kinds: dict[str, list[Any]] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                reader.selections(definition)
                for variable in definition.variable_definitions or ():
                    kind = type_from_ast(schema, variable.type)
                    reader.variable(variable, kind)
                    if kind is not None:
                        kinds.setdefault(variable.variable.name.value, []).append(get_named_type(kind))
            elif isinstance(definition, FragmentDefinitionNode):
                reader.selections(definition)
        # Operations of one document may give one name several types; which of them will run is not known here.
        free = {name: [kind for kind in kinds.get(name, ()) if _can_hold_text(kind, set())] for name in reader.free}
        self._variables = {name: some for name, some in free.items() if some}

    def check(self, variables: Mapping[str, Any]) -> None:
        """Raises BadInput, or LimitExceeded for more free text than is looked through in a few milliseconds."""
        left = MOST_TEXT
        for name, kinds in self._variables.items():
            for kind in kinds if name in variables else ():
                for text in _texts(variables[name], kind):
                    left -= len(text)
                    if left < 0:
                        raise LimitExceeded(f"The free texts in the variables have more than {MOST_TEXT} characters.")
                    refuse(text)


class _Reader:
    """Of a valid document. `free`: the variables that are used in at least one place that is not exempt."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.free: set[str] = set()

    def selections(self, definition: Definition) -> None:
        """All arguments within one definition."""
        self._described(definition)
        for step in walk(definition, self._schema):
            self._directives(step.node.directives)
            if isinstance(step.node, FieldNode) and step.node.arguments and step.field is not None:
                self._arguments(step.node.arguments, step.field.args)

    def variable(self, definition: VariableDefinitionNode, kind: Any) -> None:
        self._described(definition)
        if definition.default_value is not None:
            self._value(definition.default_value, kind, "")

    def _described(self, node: Definition | VariableDefinitionNode) -> None:
        if node.description is not None:
            refuse(node.description.value)
        self._directives(node.directives)

    def _directives(self, directives: Sequence[DirectiveNode] | None) -> None:
        for one in directives or ():
            directive = self._schema.get_directive(one.name.value)
            self._arguments(one.arguments or (), directive.args if directive is not None else {})

    def _arguments(self, arguments: Sequence[ArgumentNode], known: Mapping[str, GraphQLArgument]) -> None:
        for one in arguments:
            name = one.name.value
            self._value(one.value, known[name].type if name in known else None, name)

    def _value(self, written: ValueNode, expected: Any, place: str) -> None:
        """A value in an argument or input field of that name, where one of that type is expected; None for unknown."""
        waiting: list[tuple[ValueNode, Any, str]] = [(written, expected, place)]
        while waiting:
            value, kind, name = waiting.pop()
            if isinstance(value, StringValueNode):
                if (kind is None or get_named_type(kind) is GraphQLString) and not is_exempt(name):
                    refuse(value.value)
            elif isinstance(value, VariableNode):
                if not is_exempt(name):
                    self.free.add(value.name.value)
            elif isinstance(value, ListValueNode):
                items = None if kind is None else get_nullable_type(kind)
                item = items.of_type if is_list_type(items) else None
                waiting.extend((one, item, name) for one in value.values)
            elif isinstance(value, ObjectValueNode):
                named = None if kind is None else get_named_type(kind)
                fields = named.fields if is_input_object_type(named) else {}
                for one in value.fields:
                    field = fields.get(one.name.value)
                    waiting.append((one.value, None if field is None else field.type, one.name.value))


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
