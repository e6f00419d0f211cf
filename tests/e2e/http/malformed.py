"""Requests that are wrong in one way each, as bytes on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator

GOOD = b'{"query":"{ deadline }"}'
BASE = {"Host": "127.0.0.1", "Content-Type": "application/json", "Accept": "application/graphql-response+json"}


def http(body: bytes = GOOD, method: str = "POST", target: str = "/graphql", drop: str = "", **headers: str) -> bytes:
    """One request. `headers` by name with `_` for `-`."""
    every = {**BASE, "Connection": "close", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if "Content-Length" not in every and "Transfer-Encoding" not in every:
        every["Content-Length"] = str(len(body))
    every = {name: value for name, value in every.items() if name != drop}
    head = f"{method} {target} HTTP/1.1\r\n".encode() + b"".join(
        f"{name}: {value}\r\n".encode("latin-1") for name, value in every.items()
    )
    return head + b"\r\n" + body


def bodies() -> Iterator[tuple[str, bytes]]:
    texts = {
        "nothing": b"",
        "a space": b" ",
        "a zero byte": b"\0",
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "a string": b'"{ deadline }"',
        "a list": b"[]",
        "a batch": b"[" + GOOD + b"," + GOOD + b"]",
        "an empty object": b"{}",
        "half an object": GOOD[:-1],
        "half a string": GOOD[:12],
        "two objects": GOOD + GOOD,
        "a trailing comma": b'{"query":"{ deadline }",}',
        "single quotes": b"{'query':'{ deadline }'}",
        "no quotes": b"{query:1}",
        "a comment": b"/* x */" + GOOD,
        "JSON5": b"{query:'{ deadline }'}",
        "NaN": b'{"query":"{ deadline }","variables":{"a":NaN}}',
        "Infinity": b'{"query":"{ deadline }","variables":{"a":-Infinity}}',
        "plain GraphQL": b"{ deadline }",
        "a form": b"query=%7B+deadline+%7D",
        "XML": b"<?xml version='1.0'?><query/>",
        "a document type": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        "multipart": b"--x\r\nContent-Disposition: form-data; name=operations\r\n\r\n{}\r\n--x--",
        "a byte order mark": b"\xef\xbb\xbf" + GOOD,
        "UTF-16": '{"query":"{ deadline }"}'.encode("utf-16"),
        "UTF-16 without a mark": '{"query":"{ deadline }"}'.encode("utf-16-le"),
        "UTF-32": '{"query":"{ deadline }"}'.encode("utf-32"),
        "Latin-1": '{"query":"{ deadline } #é"}'.encode("latin-1"),
        "a lone continuation byte": b'{"query":"\x80"}',
        "an overlong slash": b'{"query":"\xc0\xaf"}',
        "a cut character": b'{"query":"\xe2\x82"}',
        "a surrogate in UTF-8": b'{"query":"\xed\xa0\x80"}',
        "a lone surrogate": b'{"query":"{ product(sku: \\"\\ud800\\") { sku } }"}',
        "surrogates reversed": b'{"query":"\\udc00\\ud800"}',
        "beyond Unicode": b'{"query":"\xf4\x90\x80\x80"}',
        "a control character": b'{"query":"\x01"}',
        "an escaped zero": b'{"query":"\\u0000"}',
        "a bad escape": b'{"query":"\\x41"}',
        "half an escape": b'{"query":"\\u12"}',
        "random bytes": bytes(range(256)),
        "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        "deep lists": b'{"query":"{ deadline }","variables":{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
        "deep objects": b'{"query":"{ deadline }","variables":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        "deep and open": b"[" * 100_000,
        "too large": b'{"query":"' + b" " * 140_000 + b'"}',
        "many keys": b'{"query":"{ deadline }",' + b",".join(b'"k%d":1' % number for number in range(5_000)) + b"}",
        "one key often": b"{" + b'"query":"{ deadline }",' * 500 + b'"query":7}',
        "an empty key": b'{"":1}',
        "proto": b'{"__proto__":{"query":"{ deadline }"}}',
    }
    for name, body in texts.items():
        yield f"the body is {name}", http(body)


def parameters() -> Iterator[tuple[str, bytes]]:
    odd = {"null": None, "true": True, "a number": 1, "a fraction": 1.5, "a list": [1], "an object": {"a": 1}}
    strings = {"an empty string": "", "a string": "x", "a zero": "\0", "right to left": "\u202e{ deadline }"}
    for name in ("query", "operationName", "variables", "extensions", "documentId"):
        for what, value in {**odd, **strings}.items():
            yield f"{name} is {what}", http(json.dumps({"query": "{ deadline }", name: value}).encode())
    persisted: dict[str, object] = {
        "null": None,
        "a string": "x",
        "without a version": {"sha256Hash": "a" * 64},
        "of version 2": {"version": 2, "sha256Hash": "a" * 64},
        "without a hash": {"version": 1},
        "with a short hash": {"version": 1, "sha256Hash": "abc"},
        "with a number": {"version": 1, "sha256Hash": 7},
        "unknown": {"version": 1, "sha256Hash": "a" * 64},
    }
    for what, value in persisted.items():
        yield f"the persisted query is {what}", http(json.dumps({"extensions": {"persistedQuery": value}}).encode())


def numbers() -> Iterator[tuple[str, bytes]]:
    query = '"query":"query ($n: Int, $f: Float) { products(first: $n) { sku } slow(seconds: $f) }"'
    for text in (
        "1e400",
        "-1e400",
        "1e-400",
        "9" * 400,
        "-" + "9" * 400,
        "0." + "1" * 400,
        "1.0",
        "1.5",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1e",
        "-",
        "--1",
        "1_000",
        "2147483648",
        "-2147483649",
        "9223372036854775808",
        "18446744073709551616",
        "1E+2",
        '"1"',
        "true",
        "[]",
        "{}",
    ):
        yield f"an Int is {text[:24]}", http(f'{{{query},"variables":{{"n":{text}}}}}'.encode())
    for text in ("1e400", '"1"', "true", "9" * 400, "-1e-400", "[1]"):
        yield f"a Float is {text[:24]}", http(f'{{{query},"variables":{{"n":1,"f":{text}}}}}'.encode())


def headers() -> Iterator[tuple[str, bytes]]:
    kinds = {
        "Content_Type": (
            "",
            "text/plain",
            "application/json; charset=utf-16",
            "application/json; charset",
            "json",
            "*/*",
            ";",
            "a/b/c",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json, text/plain",
            "\xff",
        ),
        "Accept": (
            "text/plain",
            "image/png",
            "application/json;q=0",
            "application/json;q=x",
            ";;;",
            ",",
            "application/xml",
            "*/*;q=nan",
            "application/json;q=inf",
            "a" * 5_000,
            "application/json; charset=utf-16",
        ),
        "Content_Length": ("-1", "abc", "1e3", "0x10", "999999999999999999999999", "+5", "5, 5", "1.5", ""),
        "Content_Encoding": ("gzip", "br", "deflate", "identity, gzip", "nonsense", "gzip, gzip, gzip"),
        "Authorization": (
            "",
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "Bearer a.b.c",
            "Bearer " + "a" * 20_000,
            "bearer\t.",
            "Bearer a b",
            "Negotiate x",
            "Bearer \xff\xfe",
            "Bearer null",
            "Bearer ..",
            "Digest username=x",
        ),
        "X_Api_Key": ("", "x", "x" * 10_000, "\xff", "a, b"),
        "X_Commerce_Country": ("", "GBR", "7", "\xe9\xe9", "g" * 200, "GB, FR", "../"),
        "X_Commerce_Currency": ("", "POUND", "$", "gbp;drop"),
        "X_Commerce_Language": ("", "-", "en-", "*", "e" * 300, "\xff"),
        "X_Commerce_Channel": ("", "nowhere", "a b", "'"),
        "X_Commerce_Store": ("", "nowhere", "%00", "__proto__"),
        "X_Commerce_Deadline_Ms": ("", "0", "-1", "nan", "inf", "1e309", "soon", "9" * 40),
        "X_Commerce_Max_Age": ("", "-1", "nan", "inf", "1 day"),
        "Accept_Language": ("*", ";", "q=1", "en;q=x", "en;q=", "," * 500, "x" * 5_000),
        "Traceparent": ("", "-", "00-0-0-0", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "zz-" + "g" * 32 + "-x-01"),
        "Origin": ("", "null", "https://evil.example.com", "\xff", "//", "https://a, https://b"),
        "If_None_Match": ("", "*", '"', "W/"),
        "Expect": ("100-continue", "200-ok"),
        "Upgrade": ("h2c", "websocket", "TLS/1.3"),
        "Transfer_Encoding": ("gzip", "identity", "chunked, gzip", "nonsense"),
        "Host": ("", "a b", "evil.example.com", "127.0.0.1:99999"),
        "Range": ("bytes=0-1", "bytes=-"),
        "X_HTTP_Method_Override": ("DELETE", "GET"),
        "Cookie": ("session=x", "a" * 8_000),
    }
    for name, values in kinds.items():
        for value in values:
            yield f"{name.replace('_', '-')} is {value[:30]!r}", http(GOOD, **{name: value})
    for name in ("Content-Type", "Content-Length", "Host", "Accept"):
        yield f"no {name}", http(drop=name)


def methods() -> Iterator[tuple[str, bytes]]:
    for method in (
        "HEAD",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "PROPFIND",
        "PURGE",
        "get",
        "QUERY",
    ):
        yield f"the method is {method}", http(method=method)
    query = "/graphql?query=%7B%20deadline%20%7D"
    for what, target in {
        "nothing asked": "/graphql?",
        "no value": "/graphql?query",
        "an empty query": "/graphql?query=",
        "two queries": query + "&query=%7Ba%7D",
        "variables that are not JSON": query + "&variables=%7B",
        "variables as a list": query + "&variables=[]",
        "extensions as text": query + "&extensions=x",
        "a cut escape": "/graphql?query=%7",
        "bytes that are not UTF-8": "/graphql?query=%ff%fe",
        "a zero byte": "/graphql?query=%00",
        "many parameters": "/graphql?" + "&".join(f"a{number}=1" for number in range(500)),
        "a long query": "/graphql?query=" + "a" * 20_000,
        "a mutation": "/graphql?query=mutation%7BsetPrice(cents:1)%7D",
        "an unknown hash": "/graphql?documentId=" + "a" * 64,
        "deep variables": query + "&variables=" + "[" * 3_000,
    }.items():
        yield f"GET with {what}", http(b"", method="GET", target=target, X_Commerce_Client="test")
    for what, target in {
        "a trailing slash": "/graphql/",
        "a path below": "/graphql/x",
        "a path above": "/graphql/../graphql",
        "two slashes": "//graphql",
        "an encoded name": "/%67raphql%00",
        "an absolute address": "http://evil.example.com/graphql",
        "a star": "*",
        "an unknown backend": "/webhooks/nobody",
        "a backend from outside": "/webhooks/..%2f..%2fetc",
        "a file of the explorer": "/graphql/explorer/..%2f__init__.py",
    }.items():
        yield f"POST to {what}", http(target=target)


def framing() -> Iterator[tuple[str, bytes]]:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    yield "not HTTP", b"hello\r\n\r\n"
    yield "TLS to a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n"
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "HTTP/9", b"GET /graphql HTTP/9.9\r\nHost: x\r\n\r\n"
    yield "HTTP/1.0", b"POST /graphql HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n" + GOOD
    yield "no version", b"GET /graphql\r\n\r\n"
    yield "a header without a colon", head + b"nonsense\r\n\r\n"
    yield "a header with a space", head + b"A b: c\r\n\r\n"
    yield "a zero in a header", head + b"A: \0\r\nContent-Length: 0\r\n\r\n"
    yield "a folded header", head + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n"
    yield "bare line feeds", head.replace(b"\r\n", b"\n") + b"Content-Length: 24\n\n" + GOOD
    yield "two lengths", head + b"Content-Length: 24\r\nContent-Length: 3\r\n\r\n" + GOOD
    yield "length and chunks", head + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield "a bad chunk size", head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
    yield "a huge chunk size", head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n"
    yield "a negative chunk size", head + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n\r\n"
    yield (
        "chunks beyond the limit",
        head
        + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 6
        + b"0\r\n\r\n",
    )
    yield "huge headers", head + b"A: " + b"a" * 200_000 + b"\r\n\r\n"
    yield "very many headers", head + b"".join(b"A%d: b\r\n" % number for number in range(9_000)) + b"\r\n"
    yield "a huge target", b"GET /graphql?" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def requests() -> list[tuple[str, bytes]]:
    return [*bodies(), *parameters(), *numbers(), *headers(), *methods(), *framing()]
