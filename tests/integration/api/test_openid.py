"""Signing in with the organisation's own sign-in service, and everything a false one or a thief may try."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from api.settings import OpenId
from api.signing_in import openid as signing_in_elsewhere
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.fixtures.openid_provider import CLIENT_ID, CLIENT_SECRET, StandInProvider, stand_in
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username

PAGE = {"Accept": "text/html"}
BACK = "https://hearthwatch.example/sign-in/openid/back"


@pytest.fixture
def provider() -> Iterator[StandInProvider]:
    with stand_in() as running:
        yield running


@pytest.fixture
def offered(neighbourhood: Database, provider: StandInProvider) -> Iterator[Served]:
    """Pages on which one may sign in with the provider, and Wanda Worker's account joined to it."""
    give_accounts(neighbourhood)
    openid = OpenId.model_validate(
        {
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect": BACK,
            "name": "Orchard Care's account",
        }
    )
    told = settings_for(neighbourhood).model_copy(update={"openid": openid})
    with serving(told, Clock()) as served:
        joined = join(served, n.WORKER)
        assert (joined.status_code, joined.headers["location"]) == (303, "/account?said=joined")
        yield served


def there(asked: httpx.Response) -> httpx.Response:
    """What the browser is sent back with, as a query."""
    assert asked.status_code == 303, asked.text
    return httpx.get(asked.headers["location"], follow_redirects=False, timeout=PATIENCE_SECONDS)


def back(browser: httpx.Client, sent: httpx.Response) -> httpx.Response:
    where = httpx.URL(sent.headers["location"])
    assert str(where).startswith(BACK)
    return browser.get("/sign-in/openid/back", params=where.params, headers=PAGE)


def join(served: Served, person: UUID) -> httpx.Response:
    browser = served.by_password(person)
    return back(browser, there(browser.post("/account/openid", data={"current": PASSWORD})))


def sign_in(served: Served, heading_for: str = "/rounds") -> tuple[httpx.Client, httpx.Response]:
    browser = served.client(headers=PAGE)
    return browser, back(browser, there(browser.get("/sign-in/openid", params={"next": heading_for})))


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/api/v1/me").status_code == 200


def test_whoever_joined_their_account_signs_in_that_way(offered: Served) -> None:
    assert "Sign in with Orchard Care&#39;s account" in offered.client().get("/sign-in", headers=PAGE).text
    browser, answer = sign_in(offered)
    assert answer.headers["location"] == "/rounds"
    assert browser.get("/api/v1/me").json()["name"] == "Wanda Worker"


def test_whom_nobody_joined_gets_in_nowhere_whatever_the_provider_calls_them(
    offered: Served, provider: StandInProvider
) -> None:
    provider.subject = "somebody-else"
    provider.claims = {"preferred_username": username(n.WORKER), "email": username(n.WORKER)}
    browser, answer = sign_in(offered)
    assert (answer.status_code, is_in(browser)) == (401, False)
    assert "join the two on your account page" in answer.text


def test_one_subject_is_not_joined_to_two_accounts(offered: Served) -> None:
    assert join(offered, n.OUTSIDER).status_code == 401
    browser, _ = sign_in(offered)
    assert browser.get("/api/v1/me").json()["name"] == "Wanda Worker"


def test_joining_wants_the_password_again(offered: Served) -> None:
    browser = offered.by_password(n.OUTSIDER)
    assert browser.post("/account/openid", data={"current": "guess"}).status_code == 422


def test_each_try_has_a_state_a_nonce_and_a_challenge_of_its_own(
    offered: Served, provider: StandInProvider
) -> None:
    for _ in range(3):
        sign_in(offered)
    for name in ("state", "nonce", "code_challenge"):
        assert len({asked[name] for asked in provider.asked}) == len(provider.asked) == 4


def test_a_key_that_the_provider_changed_is_found_anew(offered: Served, provider: StandInProvider) -> None:
    for _ in range(2):
        provider.rotate()
        browser, _ = sign_in(offered)
        assert is_in(browser)


