"""Issuers asked for their keys, as the gateway will ask them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

import aiohttp

from gateway.check.findings import Problem
from gateway.errors import ConfigurationError
from gateway.runtime.addresses import AddressRefused
from gateway.settings import IssuerSection, Settings
from gateway.validation.people import problems_of_keys


async def examine_issuers(settings: Settings) -> list[Problem]:
    """Of those that publish their keys at an address; files were read already."""
    asked = [(name, issuer) for name, issuer in settings.issuers.items() if issuer.jwks_url]
    found: Sequence[list[Problem]] = await asyncio.gather(*(_examine(f"issuers.{name}", each) for name, each in asked))
    return [problem for problems in found for problem in problems]


async def _examine(place: str, issuer: IssuerSection) -> list[Problem]:
    from gateway.security.jwks import from_url  # what checks signatures is loaded only where there is an issuer

    where = f"{place}.jwks_url"
    try:
        body = await from_url(issuer.jwks_url, allow_private_network=issuer.allow_private_network)()
    except ConfigurationError as error:
        return [Problem(message=mistake.message, place=where) for mistake in error.mistakes]
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        message = f"no keys could be fetched, so nobody could sign in: {_why(error)}"
        return [Problem(message=message, place=where, value=issuer.jwks_url, cause=_cause(error))]
    return [
        Problem(message=f"what stands there {problem}", place=where, value=issuer.jwks_url)
        for problem in problems_of_keys(body, issuer.algorithms)
    ]


def _root(error: BaseException) -> BaseException:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    cause: BaseException | None = inner
    while cause is not None:
        if isinstance(cause, AddressRefused | ssl.SSLError | socket.gaierror | ConnectionRefusedError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return inner


def _why(error: BaseException) -> str:
    root = _root(error)
    if isinstance(root, TimeoutError):
        return "no answer in time"
    if isinstance(root, socket.gaierror):
        return "the host's name is not known"
    if isinstance(root, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"TLS: {root.verify_message}"
    if isinstance(root, AddressRefused | ValueError):
        return str(root)
    return type(root).__name__


def _cause(error: BaseException) -> str | None:
    root = _root(error)
    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (AddressRefused, "private address"),
        (socket.gaierror, "dns"),
        (ConnectionRefusedError, "refused"),
        (ssl.SSLError, "tls"),
        (TimeoutError, "timeout"),
    )
    return next((name for kind, name in kinds if isinstance(root, kind)), "answer")
