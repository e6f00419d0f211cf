"""Documents that try to cost more than they weigh. Names are of the small schema, so that they get past validation
where they can; each is at most as large as the limits allow, or tries to be larger."""

from __future__ import annotations


def many(count: int, text: str) -> str:
    """The text so often, `#` numbered and `+` the next number."""
    return " ".join(text.replace("#", str(number)).replace("+", str(number + 1)) for number in range(count))


def nested(count: int, field: str, inner: str = "sku") -> str:
    return f"{field} {{ " * count + inner + " }" * count


def chained(count: int, body: str, last: str, kind: str = "Product") -> str:
    fragments = many(count, f"fragment F# on {kind} {{ {body} }}")
    return f"{fragments} fragment F{count} on {kind} {{ {last} }}"


START = '{ product(sku: "a") { ...F0 } }'
INTROSPECTION = "fields { type { fields { type { name } } } }"


def documents() -> dict[str, str]:
    return {
        "deep": f"{{ products {{ {nested(300, 'related')} }} }}",
        "deep to the limit of tokens": f"{{ products {{ {nested(490, 'related')} }} }}",
        "deeper than any parser": "{" + "a{" * 8_000,
        "deep inline fragments": f"{{ products {{ {nested(300, '... on Product')} }} }}",
        "deep lists": "{ product(sku: " + "[" * 700 + "]" * 700 + ") { sku } }",
        "deep objects": "mutation { note(input: " + "{a: " * 350 + "1" + "}" * 350 + ") }",
        "deep list types": "query ($v: " + "[" * 700 + "Int" + "]" * 700 + ") { deadline }",
        "many aliases": f"{{ {many(240, 'a#: products { sku }')} }}",
        "one field often": f"{{ products {{ {many(1_490, 'sku')} }} }}",
        "one object often": f"{{ products {{ {many(360, 'related { sku }')} }} }}",
        "one object often with different arguments": f"{{ {many(180, 'products(first: #) { sku }')} }}",
        "one alias for different fields": f"{{ products {{ {many(480, 'a: sku')} a: title }} }}",
        "nested pairs": "{ products { " + pairs(7) + " } }",
        "nested pairs with aliases": "{ products { " + pairs(6, "r#: related") + " } }",
        "unknown fields": f"{{ products {{ {many(1_490, 'u#')} }} }}",
        "unknown fields with near names": f"{{ products {{ {many(490, 'titl# skuu# cent#')} }} }}",
        "unknown arguments": f"{{ products({many(490, 'a#: 1')}) {{ sku }} }}",
        "unknown types": f"{{ {many(280, '... on T# { a }')} }}",
        "unknown fragments": f"{{ {many(740, '...F#')} }}",
        "unknown directives": f"{{ products {{ {many(490, 'sku @d#')} }} }}",
        "many directives in one place": f"{{ products {{ sku {many(740, '@skip(if: false)')} }} }}",
        "many directives": f"{{ products {{ {many(210, 'sku @skip(if: false)')} }} }}",
        "many variables": f"query ({many(360, '$v#: Int')}) {{ deadline }}",
        "many unused variables with defaults": f"query ({many(240, '$v#: Int = 1')}) {{ deadline }}",
        "one variable often": f"query ($v: Int) {{ {many(180, 'products(first: $v) { sku }')} }}",
        "one variable declared often": f"query ({many(360, '$v: Int')}) {{ deadline }}",
        "unknown variables": f"{{ {many(180, 'products(first: $v#) { sku }')} }}",
        "many operations": many(240, "query Q# { deadline }"),
        "many operations of one name": many(240, "query Q { deadline }"),
        "many unnamed operations": many(490, "{ deadline }"),
        "many fragments": "{ deadline } " + many(180, "fragment F# on Product { sku }"),
        "many fragments of one name": "{ deadline } " + many(180, "fragment F on Product { sku }"),
        "many fragments spread at once": f"{{ products {{ {many(150, '...F#')} }} }} "
        + many(150, "fragment F# on Product { sku }"),
        "one fragment spread often": f"{{ products {{ {many(700, '...F')} }} }} fragment F on Product {{ sku }}",
        "circular": START + many(140, "fragment F# on Product { ...F+ }") + " fragment F140 on Product { ...F0 }",
        "circular at once": "{ products { ...F } } fragment F on Product { related { ...F } }",
        "circular pairs": START + " fragment F0 on Product { ...F1 ...F1 } fragment F1 on Product { ...F0 ...F0 }",
        "circles through every pair": START + complete_graph(20),
        "doubled fragments": START + chained(90, "...F+ ...F+", "sku"),
        "doubled fragments of objects": START + chained(70, "a: related { ...F+ } b: related { ...F+ }", "sku"),
        "doubled within the limits": START + chained(11, "...F+ ...F+", "sku"),
        "doubled objects within the limits": START + chained(9, "a: related { ...F+ } b: related { ...F+ }", "sku"),
        "tripled fragments": START + chained(60, "...F+ ...F+ ...F+", "sku"),
        "doubled without a common root": START + chained(60, "... { ...F+ } ... { ...F+ }", "sku"),
        "a ladder of fragments": START + chained(140, "...F+ sku", "title"),
        "a fan of fragments": START
        + " fragment F0 on Product { "
        + many(90, "...F+")
        + " } "
        + many(90, "fragment F+ on Product { sku title }"),
        "fragments that conflict": START + chained(45, "x: sku ...F+", "x: title"),
        "objects that conflict": f"{{ {many(45, 'x: products(first: #) { x: sku y: title }')} }}",
        "many inline fragments": f"{{ products {{ {many(290, '... on Product { sku }')} }} }}",
        "many inline fragments of objects": f"{{ products {{ {many(180, '... on Product { related { sku } }')} }} }}",
        "introspection": "{ __schema { types { " + INTROSPECTION * 3 + " } } }",
        "circular introspection": "{ __schema { types { "
        + nested(200, "fields { type", "name").replace("}", "} }")
        + " } } }",
        "introspection often": "{ " + many(120, 't#: __type(name: "Product") { name }') + " }",
        "a long string": '{ product(sku: "' + "x" * 16_200 + '") { sku } }',
        "a long string of escapes": '{ product(sku: "' + "\\u0041" * 2_700 + '") { sku } }',
        "a long block string": '{ product(sku: """' + "\n  x" * 4_000 + '""") { sku } }',
        "a long name": "{ " + "a" * 16_300 + " }",
        "a long number": "{ products(first: " + "9" * 16_300 + ") { sku } }",
        "a long fraction": "{ slow(seconds: 0." + "9" * 16_300 + ") }",
        "a long list": f"{{ product(sku: [{many(1_480, '1')}]) {{ sku }} }}",
        "a long object": f"mutation {{ note(input: {{{many(490, 'a#: 1')}}}) }}",
        "a list of objects": f"mutation {{ note(input: [{many(290, '{sku: 1}')}]) }}",
        "comments": "#\n" * 8_000 + "{ deadline }",
        "one long comment": "#" + "x" * 16_300 + "\n{ deadline }",
        "commas": "{ deadline " + "," * 16_300 + " }",
        "line breaks": "\n" * 16_300 + "{ deadline }",
        "byte order marks": "\ufeff" * 5_000 + "{ deadline }",
        "not GraphQL": "(" * 16_000,
        "only spreads": "." * 16_000,
        "a schema": many(240, "type T# { a: Int }"),
        "a large schema": many(90, "type T# implements A & B { a(b: C = D): E @f }"),
        "too large": "{ deadline }" + " " * 20_000,
        "much too large": "{ deadline }" + " " * 100_000,
    }


def pairs(levels: int, field: str = "related") -> str:
    """Every object twice, in the text itself."""
    if not levels:
        return "sku"
    inner = pairs(levels - 1, field)
    return f"{field.replace('#', '0')} {{ {inner} }} {field.replace('#', '1')} {{ {inner} }}"


def complete_graph(count: int) -> str:
    def spreads(number: int) -> str:
        return " ".join(f"...F{other}" for other in range(count) if other != number)

    return " ".join(f"fragment F{number} on Product {{ {spreads(number)} }}" for number in range(count))