NOT_FOR_US_NOW: tuple[dict[str, Any], ...] = (
    {"aud": "another client"},
    {"aud": None},
    {"iss": "https://elsewhere.example"},
    {"nonce": "another try's"},
    {"nonce": None},
    {"exp": 1_600_000_000},
    {"exp": None},
    {"sub": None},
    {"sub": ""},
    {"azp": "another client"},
    {"at_hash": "of another token"},
)


def test_a_token_that_is_not_for_us_now_is_not_believed(offered: Served, provider: StandInProvider) -> None:
    for claims in NOT_FOR_US_NOW:
        provider.claims = claims
        browser, answer = sign_in(offered)
        assert (answer.status_code, is_in(browser)) == (401, False), claims
    provider.claims = {}
    browser, _ = sign_in(offered)
    assert is_in(browser), "what was refused before was refused for what it claimed"


def test_a_token_that_somebody_else_signed_is_not_believed(
    offered: Served, provider: StandInProvider
) -> None:
    own, public = RSAKey.generate_key(2048), provider.keys[0].as_pem(private=False)

    def with_their_own_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, own)

    def with_our_public_key_as_a_secret(header: dict[str, Any], claims: dict[str, Any]) -> str:
        signed = f"{_part(header | {'alg': 'HS256'})}.{_part(claims)}"
        return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"

    def with_nothing(header: dict[str, Any], claims: dict[str, Any]) -> str:
        return f"{_part(header | {'alg': 'none'})}.{_part(claims)}."

    for provider.forge in (with_their_own_key, with_our_public_key_as_a_secret, with_nothing):
        browser, answer = sign_in(offered)
        assert (answer.status_code, is_in(browser)) == (401, False), provider.forge
    provider.forge = None
    assert is_in(sign_in(offered)[0])


def _part(said: dict[str, Any]) -> str:
    return _base64(json.dumps(said).encode())


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def test_what_one_browser_began_no_other_ends_and_nobody_twice(offered: Served) -> None:
    victim, thief = offered.client(headers=PAGE), offered.client(headers=PAGE)
    sent = there(victim.get("/sign-in/openid"))
    there(thief.get("/sign-in/openid"))
    assert (back(thief, sent).status_code, is_in(thief)) == (401, False)
    sent = there(victim.get("/sign-in/openid"))
    assert back(victim, sent).status_code == 303
    victim.post("/sign-out")
    assert (back(victim, sent).status_code, is_in(victim)) == (401, False)


def test_a_try_is_good_for_ten_minutes(offered: Served) -> None:
    browser = offered.client(headers=PAGE)
    sent = there(browser.get("/sign-in/openid"))
    offered.clock.ahead += timedelta(minutes=10)
    assert back(browser, sent).status_code == 401


def test_another_provider_at_the_same_address_is_not_believed(
    offered: Served, provider: StandInProvider, neighbourhood: Database
) -> None:
    provider.named = "https://elsewhere.example"
    with serving(offered.settings, offered.clock) as fresh:
        answer = fresh.client().get("/sign-in/openid", headers=PAGE)
    assert answer.status_code == 503
    assert "Sign in with your password." in answer.text


def test_where_one_goes_on_is_never_another_site(offered: Served) -> None:
    _, answer = sign_in(offered, "//elsewhere.example")
    assert answer.headers["location"] == "/"


def test_a_password_given_by_somebody_else_parts_the_two(offered: Served) -> None:
    asked = {
        "username": username(n.WORKER),
        "reason": "She thinks that somebody else got in.",
        "current": PASSWORD,
    }
    assert offered.by_password(n.MANAGER).post("/accounts/password", data=asked).status_code == 200
    assert sign_in(offered)[1].status_code == 401


def test_of_one_address_few_tries_wait_and_the_newest_is_good(
    offered: Served, neighbourhood: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in_elsewhere, "MOST_FROM_ONE_ADDRESS", 3)
    browser = offered.client(headers=PAGE)
    for _ in range(5):
        where = there(browser.get("/sign-in/openid"))
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM api.openid_try").fetchall() == [(3,)]
    assert back(browser, where).status_code == 303
