"""Nothing that a backend, a client or an operator entrusts to the gateway is left lying about."""

from __future__ import annotations

import base64
import gzip
import logging
import re
import zlib

import pytest
import structlog
from opentelemetry import trace

from gateway.errors import InvalidAnswer
from tests.e2e.canaries.conftest import Evidence
from tests.e2e.canaries.driving import GOOD_CARTS, QUERIES, SPEAKING_OF_ADA, Given, allowed
from tests.e2e.canaries.planted import SAID
from tests.e2e.canaries.recording import Recording, told
from tests.e2e.canaries.scanner import CARDS, Found, Scanner, decoded, email, given, phone

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="package")]
"""All of it is asked in the first test that needs it, which takes half a minute where nothing else runs."""
PERSONAL = frozenset({"email", "phone", "name"})


async def test_everybody_asked_under_every_fault_and_was_answered(evidence: Evidence) -> None:
    """The other tests would find nothing where nothing happened."""
    assert len(evidence.given) > 700
    good = [answer for answer in evidence.given if answer.under == "good weather"]
    assert {answer.who for answer in good} == {"shopper", "vip", "kiosk", "voice", "anonymous", "staff"}
    assert {answer.asked for answer in good} == set(QUERIES)
    codes = {error["extensions"]["code"] for answer in evidence.given for error in answer.said.get("errors", [])}
    assert codes >= {"BACKEND_INVALID", "BACKEND_UNAVAILABLE", "BACKEND_CREDENTIALS", "FORBIDDEN", "BAD_USER_INPUT"}
    webhooks = {answer.status for answer in evidence.given if answer.asked.endswith("webhook")}
    assert webhooks == {200, 400, 401}
    assert evidence.spans
    assert "PROBLEM" in evidence.terminal
    assert "adapter_failed" in evidence.terminal
    assert "KeyError" in evidence.terminal
    assert len(evidence.answers_kept) > 100
    assert evidence.responses_kept


async def test_those_who_may_see_their_data_do(evidence: Evidence) -> None:
    for who, person in (("shopper", 0), ("vip", 3), ("staff", 7)):
        asked = "customer" if who == "staff" else "me"
        shown = {
            found
            for answer in evidence.given
            if (answer.who, answer.asked, answer.under) == (who, asked, "good weather")
            for found in evidence.scanner.data(answer.body)
        }
        assert {found.kind for found in shown if found.person == person} == PERSONAL, who


async def test_no_secret_is_anywhere(evidence: Evidence) -> None:
    everything = {
        "answers": [(answer.headers, answer.body) for answer in evidence.given],
        "kept answers": [evidence.answers_kept, evidence.responses_kept],
        "state": evidence.state,
        "pages": evidence.pages,
        "pictures": evidence.pictures,
        "logs": evidence.logs,
        "terminal": evidence.terminal,
        "spans": evidence.spans,
    }
    for place, things in everything.items():
        assert _of(evidence.scanner.thing(things), "secret") == set(), place


@pytest.mark.parametrize("place", ["logs", "terminal", "spans", "pages", "pictures"])
async def test_nothing_of_anybody_is_written_down(evidence: Evidence, place: str) -> None:
    assert evidence.scanner.thing(getattr(evidence, place)) == set()


async def test_a_failed_call_is_told_in_the_vendors_words_without_anybody_s_data(evidence: Evidence) -> None:
    lines = [line for line in evidence.terminal.splitlines() if "backend_call_failed" in line]
    assert [line for line in lines if "lokation" in line and "for [email] [number]" in line]
    assert [line for line in lines if "BACKEND_CREDENTIALS" in line and "expired;" in line]


async def test_every_trace_id_a_client_was_given_stands_in_the_log_or_its_line_is_counted(evidence: Evidence) -> None:
    given = {
        error["extensions"]["traceId"]
        for answer in evidence.given
        for error in answer.said.get("errors", [])
        if "traceId" in error["extensions"]
    }
    assert len(given) > 300
    missing = {trace for trace in given if trace not in evidence.terminal}
    counted = sum(map(int, re.findall(r"suppressed=(\d+)", evidence.terminal)))
    assert len(missing) <= counted
    assert len(given - missing) > 100


async def test_a_failed_call_is_traced_by_its_code(evidence: Evidence) -> None:
    kinds = {attributes.get("error.type") for name, attributes, *_ in evidence.spans if name == "backend.call"}
    assert kinds >= {None, "BACKEND_INVALID", "BACKEND_UNAVAILABLE", "BACKEND_CREDENTIALS"}


async def test_the_gateway_s_own_database_knows_nobody_by_name(evidence: Evidence) -> None:
    assert b"persons" in evidence.state
    assert evidence.scanner.data(evidence.state) == set()


async def test_what_people_typed_into_carts_is_in_no_writing_in_the_database(evidence: Evidence) -> None:
    filled = [answer for answer in evidence.given if answer.under == GOOD_CARTS]
    assert len(filled) == 4
    for answer in filled:
        assert [mutation["userErrors"] for mutation in answer.said["data"].values()] == [[]] * len(answer.said["data"])
    assert b"subject_keys" in evidence.state
    found = {each for data in decoded(evidence.state) for each in evidence.scanner.text(data.decode("latin-1"))}
    assert found == set()
    refused = [answer for answer in evidence.given if answer.asked == "card in a note"]
    assert {answer.said["errors"][0]["extensions"]["code"] for answer in refused} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "hidden",
    [
        base64.b64encode(b"x" + email(7).encode()),
        b"--" + base64.urlsafe_b64encode(gzip.compress(email(7).encode())) + b"--",
        gzip.compress(email(7).encode() * 20),
        zlib.compress(email(7).encode()),
        b"".join(b"\\u%04x" % letter for letter in email(7).encode()),
    ],
    ids=["base64", "gzip in base64", "gzip", "zlib", "escapes"],  # gzip writes the second into itself
)
async def test_the_scanner_finds_a_canary_in_every_writing(hidden: bytes) -> None:
    scanner = Scanner(())
    found = {each for data in decoded(b"\x00\x01" + hidden) for each in scanner.text(data.decode("latin-1"))}
    assert {each.person for each in found} == {7}


