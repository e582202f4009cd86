"""Signing in, staying signed in, and being signed out."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Served, username

SignIn = Callable[[UUID], httpx.Client]


def test_somebody_signs_in_and_is_told_who_they_are(sign_in: SignIn) -> None:
    me = sign_in(n.CLINICIAN).get("/api/v1/me").json()
    assert me["name"] == "Clive Clinician"
    assert [(held["role"], held["hub_id"]) for held in me["roles"]] == [("hub_clinician", str(n.HUB))]


def test_the_token_is_in_a_cookie_scripts_cannot_read_and_only_its_hash_in_the_database(
    served: Served, neighbourhood: Database
) -> None:
    answer = served.client().post(
        "/api/v1/sign-in", json={"username": username(n.WORKER), "password": PASSWORD}
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    assert answer.content == b""
    with neighbourhood.connect() as conn:
        kept = conn.execute("SELECT token_hash FROM api.session").fetchall()
    assert len(kept) == 1
    assert token.encode() not in kept[0][0]


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(served: Served) -> None:
    client = served.client()
    wrong = client.post("/api/v1/sign-in", json={"username": username(n.WORKER), "password": "wrong"})
    unknown = client.post("/api/v1/sign-in", json={"username": "nobody", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down_and_never_locks_the_account(served: Served) -> None:
    served.clock.stand_still()
    client = served.client()
    right = {"username": username(n.WORKER), "password": PASSWORD}
    for _ in range(5):
        assert client.post("/api/v1/sign-in", json=right | {"password": "guess"}).status_code == 401
    waits = client.post("/api/v1/sign-in", json=right)
    assert waits.status_code == 429
    assert int(waits.headers["retry-after"]) >= 1
    others = {"username": username(n.CARER), "password": PASSWORD}
    assert client.post("/api/v1/sign-in", json=others).status_code == 204
    served.clock.ahead += timedelta(seconds=61)
    assert client.post("/api/v1/sign-in", json=right).status_code == 204


def test_a_session_ends_when_it_was_not_used_for_half_an_hour(served: Served) -> None:
    client = served.by_password(n.WORKER)
    for _ in range(3):
        served.clock.ahead += timedelta(minutes=29)
        assert client.get("/api/v1/me").status_code == 200
    served.clock.ahead += timedelta(minutes=31)
    ended = client.get("/api/v1/me")
    assert ended.status_code == 401
    assert ended.json()["detail"] == "You have been signed out. Sign in again."


def test_a_session_ends_after_twelve_hours_however_busy(served: Served) -> None:
    client = served.by_password(n.WORKER)
    for _ in range(35):
        served.clock.ahead += timedelta(minutes=20)
        assert client.get("/api/v1/me").status_code == 200
    served.clock.ahead += timedelta(minutes=21)
    assert client.get("/api/v1/me").status_code == 401


def test_after_signing_out_the_token_is_worth_nothing(served: Served) -> None:
    client = served.by_password(n.WORKER)
    token = dict(client.cookies)
    assert client.post("/api/v1/sign-out").status_code == 204
    thief = served.client(cookies=token)
    assert thief.get("/api/v1/me").status_code == 401


def test_signing_in_and_out_is_audited(served: Served, neighbourhood: Database) -> None:
    served.by_password(n.TRAINER).post("/api/v1/sign-out")
    with neighbourhood.connect() as conn:
        written = conn.execute(
            "SELECT actor, action FROM delegation.audit_event ORDER BY audit_id"
        ).fetchall()
    assert written == [(f"person:{n.TRAINER}", "signed_in"), (f"person:{n.TRAINER}", "signed_out")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(served: Served, headers: dict[str, str]) -> None:
    client = served.by_password(n.WORKER)
    refused = client.post("/api/v1/sign-out", headers=headers)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/me").status_code == 200


def test_a_role_that_has_ended_opens_nothing_from_that_moment(
    served: Served, neighbourhood: Database
) -> None:
    client = served.by_password(n.CLINICIAN)
    assert client.get(f"/api/v1/hubs/{n.HUB}/escalations").status_code == 200
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.CLINICIAN,)
        )
    ended = client.get(f"/api/v1/hubs/{n.HUB}/escalations")
    assert (ended.status_code, ended.json()["detail"]) == (
        401,
        "What you may see and do has changed. Sign in again.",
    )
    again = served.by_password(n.CLINICIAN)
    assert again.get(f"/api/v1/hubs/{n.HUB}/escalations").status_code == 403
