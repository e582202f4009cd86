"""What every answer carries over HTTPS, whatever the address; and what becomes of those who ask to do harm."""

import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import h11
import httpx2 as httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.processes import slow_callers
from api.settings import Settings
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username
from tests.integration.api.test_access import STREAM, addresses, escalation

__all__ = ["escalation"]

POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/%5cevil.example",
    "/%2F/evil.example",
    "/\t/evil.example",
    "/..//evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/queue\r\nLocation: https://evil.example",
    "http:evil.example",
)
RIGHT = {"username": username(n.CLINICIAN), "password": PASSWORD}


@pytest.fixture
def over_https(neighbourhood: Database) -> Iterator[Served]:
    """The api as it is served to people: behind something that speaks HTTPS, and not as the demonstration."""
    give_accounts(neighbourhood)
    settings: Settings = settings_for(neighbourhood).model_copy(update={"demo": False})
    with serving(settings, Clock()) as running:
        yield running


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """As a browser would send them back over HTTPS."""
    return {"Cookie": "; ".join(one.split(";")[0] for one in answer.headers.get_list("set-cookie"))}


GUARDS = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
HTML = {"Accept": "text/html"}
SIGNED_IN = {"Cookie": "a session of Clive's that begins now"}
WORDS = {"words": "Synthetic words.", "note": "x", "severity": "concern", "reason": "x"}
READING = ({}, {"headers": SIGNED_IN}, {"headers": SIGNED_IN | HTML})
# How each method is asked for at every address; HEAD is answered as GET, and needs no route.
WAYS: Mapping[str, tuple[Mapping[str, Any], ...]] = {"GET": READING, "HEAD": READING[2:]} | dict.fromkeys(
    UNSAFE,
    (
        {"json": WORDS},
        {"json": WORDS, "headers": SIGNED_IN},
        {"data": WORDS, "headers": SIGNED_IN | HTML},
        {"data": WORDS, "headers": SIGNED_IN | HTML | {"Sec-Fetch-Site": "cross-site"}},
    ),
)


def guards_missing(answer: httpx.Response) -> dict[str, str | None]:
    """What an answer should carry and does not, or says otherwise."""
    said = answer.headers
    policy = dict(part.split(" ", 1) for part in said.get("content-security-policy", "- -").split("; "))
    missing = {name: said.get(name) for name, value in GUARDS.items() if said.get(name) != value}
    missing |= {} if policy == POLICY else {"content-security-policy": str(policy)}
    return missing | ({"server": said["server"]} if "server" in said else {})


def test_every_answer_of_every_route_carries_its_guards(over_https: Served, escalation: UUID) -> None:
    routes = list(iter_route_contexts(create_app(Settings()).routes))
    assert {method for route in routes for method in route.methods or ()} <= set(WAYS)
    client = over_https.client()
    statuses: Counter[int] = Counter()
    pages = 0
    for method, ways in WAYS.items():
        there = addresses("GET" if method == "HEAD" else method, escalation)
        for address, way in product([*there, "/nothing", "/static/nothing"], ways):
            headers = dict(way.get("headers", {}))
            if "Cookie" in headers:
                # One for each, as some end their own.
                headers["Cookie"] = "=".join(over_https.session_of(n.CLINICIAN))
            answer = client.request(method, address, **{**way, "headers": headers})
            assert guards_missing(answer) == {}, (method, address, way)
            statuses[answer.status_code] += 1
            if answer.headers.get("content-type", "").startswith("text/html"):
                pages += 1
                inline = re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|javascript:", answer.text)
                assert inline == [], address
    assert pages > 20
    # Done, refused to a stranger, not allowed, not there, not with this method, and not understood.
    assert {200, 303, 401, 403, 404, 405, 422} <= set(statuses)


def test_the_stream_of_a_hub_carries_them_too_open_or_refused(over_https: Served) -> None:
    client = over_https.client()
    stream = STREAM.format(hub_id=n.HUB)
    assert guards_missing(client.get(stream)) == {}
    cookie = {"Cookie": "=".join(over_https.session_of(n.CLINICIAN))}
    with client.stream("GET", stream, headers=cookie) as opened:
        assert opened.status_code == 200
        assert opened.headers["content-type"].startswith("text/event-stream")
        assert guards_missing(opened) == {}