async def test_errors_and_extensions_repeat_no_data_to_anybody(evidence: Evidence) -> None:
    for answer in evidence.given:
        told: list[object] = [answer.headers]
        if not _repeats_its_own_request(answer):
            told += [answer.said.get("errors"), answer.said.get("extensions")]
        assert evidence.scanner.thing(told) == set(), (answer.who, answer.asked, answer.under)


async def test_who_may_not_see_details_is_not_even_told_what_was_sent(evidence: Evidence) -> None:
    plain = [answer for answer in evidence.given if answer.under == "malformed" and answer.who == "voice"]
    assert plain
    told = {error["message"] for answer in plain for error in answer.said.get("errors", [])}
    assert told
    assert evidence.scanner.thing(told) == set()


async def test_nobody_is_given_what_is_another_s(evidence: Evidence) -> None:
    for answer in evidence.given:
        if _repeats_its_own_request(answer) or answer.under.endswith(SPEAKING_OF_ADA):
            continue
        found = _personal(evidence.scanner.data(answer.body))
        others = {each for each in found if each.person not in allowed(answer.who)}
        assert others == set(), (answer.who, answer.asked, answer.under)


async def test_who_may_see_nobody_is_given_no_card_number(evidence: Evidence) -> None:
    for answer in evidence.given:
        describing = answer.asked in ("public", "web")  # a description is public, whatever stands in it
        if answer.who in ("kiosk", "voice", "anonymous") and not describing and not _repeats_its_own_request(answer):
            assert _of(evidence.scanner.data(answer.body), "card") == set(), (answer.who, answer.asked, answer.under)


async def test_what_is_kept_for_all_holds_nothing_personal(evidence: Evidence) -> None:
    for key, kept in evidence.responses_kept:
        assert _personal(evidence.scanner.thing([key, kept])) == set()
    shared = [(key, entry) for key, entry in evidence.answers_kept if key[0][3] is None]
    assert len(shared) > 100
    for key, entry in shared:
        assert _personal(evidence.scanner.thing([key, entry])) == set(), key[0]


async def test_what_is_kept_for_a_person_is_that_person_s(evidence: Evidence) -> None:
    owners = {"ada": {0}, "noor": {3}, "sam": set(range(1_000))}
    met: set[str] = set()
    for key, entry in evidence.answers_kept:
        person = key[0][3]
        if person is None:
            continue
        who = str(person).rpartition("|")[2]
        found = {each.person for each in evidence.scanner.thing([key, entry]) if each.kind in PERSONAL}
        if found:
            met.add(who)
            assert found <= owners[who], key
    assert met >= {"ada", "noor"}


# --- that the tests above can fail ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"to {email(7)}!", "email"),
        (email(7).replace("@", "%40").upper(), "email"),
        (given(7), "name"),
        (phone(7, "44"), "phone"),
        ("call 07700 888 007", "phone"),
        (CARDS[0], "card"),
        ("4111-1111 1111 1111", "card"),
        ("key=hush-hush/1", "secret"),
        ("key=hush-hush%2F1", "secret"),
        ("Basic aHVzaC1odXNoLzE=", "secret"),
    ],
)
async def test_a_planted_leak_is_found(text: str, kind: str) -> None:
    scanner = Scanner(["hush-hush/1"])
    assert {found.kind for found in scanner.text(f"before {text} after")} == {kind}
    assert {found.kind for found in scanner.data(b"\0\x81" + text.encode() + b"\xff")} == {kind}
    nested = InvalidAnswer(detail="fine")
    nested.__cause__ = ValueError({"deep": [(text,)]})
    assert {found.kind for found in scanner.thing({"a": [nested]})} == {kind}


async def test_what_only_looks_like_a_canary_is_none() -> None:
    harmless = "41111111111111112 zqgiven 7700888007 4111.1111 someone@example.com 5901234123457"
    assert Scanner(["hush-hush/1"]).text(harmless) == set()


async def test_a_leak_into_logs_terminal_or_traces_is_recorded() -> None:
    recording, scanner = Recording(), Scanner([])
    configured = structlog.get_config()
    structlog.reset_defaults()
    try:
        with recording.on():
            logging.getLogger("anybody").debug("met %s", email(1))
            try:
                with trace.get_tracer("anybody").start_as_current_span("careless"):
                    raise ValueError(given(2))
            except ValueError:
                structlog.get_logger("anybody").exception("careless")
            print(SAID)
    finally:
        structlog.configure(**configured)
    assert _people(scanner.text(recording.logs)) == {1}
    assert _people(scanner.text(recording.terminal)) == {0, 2}
    assert _people(scanner.thing([told(span) for span in recording.spans])) == {2}


def _of(found: set[Found], kind: str) -> set[Found]:
    return {each for each in found if each.kind == kind}


def _personal(found: set[Found]) -> set[Found]:
    return {each for each in found if each.kind in PERSONAL}


def _people(found: set[Found]) -> set[int | None]:
    return {each.person for each in found if each.kind in PERSONAL}


def _repeats_its_own_request(answer: Given) -> bool:
    """A client profile that shows the schema (most of the demo's) has GraphQL quote the sender to the sender."""
    return answer.under == "malformed" and answer.who != "voice" and answer.asked in ("no GraphQL", "wrong variable")
