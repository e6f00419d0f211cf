"""Which tokens are believed, and what is believed of them."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.errors import ConfigurationError, Unauthenticated, Unavailable
from gateway.model.principal import ClientProfile, Touchpoint
from gateway.security.authentication import Outdated
from gateway.security.issuer import LocalIssuer
from gateway.security.tokens import LEEWAY_SECONDS, TokenVerifier
from gateway.settings import IssuerSection

ISSUER = "https://id.example.com"
AUDIENCE = "commerce-gateway"
NOW = 1_800_000_000.0
PROFILES = {"anonymous": ClientProfile(touchpoint=Touchpoint.WEB), "kiosk": ClientProfile(touchpoint=Touchpoint.KIOSK)}


class House:
    """An issuer, its keys in a file, and a verifier that trusts it."""

    def __init__(self, folder: Path, *, algorithm: str = "ES256", **section: Any) -> None:
        self.folder = folder
        self.now = NOW
        self.issuer = LocalIssuer(ISSUER, AUDIENCE, algorithm=algorithm)
        self.publish()
        wanted: dict[str, Any] = {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "jwks_file": "jwks.json",
            "algorithms": (algorithm,),
        }
        self.section = IssuerSection(**{**wanted, **section})
        self.verifier = TokenVerifier(
            {"main": self.section}, profiles=PROFILES, base=folder, clock=lambda: self.now, revoked=self.is_revoked
        )
        self.revoked: set[tuple[str, str, str | None]] = set()

    def publish(self) -> None:
        (self.folder / "jwks.json").write_bytes(self.issuer.jwks())

    def token(self, subject: str = "alice", **claims: Any) -> str:
        return self.issuer.token(subject, now=self.now, **claims)

    async def is_revoked(self, issuer: str, subject: str, token_id: str | None) -> bool:
        return (issuer, subject, token_id) in self.revoked


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_good_token_is_a_principal(house: House) -> None:
    principal = await house.verifier.verify(house.token(client_profile="kiosk"))
    assert (principal.subject, principal.issuer, principal.kind) == ("alice", ISSUER, "customer")
    assert (principal.profile, principal.roles) == ("kiosk", frozenset())


async def test_rs256_works_as_well(tmp_path: Path) -> None:
    house = House(tmp_path, algorithm="RS256")
    assert (await house.verifier.verify(house.token())).subject == "alice"


async def test_contacts_count_only_when_the_issuer_verified_them(house: House) -> None:
    contacts: dict[str, Any] = {"email": "a@example.com", "phone_number": "+442079460000"}
    unverified: list[dict[str, Any]] = [
        {},
        {"email_verified": False},
        {"email_verified": "true", "phone_number_verified": 1},
    ]
    for flags in unverified:
        principal = await house.verifier.verify(house.token(**contacts, **flags))
        assert (principal.email, principal.phone) == (None, None)
    both: dict[str, Any] = {"email_verified": True, "phone_number_verified": True}
    principal = await house.verifier.verify(house.token(**contacts, **both))
    assert (principal.email, principal.phone) == ("a@example.com", "+442079460000")
    principal = await house.verifier.verify(house.token(phone_number="020 7946 0000", phone_number_verified=True))
    assert principal.phone is None


async def test_roles_come_from_staff_issuers_only(tmp_path: Path) -> None:
    customers = House(tmp_path)
    assert (await customers.verifier.verify(customers.token(roles=["staff"]))).roles == frozenset()
    staff = House(tmp_path, kind="staff", roles_claim="realm_access.roles")
    token = staff.token(realm_access={"roles": ["staff", "manager", 7]}, roles=["admin"])
    assert (await staff.verifier.verify(token)).roles == {"staff", "manager"}


def _signed(house: House, header: dict[str, Any], **claims: Any) -> str:
    key = house.issuer.keys[-1]
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": int(house.now), "exp": int(house.now + 60), **claims}
    return jwt.encode({"alg": "ES256", "kid": key.kid, **header}, body, key, algorithms=["ES256"])


def _segments(header: dict[str, Any], claims: dict[str, Any] | bytes, signature: bytes = b"x" * 64) -> str:
    def encode(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return ".".join((encode(json.dumps(header).encode()), encode(body), encode(signature) if signature else ""))


def _claims(house: House, **changes: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": int(house.now + 60), **changes}


def _other_key(house: House, kid: str | None) -> str:
    key = ECKey.generate_key("P-256")
    header = {"alg": "ES256", **({"kid": kid} if kid else {})}
    return jwt.encode(header, _claims(house), key)


def _symmetric(house: House) -> str:
    """The classic confusion: HMAC with the public key's text as the secret."""
    public = cast("ECKey", house.issuer.keys[-1]).as_pem(private=False)
    unsigned = _segments({"alg": "HS256", "kid": house.issuer.keys[-1].kid}, _claims(house), b"").rstrip(".")
    signature = hmac.digest(public, unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _embedded(house: House) -> str:
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", "jwk": key.as_dict(private=False)}, _claims(house), key)


def _wrong_algorithm(house: House) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": house.issuer.keys[-1].kid}, _claims(house), key)


def _tampered(house: House) -> str:
    header, _, signature = house.token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(_claims(house, sub="bob")).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


def _cut(house: House) -> str:
    return house.token()[:-4]


def _raw(house: House, header: bytes | None = None, claims: bytes | None = None) -> str:
    """Rightly signed, whatever the two halves say."""
    key = cast("ECKey", house.issuer.keys[-1])
    halves = (
        header or json.dumps({"alg": "ES256", "kid": key.kid}).encode(),
        claims or json.dumps(_claims(house)).encode(),
    )
    signed = b".".join(base64.urlsafe_b64encode(half).rstrip(b"=") for half in halves)
    signature = JWSRegistry.algorithms["ES256"].sign(signed, key)
    return f"{signed.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _header(house: House, **more: Any) -> bytes:
    return json.dumps({"alg": "ES256", "kid": house.issuer.keys[-1].kid, **more}).encode()


def _twice(house: House, member: str, value: object) -> bytes:
    """The claims with a member more, which stands first and would count for a reader that takes the first."""
    return json.dumps(_claims(house)).replace("{", f"{{{json.dumps(member)}: {json.dumps(value)}, ", 1).encode()


def _other_spelling(house: House) -> str:
    """The last letter of a half carries bits that mean nothing: another text for the same bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for filler in ("", "x", "xx"):
        head, claims, signature = _raw(house, claims=json.dumps(_claims(house, filler=filler)).encode()).split(".")
        if len(claims) % 4:
            return f"{head}.{claims[:-1]}{letters[letters.index(claims[-1]) ^ 1]}.{signature}"
    raise AssertionError


Bad = Callable[[House], str]
BAD: dict[str, Bad] = {
    "expired": lambda house: house.token(exp=int(house.now - LEEWAY_SECONDS - 1)),
    "without exp": lambda house: house.token(exp=None),
    "exp as text": lambda house: house.token(exp="2099-01-01"),
    "exp as true": lambda house: house.token(exp=True),
    "exp is NaN": lambda house: _signed(house, {}, exp=float("nan")),
    "exp is infinite": lambda house: _signed(house, {}, exp=float("inf")),
    "exp is a list": lambda house: house.token(exp=[int(house.now + 60)]),
    "not yet valid": lambda house: house.token(nbf=int(house.now + LEEWAY_SECONDS + 2)),
    "issued in the future": lambda house: house.token(iat=int(house.now + LEEWAY_SECONDS + 2)),
    "wrong issuer": lambda house: house.token(iss="https://evil.example.com"),
    "issuer with a slash more": lambda house: house.token(iss=ISSUER + "/"),
    "without issuer": lambda house: house.token(iss=None),
    "wrong audience": lambda house: house.token(aud="another-shop"),
    "without audience": lambda house: house.token(aud=None),
    "empty audience": lambda house: house.token(aud=[]),
    "audience as object": lambda house: house.token(aud={"a": AUDIENCE}),
    "without sub": lambda house: house.token(sub=None),
    "empty sub": lambda house: house.token(sub=""),
    "sub as number": lambda house: house.token(sub=7),
    "sub too long": lambda house: house.token(sub="a" * 300),
    "unknown profile": lambda house: house.token(client_profile="admin"),
    "profile as list": lambda house: house.token(client_profile=["kiosk"]),
    "alg none": lambda house: _segments({"alg": "none"}, _claims(house), b""),
    "alg none with a signature": lambda house: _segments({"alg": "none"}, _claims(house)),
    "alg NoNe": lambda house: _segments({"alg": "NoNe"}, _claims(house)),
    "without alg": lambda house: _segments({}, _claims(house)),
    "HMAC with the public key": _symmetric,
    "another key": lambda house: _other_key(house, None),
    "another key under the known id": lambda house: _other_key(house, house.issuer.keys[-1].kid),
    "unknown key id": lambda house: _other_key(house, "nobody"),
    "key inside the token": _embedded,
    "another algorithm": _wrong_algorithm,
    "changed claims": _tampered,
    "cut signature": _cut,
    "unknown crit": lambda house: _segments({"alg": "ES256", "crit": ["x"], "x": 1}, _claims(house)),
    "crit is empty": lambda house: _raw(house, _header(house, crit=[])),
    "crit is unknown": lambda house: _raw(house, _header(house, crit=["x"], x=1)),
    "crit is text": lambda house: _raw(house, _header(house, crit="exp")),
    "crit is null": lambda house: _raw(house, _header(house, crit=None)),
    "crit names alg": lambda house: _raw(house, _header(house, crit=["alg"])),
    "crit is b64": lambda house: _raw(house, _header(house, crit=["b64"], b64=True)),
    "b64 is false": lambda house: _raw(house, _header(house, b64=False)),
    "b64 is true": lambda house: _raw(house, _header(house, b64=True)),
    "alg stands twice": lambda house: _raw(house, b'{"alg": "none", ' + _header(house)[1:]),
    "kid stands twice": lambda house: _raw(house, b'{"kid": "x", ' + _header(house)[1:]),
    "sub stands twice": lambda house: _raw(house, claims=_twice(house, "sub", "bob")),
    "exp stands twice": lambda house: _raw(house, claims=_twice(house, "exp", 1)),
    "a member inside stands twice": lambda house: _raw(
        house, claims=_twice(house, "a", 0).replace(b"0", b'{"b":1,"b":2}', 1)
    ),
    "exp is beyond numbers": lambda house: _raw(
        house, claims=json.dumps(_claims(house, exp=0)).replace(": 0", ": 1e999").encode()
    ),
    "exp is very large": lambda house: _raw(house, claims=json.dumps(_claims(house, exp=10**400)).encode()),
    "exp has very many digits": lambda house: _raw(
        house, claims=json.dumps(_claims(house, exp=0)).replace(": 0", ": " + "9" * 5_000).encode()
    ),
    "exp is null": lambda house: _raw(house, claims=json.dumps(_claims(house, exp=None)).encode()),
    "nbf is true": lambda house: _raw(house, claims=json.dumps(_claims(house, nbf=True)).encode()),
    "iat is text": lambda house: _raw(house, claims=json.dumps(_claims(house, iat="1")).encode()),
    "a token in a token": lambda house: _raw(house, _header(house, cty="JWT"), house.token().encode()),
    "called a token in a token": lambda house: _raw(house, _header(house, cty="jwt")),
    "typ is a list": lambda house: _raw(house, _header(house, typ=["JWT"])),
    "typ is another": lambda house: _raw(house, _header(house, typ="dpop+jwt")),
    "kid is a path": lambda house: _raw(house, _header(house, kid="../../../dev/null")),
    "kid is an address": lambda house: _raw(house, _header(house, kid="https://evil.example.com/jwks")),
    "kid is a number": lambda house: _raw(house, _header(house, kid=1)),
    "kid is a list": lambda house: _raw(house, _header(house, kid=[house.issuer.keys[-1].kid])),
    "kid is long": lambda house: _raw(house, _header(house, kid="k" * 4_000)),
    "alg is a list": lambda house: _raw(house, _header(house, alg=["ES256"])),
    "alg in lower case": lambda house: _raw(house, _header(house, alg="es256")),
    "the header is a list": lambda house: _raw(house, b"[]"),
    "the header is nested": lambda house: _raw(house, _header(house, x=0).replace(b"0", b"[" * 100_000)),
    "another spelling": _other_spelling,
    "an id token's type": lambda house: _signed(house, {"typ": "logout+jwt"}),
    "claims are a list": lambda house: _segments({"alg": "ES256"}, b"[]"),
    "claims are not JSON": lambda house: _segments({"alg": "ES256"}, b"\xff\xfe"),
    "deeply nested claims": lambda house: _segments({"alg": "ES256"}, b'{"a":' * 900 + b"1" + b"}" * 900),
    "not a token": lambda house: "hello",
    "empty segments": lambda house: "..",
    "five segments": lambda house: "a.b.c.d.e",
    "spaces": lambda house: house.token().replace(".", " . "),
    "line break": lambda house: house.token() + "\n",
    "not ASCII": lambda house: house.token()[:-1] + "é",
    "huge": lambda house: house.token(filler="x" * 20_000),
    "padding": lambda house: house.token() + "==",
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_is_refused(house: House, kind: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await house.verifier.verify(BAD[kind](house))
    assert refused.value.message == "The access token is not valid."


async def test_a_token_signed_by_hand_is_a_good_one(house: House) -> None:
    """What the tests above change, and nothing else, is what is refused in them."""
    assert (await house.verifier.verify(_raw(house))).subject == "alice"
    with_certificate = _header(house, typ="at+jwt", x5t="abc", jku="https://id.example.com/jwks")
    assert (await house.verifier.verify(_raw(house, with_certificate))).subject == "alice"


async def test_only_what_was_good_once_is_outdated(house: House) -> None:
    """Guesses are counted against who makes them; an expired token is no guess."""
    house.revoked.add((ISSUER, "alice", "t1"))
    for token in (house.token(exp=int(house.now - 3_600)), house.token(jti="t1")):
        with pytest.raises(Outdated):
            await house.verifier.verify(token)
    for kind in ("another key under the known id", "wrong audience", "changed claims", "crit is empty"):
        with pytest.raises(Unauthenticated) as refused:
            await house.verifier.verify(BAD[kind](house))
        assert not isinstance(refused.value, Outdated)
    expired = house.token(exp=int(house.now - 3_600))
    with pytest.raises(Unauthenticated) as refused:
        await house.verifier.verify(expired[:-6] + "AAAAAA")
    assert not isinstance(refused.value, Outdated)


async def test_a_token_whose_issuer_numbers_them_is_revoked_by_its_number(house: House) -> None:
    house.revoked.add((ISSUER, "alice", "7"))
    with pytest.raises(Unauthenticated):
        await house.verifier.verify(house.token(jti=7))


async def test_a_key_is_for_its_own_algorithm(tmp_path: Path) -> None:
    house = House(tmp_path, algorithm="RS256", algorithms=("RS256", "RS512"))
    key = house.issuer.keys[-1]
    token = jwt.encode(
        {"alg": "RS512", "kid": key.kid},
        _claims(house),
        RSAKey.import_key({name: value for name, value in key.as_dict(private=True).items() if name != "alg"}),
        algorithms=["RS512"],
    )
    with pytest.raises(Unauthenticated):
        await house.verifier.verify(token)


async def test_clocks_may_differ_a_little(house: House) -> None:
    assert (await house.verifier.verify(house.token(exp=int(house.now - LEEWAY_SECONDS + 5)))).subject == "alice"


async def test_a_remembered_token_still_expires(house: House) -> None:
    token = house.token(exp=int(house.now + 5))
    await house.verifier.verify(token)
    house.now += 5 + LEEWAY_SECONDS + 1
    with pytest.raises(Unauthenticated):
        await house.verifier.verify(token)


async def test_a_revoked_token_is_refused_at_once(house: House) -> None:
    token = house.token(jti="t1")
    await house.verifier.verify(token)
    house.revoked.add((ISSUER, "alice", "t1"))
    with pytest.raises(Unauthenticated):
        await house.verifier.verify(token)
    assert (await house.verifier.verify(house.token(jti="t2"))).subject == "alice"


async def test_keys_that_cannot_be_read_are_nobodys_fault_but_the_issuers(house: House) -> None:
    (house.folder / "jwks.json").unlink()
    with pytest.raises(Unavailable):
        await house.verifier.verify(house.token())


@pytest.mark.parametrize(
    "section",
    [
        {"algorithms": ("HS256",)},
        {"algorithms": ("none",)},
        {"algorithms": ()},
        {"kind": "root"},
        {"roles_claim": "roles"},
        {"jwks_file": ""},
        {"jwks_url": "https://id.example.com/jwks"},
        {"jwks_file": "", "jwks_url": "ftp://id.example.com/jwks"},
        {"jwks_file": "", "jwks_url": "http://169.254.169.254/jwks"},
    ],
)
def test_a_configuration_that_would_be_unsafe_is_refused(tmp_path: Path, section: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        House(tmp_path, **section)


def test_the_local_issuer_keeps_its_keys(tmp_path: Path) -> None:
    first = LocalIssuer.load(tmp_path, ISSUER, AUDIENCE)
    assert LocalIssuer.load(tmp_path, ISSUER, AUDIENCE).jwks() == first.jwks()
    assert (tmp_path / "issuer.json").stat().st_mode & 0o077 == 0
    assert b'"d"' not in (tmp_path / "jwks.json").read_bytes()
