"""One's own account: the sessions one has, and another password."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import httpx2 as httpx

from api.app import REQUESTS_AT_ONCE
from api.identity.throttle import ACCOUNT
from delegation.people import Role
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Served, username

SignIn = Callable[[UUID], httpx.Client]
NEW = "copper kettle drum"
PAGE = {"Accept": "text/html"}


def change(client: httpx.Client, **fields: str) -> httpx.Response:
    given = {"current": PASSWORD, "new": NEW, "again": NEW} | fields
    return client.post("/account/password", data=given, headers=PAGE)


def sessions(client: httpx.Client) -> list[dict[str, str]]:
    return client.get("/api/v1/me/sessions").json()


def is_signed_in(client: httpx.Client) -> bool:
    return client.get("/api/v1/me").status_code == 200


def try_password(served: Served, password: str, person: UUID = n.WORKER) -> int:
    given = {"username": username(person), "password": password}
    return served.client().post("/api/v1/sign-in", json=given).status_code


def test_one_sees_where_one_is_signed_in_and_ends_one_of_them(served: Served) -> None:
    here, phone = served.by_password(n.WORKER), served.client(headers={"User-Agent": "Android Firefox/140"})
    phone.post("/api/v1/sign-in", json={"username": username(n.WORKER), "password": PASSWORD})
    served.signed_in(n.CLINICIAN)
    mine = sessions(here)
    assert sorted((one["browser"], one["here"]) for one in mine) == [
        ("A program or an unusual browser", True),
        ("Firefox on Android", False),
    ]
    assert "Firefox on Android" in here.get("/account", headers=PAGE).text
    [other] = [one["session_id"] for one in mine if not one["here"]]
    ended = here.post(f"/account/sessions/{other}/end")
    assert (ended.status_code, ended.headers["location"]) == (303, "/account?said=one")
    assert (is_signed_in(here), is_signed_in(phone)) == (True, False)


def test_all_others_end_at_once_and_nobody_elses(served: Served) -> None:
    here, there, other = (served.by_password(person) for person in (n.WORKER, n.WORKER, n.CLINICIAN))
    assert here.post("/account/sessions/end-others").status_code == 303
    assert [is_signed_in(one) for one in (here, there, other)] == [True, False, True]


def test_nobody_ends_anothers_session(served: Served) -> None:
    worker, clinician = served.by_password(n.WORKER), served.by_password(n.CLINICIAN)
    [theirs] = sessions(clinician)
    assert worker.post(f"/account/sessions/{theirs['session_id']}/end").status_code == 404
    assert worker.delete(f"/api/v1/me/sessions/{theirs['session_id']}").status_code == 404
    assert is_signed_in(clinician)


def test_signing_in_again_ends_the_session_the_browser_was_in(served: Served) -> None:
    client = served.by_password(n.WORKER)
    before = dict(client.cookies)
    client.post("/api/v1/sign-in", json={"username": username(n.WORKER), "password": PASSWORD})
    assert dict(client.cookies) != before
    assert not is_signed_in(served.client(cookies=before))


def test_a_new_password_ends_every_other_session_and_the_old_one_is_worth_nothing(
    served: Served, neighbourhood: Database
) -> None:
    here, there = served.by_password(n.WORKER), served.by_password(n.WORKER)
    before = dict(here.cookies)
    changed = change(here)
    assert (changed.status_code, changed.headers["location"]) == (303, "/account")
    assert [is_signed_in(one) for one in (here, there)] == [True, False]
    assert not is_signed_in(served.client(cookies=before))
    assert (try_password(served, PASSWORD), try_password(served, NEW)) == (401, 204)
    with neighbourhood.connect() as conn:
        written = conn.execute("SELECT actor FROM delegation.audit_event WHERE action = 'password.changed'")
        assert written.fetchall() == [(f"person:{n.WORKER}",)]
        assert NEW not in str(conn.execute("SELECT * FROM api.account").fetchall())


def test_a_password_is_not_changed_without_the_one_before_or_for_one_that_will_not_do(served: Served) -> None:
    client = served.by_password(n.WORKER)
    refused = {
        "This is not your password": {"current": "guess"},
        "Type in your password": {"current": ""},
        "Use 12 characters or more": {"new": "short", "again": "short"},
        "This is known from breaches elsewhere": {"new": "Password2024!", "again": "Password2024!"},
        "The two are not the same": {"again": "copper kettle drums"},
        "This is the password you have now.": {"new": PASSWORD, "again": PASSWORD},
    }
    for sentence, fields in refused.items():
        answer = change(client, **fields)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert NEW not in answer.text
    assert try_password(served, PASSWORD) == 204


def test_whoever_found_a_signed_in_browser_cannot_guess_on_at_its_password(served: Served) -> None:
    served.clock.stand_still()
    client = served.by_password(n.WORKER)
    assert [change(client, current="guess").status_code for _ in range(6)] == [422] * 5 + [429]


def test_however_many_passwords_are_looked_at_nobody_waits_for_a_connection(served: Served) -> None:
    """A request that held one connection and waited for another would stall them all."""
    served.clock.stand_still()
    cookies = dict(served.by_password(n.WORKER).cookies)
    many = REQUESTS_AT_ONCE * 2
    browsers = [served.client(cookies=cookies) for _ in range(many)]
    with ThreadPoolExecutor(many) as at_once:
        statuses = list(at_once.map(lambda one: change(one, current="guess").status_code, browsers))
    assert sorted(statuses) == [422] * ACCOUNT.free + [429] * (many - ACCOUNT.free)


def test_no_session_begins_with_a_password_that_was_changed_while_it_was_looked_at(
    served: Served, neighbourhood: Database
) -> None:
    with ThreadPoolExecutor(1) as other, neighbourhood.connect() as reset:
        reset.execute("UPDATE api.account SET password_hash = '' WHERE person_id = %s", (n.WORKER,))
        beginning = other.submit(try_password, served, PASSWORD)
        wait_until(lambda: beginning.done() or somebody_waits(neighbourhood), "the sign-in to look again")
        reset.execute("DELETE FROM api.session WHERE person_id = %s", (n.WORKER,))
        reset.commit()
    assert beginning.result() == 401
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM api.session").fetchall() == [(0,)]


def somebody_waits(database: Database) -> bool:
    with database.connect() as conn:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return conn.execute(waiting).fetchall() != [(0,)]


def test_a_password_that_was_given_opens_nothing_but_the_choice_of_ones_own(served: Served) -> None:
    given = give(served, n.MANAGER, n.WORKER)
    client = served.client(headers=PAGE)
    sent = client.post(
        "/sign-in", data={"username": username(n.WORKER), "password": given, "next": "/rounds"}
    )
    assert sent.headers["location"] == "/account/password?next=%2Frounds"
    assert client.get("/rounds").headers["location"] == "/account/password?next=%2Frounds"
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/account/sessions/end-others").status_code == 401
    chosen = client.post("/account/password", data={"new": NEW, "again": NEW, "next": "/rounds"})
    assert chosen.headers["location"] == "/rounds"
    assert is_signed_in(client)
    assert (try_password(served, given), try_password(served, NEW)) == (401, 204)


def test_a_password_that_was_given_is_worth_nothing_after_three_days(served: Served) -> None:
    given = give(served, n.OPERATOR, n.CLINICIAN)
    served.clock.ahead += timedelta(days=3)
    refused = served.client(headers=PAGE).post(
        "/sign-in", data={"username": username(n.CLINICIAN), "password": given}
    )
    assert refused.status_code == 401
    assert "which are over" in refused.text
    # Whoever does not know it learns nothing.
    guessed = served.client(headers=PAGE).post(
        "/sign-in", data={"username": username(n.CLINICIAN), "password": "guess"}
    )
    assert "which are over" not in guessed.text


def test_no_password_is_given_by_a_browser_left_open(served: Served) -> None:
    asked = {"username": username(n.CLINICIAN), "reason": "Let me in.", "current": "guess"}
    refused = served.by_password(n.OPERATOR).post("/accounts/password", data=asked, headers=PAGE)
    assert (refused.status_code, "hw-secret" in refused.text) == (422, False)
    assert try_password(served, PASSWORD, n.CLINICIAN) == 204


def give(served: Served, keeper: UUID, person: UUID) -> str:
    """Have somebody give another a password; what it is."""
    asked = {"username": username(person), "reason": "Forgot it; I know her.", "current": PASSWORD}
    answer = served.by_password(keeper).post("/accounts/password", data=asked, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text.split('class="hw-secret">')[1].split("<")[0]


def test_giving_a_password_ends_their_sessions_and_is_written_down_with_its_reason(
    served: Served, neighbourhood: Database
) -> None:
    theirs = served.by_password(n.WORKER)
    give(served, n.MANAGER, n.WORKER)
    assert not is_signed_in(theirs)
    with neighbourhood.connect() as conn:
        written = conn.execute(
            "SELECT actor, subject, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)"
        ).fetchall()
    assert written == [(f"person:{n.MANAGER}", f"person:{n.WORKER}", "Forgot it; I know her.")]


def test_a_manager_helps_only_whoever_is_nothing_but_a_care_worker_of_theirs(
    served: Served, neighbourhood: Database
) -> None:
    manager = served.by_password(n.MANAGER)
    for person in (n.MANAGER, n.CLINICIAN, n.OUTSIDER, n.OPERATOR, n.CARER, n.TRAINER):
        asked = {"username": username(person), "reason": "Let me in.", "current": PASSWORD}
        refused = manager.post("/accounts/password", data=asked, headers=PAGE)
        assert (refused.status_code, "hw-secret" in refused.text) == (422, False)
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at) VALUES (%s, %s, %s, now())",
            (n.WORKER, Role.CARE_WORKER, n.STRANGE_HOME),
        )
    asked = {"username": username(n.WORKER), "reason": "She works elsewhere too.", "current": PASSWORD}
    assert manager.post("/accounts/password", data=asked, headers=PAGE).status_code == 422


def test_an_operator_helps_everybody_but_themselves_and_nobody_else_helps(served: Served) -> None:
    operator = served.by_password(n.OPERATOR)
    own = {"username": username(n.OPERATOR), "reason": "My own.", "current": PASSWORD}
    assert operator.post("/accounts/password", data=own, headers=PAGE).status_code == 422
    assert give(served, n.OPERATOR, n.CLINICIAN)
    for person in (n.WORKER, n.TRAINER, n.CARER):
        asked = {"username": username(n.CLINICIAN), "reason": "Let me in.", "current": PASSWORD}
        assert served.by_password(person).post("/accounts/password", data=asked).status_code == 403


def test_every_role_has_a_rule_for_signing_in(neighbourhood: Database) -> None:
    with neighbourhood.connect("hearthwatch_api") as conn:
        ruled = {role for (role,) in conn.execute("SELECT role FROM api.sign_in_rule")}
    assert ruled == {*Role, "none"}


def test_of_several_roles_the_strictest_rule_holds(served: Served, neighbourhood: Database) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, starts_at) VALUES (%s, %s, now())",
            (n.WORKER, Role.OPERATOR),
        )
    both, one = served.by_password(n.WORKER), served.by_password(n.CARER)
    served.clock.ahead += timedelta(minutes=16)
    assert (is_signed_in(both), is_signed_in(one)) == (False, True)
