"""Both HTTP clients over TLS: what is certified for this host by whom we know is spoken to, nobody else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import Struct

from gateway.calls.wire.clients import wire_of
from gateway.errors import Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response
from gateway.settings import HttpClient


class Certified(Struct):
    """A server on loopback whose certificate, its own issuer, is for `localhost` and 127.0.0.1; it listens at
    127.0.0.2 too."""

    port: int
    other_port: int
    trusted: ssl.SSLContext
    """Knows the certificate."""
    heads: list[bytes]


@pytest.fixture
async def certified(tmp_path: Path) -> AsyncIterator[Certified]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "server.pem").write_bytes(pem + secret)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "server.pem")
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, ["127.0.0.1", "127.0.0.2"], 0, ssl=serving)
    ports = {socket.getsockname()[0]: socket.getsockname()[1] for socket in listening.sockets}
    trusted = ssl.create_default_context(cadata=pem.decode())
    yield Certified(ports["127.0.0.1"], ports["127.0.0.2"], trusted, heads)
    listening.close()


@pytest.fixture(params=get_args(HttpClient))
def client(request: pytest.FixtureRequest) -> HttpClient:
    return request.param


async def ask(client: HttpClient, url: str, trusted: ssl.SSLContext | None, times: int = 1) -> Response:
    wire = wire_of(client, url, connections=2, allow_private_network=True, ssl_context=trusted)
    request = Request(method="GET", path="/x", headers={"x-api-key": "secret"})
    try:
        answers = [await wire.exchange(request, CallContext.within(5.0), 5.0, 1_000) for _ in range(times)]
    finally:
        await wire.close()
    return answers[-1]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_certified_server_is_spoken_to(certified: Certified, client: HttpClient, host: str) -> None:
    answer = await ask(client, f"https://{host}:{certified.port}", certified.trusted, times=3)
    assert (answer.status, answer.body, len(certified.heads)) == (200, b"{}", 3)
    assert f"host: {host}:{certified.port}".encode() in certified.heads[0].lower()


async def test_an_unknown_issuer_is_told_nothing(certified: Certified, client: HttpClient) -> None:
    with pytest.raises(Unavailable):
        await ask(client, f"https://localhost:{certified.port}", None)
    assert certified.heads == []


async def test_another_hosts_certificate_is_told_nothing(certified: Certified, client: HttpClient) -> None:
    with pytest.raises(Unavailable) as refused:
        await ask(client, f"https://127.0.0.2:{certified.other_port}", certified.trusted)
    assert certified.heads == []
    assert "TLS: IP address mismatch" in (refused.value.detail or "")


async def test_plain_http_is_no_tls(certified: Certified, client: HttpClient) -> None:
    plain = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable):
        await ask(client, f"https://localhost:{port}", certified.trusted)
    plain.close()