def test_every_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(over_https: Served) -> None:
    entered = over_https.client().post("/api/v1/sign-in", json=RIGHT)
    given = entered.headers.get_list("set-cookie")
    assert len(given) == 2
    for cookie in given:
        assert cookie.startswith("__Host-hearthwatch")
        attributes = {part.strip().lower().split("=")[0]: part for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite", "path"} <= set(attributes)
        assert attributes["samesite"].strip().lower() in ("samesite=lax", "samesite=strict")
        assert attributes["path"].strip().lower() == "path=/"
        assert "domain" not in attributes


def test_no_route_takes_a_change_from_another_site(over_https: Served, escalation: UUID) -> None:
    stranger = over_https.client()
    clinician = cookies_of(stranger.post("/api/v1/sign-in", json=RIGHT))
    asked = [(method, address) for method in UNSAFE for address in addresses(method, escalation)]
    assert len(asked) > 40
    for method, address in asked:
        for site in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            answer = stranger.request(method, address, headers=clinician | site)
            assert answer.status_code == 403, (method, address)
            assert "another site" in answer.text
    assert stranger.get("/api/v1/me", headers=clinician).status_code == 200


def test_nobody_is_sent_on_to_another_site(over_https: Served) -> None:
    client = over_https.client()
    for elsewhere in ELSEWHERE:
        page = client.get("/sign-in", params={"next": elsewhere}, headers={"Accept": "text/html"})
        assert page.status_code == 200
        entered = client.post("/sign-in", data=RIGHT | {"next": elsewhere})
        assert entered.status_code == 303
        # As a browser reads it: a backslash is a slash, and control characters are not there.
        read = re.sub(r"[\t\r\n]", "", entered.headers["location"]).replace("\\", "/")
        assert httpx.URL("https://here.example/sign-in").join(read).host == "here.example"
        assert urlsplit(read).scheme == ""


def test_the_host_that_a_request_names_is_not_where_it_is_sent(over_https: Served) -> None:
    for address in ("/sign-in/", "/api/v1/me/", "//evil.example/", "/"):
        answer = over_https.client().get(address, headers={"Host": "evil.example", "Accept": "text/html"})
        assert "evil.example" not in answer.headers.get("location", "").split("?")[0]


def test_json_that_goes_deep_is_refused_as_any_other(over_https: Served) -> None:
    json = {"Content-Type": "application/json"}
    client = over_https.client()
    for nested in (b"[" * 400_000, b'{"a":' * 100_000, b'{"username":' + b"[" * 300_000):
        assert client.post("/api/v1/sign-in", content=nested, headers=json).status_code in (400, 422)
    assert client.get("/healthz").status_code == 200


def test_a_form_of_too_many_fields_or_files_is_refused(over_https: Served) -> None:
    client = over_https.client()
    fields = client.post("/sign-in", data={f"field{one}": "x" for one in range(5000)})
    assert fields.status_code in (400, 401, 413, 422, 429)
    parts = client.post("/sign-in", files=[("username", (f"{one}.txt", b"x")) for one in range(2000)])
    assert parts.status_code in (400, 401, 413, 422, 429)
    assert client.get("/healthz").status_code == 200


def test_a_head_of_too_much_is_refused_and_the_line_closed(over_https: Served) -> None:
    with socket.create_connection(at(over_https), timeout=30) as caller:
        caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n")
        answer = b""
        # More than 64 kB; the server may close while we still talk.
        try:
            for one in range(2000):
                caller.sendall(b"X-Header-%d: %s\r\n" % (one, b"x" * 100))
            caller.sendall(b"\r\n")
        except OSError:
            return
        try:
            while received := caller.recv(4096):
                answer += received
        except OSError:
            return
        assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: here\r\nX-Slow: ", id="head"),
        pytest.param(
            b"POST /api/v1/sign-in HTTP/1.1\r\nHost: here\r\nContent-Length: 900000\r\n\r\n", id="body"
        ),
    ],
)
def test_whoever_sends_byte_by_byte_is_cut_off(
    over_https: Served, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(slow_callers, "ALLOWED", {h11.IDLE: 0.5, h11.SEND_BODY: 0.5})
    with socket.create_connection(at(over_https), timeout=0.1) as caller:
        caller.sendall(begun)
        for _ in range(600):
            try:
                caller.sendall(b"x")
                if caller.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it went on for a minute")
    assert over_https.client().get("/healthz").status_code == 200


def test_a_crowd_of_forms_sent_slowly_leaves_the_others_served(
    served: Served, neighbourhood: Database
) -> None:
    worker = served.signed_in(n.WORKER)
    cookies = "; ".join(f"{name}={value}" for name, value in worker.cookies.items())
    head = (
        f"POST /residents/{n.AMARA}/capture HTTP/1.1\r\nHost: {urlsplit(served.address).netloc}\r\n"
        f"Cookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\nExpect: 100-continue\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    )
    held = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_api' AND state = 'idle in transaction'"
    with ExitStack() as open_ones:
        for _ in range(20):
            caller = open_ones.enter_context(socket.create_connection(at(served), timeout=PATIENCE_SECONDS))
            caller.sendall(head.encode())
            assert caller.recv(4096).startswith(b"HTTP/1.1 100"), "the api waits for the rest of the form"
            caller.sendall(b"spo2=")
        with neighbourhood.connect() as owner:
            assert owner.execute(held).fetchall() == [(0,)]
        assert worker.get("/api/v1/me").status_code == 200


def at(served: Served) -> tuple[str, int]:
    parts = urlsplit(served.address)
    return str(parts.hostname), int(parts.port or 0)
