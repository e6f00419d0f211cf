"""What keeps a backend from answering, told apart over real sockets: each cause with what to do about it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.calls.attempt.transport import build_transport
from gateway.calls.operation.bound import BoundBackend
from gateway.check.causes import CauseKind, kind_of, problem_of
from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    DeadlineExceeded,
    InvalidAnswer,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.model.context import CallContext
from gateway.ports.transport import Request
from gateway.settings import HttpClient, PolicyNumbers
from gateway.testing.reference.manifest import MANIFEST


@asynccontextmanager
async def listening(answer: bytes | None, context: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A server that says one thing to whoever connects, or nothing."""

    over = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        if answer is None:
            await over.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        over.set()


async def failure(url: str, client: HttpClient, *, private: bool = True) -> AdapterError:
    numbers = PolicyNumbers(retries=0, timeout=1.0, client=client)
    transport = build_transport("erp", url, MANIFEST, numbers, allow_private_network=private)
    try:
        with pytest.raises(AdapterError) as caught:
            await transport.send(Request(method="GET", path="/", operation="probe"), CallContext.within(3))
        return caught.value
    finally:
        await transport.close()


@pytest.fixture(params=["aiohttp", "lean"])
def client(request: pytest.FixtureRequest) -> HttpClient:
    return request.param


async def test_nobody_listens(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert kind_of(await failure(f"http://127.0.0.1:{port}", client)) is CauseKind.REFUSED


async def test_the_host_has_no_address(client: HttpClient) -> None:
    assert kind_of(await failure("http://gateway-check.invalid", client)) is CauseKind.DNS


async def test_the_address_is_private(client: HttpClient) -> None:
    assert kind_of(await failure("http://127.0.0.1:9", client, private=False)) is CauseKind.PRIVATE


async def test_no_answer_comes(client: HttpClient) -> None:
    async with listening(None) as port:
        assert kind_of(await failure(f"http://127.0.0.1:{port}", client)) is CauseKind.TIMEOUT


async def test_no_tls_is_spoken_there(client: HttpClient) -> None:
    async with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert kind_of(await failure(f"https://127.0.0.1:{port}", client)) is CauseKind.TLS


async def test_the_certificate_is_nobodys(client: HttpClient, self_signed: Callable[[], ssl.SSLContext]) -> None:
    async with listening(b"HTTP/1.1 200 OK\r\n\r\n", self_signed()) as port:
        error = await failure(f"https://127.0.0.1:{port}", client)
    assert kind_of(error) is CauseKind.TLS
    assert "self-signed" in (error.detail or "")


async def test_it_leads_elsewhere(client: HttpClient) -> None:
    async with listening(b"HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n") as port:
        assert kind_of(await failure(f"http://127.0.0.1:{port}", client)) is CauseKind.ADDRESS


async def test_it_speaks_something_else(client: HttpClient) -> None:
    async with listening(b"220 mail.example ESMTP\r\n") as port:
        assert kind_of(await failure(f"http://127.0.0.1:{port}", client)) in (CauseKind.ADDRESS, CauseKind.ANSWER)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CredentialsRefused(detail="HTTP 401"), CauseKind.CREDENTIALS),
        (CredentialsRefused(detail="HTTP 403 MISSING_SCOPES"), CauseKind.RIGHTS),
        (CredentialsRefused(detail="ACCESS_DENIED: Access denied for orders field."), CauseKind.RIGHTS),
        (CredentialsRefused(detail="FORBIDDEN customers"), CauseKind.RIGHTS),
        (CredentialsRefused(detail="no channel has the configured channel token"), CauseKind.CHANNEL),
        (CredentialsRefused(detail="HTTP 404"), CauseKind.ADDRESS),
        (RequestRefused(detail="AccessError at sale.order.web_search_read"), CauseKind.RIGHTS),
        (RequestRefused(detail="GRAPHQL_VALIDATION_FAILED no_such_field"), CauseKind.REQUEST),
        (Unavailable(detail="psycopg2.OperationalError at common.authenticate"), CauseKind.DATABASE),
        (Unavailable(detail="HTTP 503"), CauseKind.DOWN),
        (RateLimited(), CauseKind.THROTTLED),
        (DeadlineExceeded(), CauseKind.TIMEOUT),
        (InvalidAnswer(detail="not GraphQL: JSON is malformed"), CauseKind.ADDRESS),
        (InvalidAnswer(detail="Expected `int`"), CauseKind.ANSWER),
        (AttributeError("probe"), CauseKind.OURS),
    ],
)
def test_what_a_vendor_says_is_told_apart(error: BaseException, kind: CauseKind) -> None:
    assert kind_of(error) is kind


def test_a_problem_names_the_keys_to_look_at_and_the_vendors_words(backend: BoundBackend) -> None:
    from adapters.hubspot.config import HubSpotConfig
    from gateway.ports.manifest import Secret

    config = HubSpotConfig(access_token=Secret(("t",)))
    problem = problem_of(CredentialsRefused(detail="HTTP 401 EXPIRED"), backend, config, "https://x", doing="probe")
    assert problem.cause == "credentials"
    assert problem.detail == "HTTP 401 EXPIRED"
    assert "`backends.erp.access_token`" in (problem.remedy or "")
    assert "webhook" not in (problem.remedy or "")


def test_the_text_of_an_exception_that_nobody_expected_is_not_told(backend: BoundBackend) -> None:
    problem = problem_of(ValueError("ada@example.com"), backend, None, "https://x")
    assert problem.cause == "adapter"
    assert "ada@" not in problem.text


@pytest.fixture
def backend(tmp_path: Path) -> BoundBackend:
    from gateway.testing.reference.adapter import ReferenceAdapter
    from gateway.testing.sandbox import Seed

    adapter = ReferenceAdapter("erp", Seed(currency="GBP", country="GB"))
    return BoundBackend(name="erp", alias="erp", backend=adapter.backend, manifest=MANIFEST)


@pytest.fixture
def self_signed(tmp_path: Path) -> Callable[[], ssl.SSLContext]:
    """A certificate for this machine that nobody vouches for."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def made() -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "server.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    return made
