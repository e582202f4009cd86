"""Signing in with a second step: setting it up, using it, losing it, and getting round it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx2 as httpx
import pyotp
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.identity.throttle import ACCOUNT
from api.settings import Account
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username

PAGE = {"Accept": "text/html"}
HALF_A_MINUTE = timedelta(seconds=30)
QUEUE = f"/hubs/{n.HUB}"


@pytest.fixture
def asked(neighbourhood: Database) -> Iterator[Served]:
    """Pages that ask for a second step."""
    give_accounts(neighbourhood)
    account = Account(key=SecretStr(Fernet.generate_key().decode()))
    told = settings_for(neighbourhood).model_copy(update={"account": account})
    with serving(told, Clock().stand_still()) as served:
        yield served


def secret_in(shown: str) -> str | None:
    found = re.search(r'<strong class="hw-secret">([A-Z2-7 ]+)</strong>', shown)
    return None if found is None else found[1].replace(" ", "")


class Telephone:
    """Somebody with a browser, and an app that shows codes."""

    def __init__(self, served: Served, person: UUID = n.CLINICIAN) -> None:
        self.served, self.person = served, person
        self.browser = served.client(headers=PAGE)
        self.secret = ""
        self.recovery_codes: list[str] = []

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.served.clock())

    def password(self, password: str = PASSWORD, heading_for: str = QUEUE) -> httpx.Response:
        self.browser = self.served.client(headers=PAGE)
        given = {"username": username(self.person), "password": password, "next": heading_for}
        return self.browser.post("/sign-in", data=given)

    def say(self, code: str) -> httpx.Response:
        return self.browser.post("/sign-in/code", data={"code": code, "next": QUEUE})

    def shown(self, current: str | None = None) -> httpx.Response:
        """The page with the secret; whoever is signed in gives their password for it."""
        if current is None:
            return self.browser.get("/account/second-step")
        return self.browser.post("/account/second-step/secret", data={"current": current, "next": QUEUE})

    def set_up(self, current: str | None = None) -> httpx.Response:
        shown = self.shown(current).text
        self.secret = secret_in(shown) or ""
        assert "<svg" in shown
        answer = self.browser.post("/account/second-step", data={"code": self.code(), "next": QUEUE})
        self.recovery_codes = re.findall(r'<li class="hw-secret">([a-z2-7-]+)</li>', answer.text)
        return answer

    def enrol(self) -> "Telephone":
        self.password()
        assert self.set_up().status_code == 200
        assert self.is_in()
        self.served.clock.ahead += HALF_A_MINUTE
        return self

    def is_in(self) -> bool:
        return self.browser.get("/api/v1/me").status_code == 200


def test_whoever_works_at_the_hub_sets_it_up_before_they_see_anything(asked: Served) -> None:
    somebody = Telephone(asked)
    sent = somebody.password()
    assert sent.headers["location"] == f"/account/second-step?next={QUEUE.replace('/', '%2F')}"
    for address in (QUEUE, "/", "/account", "/account/password", "/account/recovery-codes"):
        assert somebody.browser.get(address).headers["location"].startswith("/account/second-step?next=")
    assert not somebody.is_in()
    before = dict(somebody.browser.cookies)
    answer = somebody.set_up()
    assert len(set(somebody.recovery_codes)) == 10
    assert f'href="{QUEUE}"' in answer.text
    assert somebody.browser.get(QUEUE).status_code == 200
    assert asked.client(cookies=before).get("/api/v1/me").status_code == 401


def test_whoever_needs_none_signs_in_without_and_may_set_one_up(asked: Served) -> None:
    worker = Telephone(asked, n.WORKER)
    assert worker.password(heading_for="/rounds").headers["location"] == "/rounds"
    assert worker.set_up(current=PASSWORD).status_code == 200
    assert worker.password().headers["location"].startswith("/sign-in/code")


def test_then_it_takes_the_code_of_the_moment_and_each_code_only_once(asked: Served) -> None:
    somebody = Telephone(asked).enrol()
    assert somebody.password().headers["location"] == f"/sign-in/code?next={QUEUE.replace('/', '%2F')}"
    assert not somebody.is_in()
    assert somebody.browser.get("/account/second-step").headers["location"].startswith("/sign-in/code")
    code = somebody.code()
    assert somebody.say(f" {code[:3]} {code[3:]}").headers["location"] == QUEUE
    assert somebody.is_in()
    somebody.password()
    assert somebody.say(code).status_code == 422
    assert not somebody.is_in()
    asked.clock.ahead += HALF_A_MINUTE
    assert somebody.say(somebody.code()).status_code == 303


def test_a_session_without_its_code_is_over_after_a_quarter_of_an_hour(asked: Served) -> None:
    somebody = Telephone(asked).enrol()
    somebody.password()
    asked.clock.ahead += timedelta(minutes=15)
    assert somebody.say(somebody.code()).status_code == 401


def test_whoever_has_the_password_alone_cannot_guess_on_at_codes(asked: Served) -> None:
    somebody = Telephone(asked).enrol()
    own = somebody.browser
    thief = Telephone(asked)
    thief.password()
    tries = [thief.say("000000").status_code for _ in range(ACCOUNT.free + 2)]
    assert tries == [422] * ACCOUNT.free + [429] * 2
    # Which takes nothing from the browser its owner has used before.
    somebody.browser = own
    own.post("/sign-in", data={"username": username(n.CLINICIAN), "password": PASSWORD})
    assert somebody.say(somebody.code()).status_code == 303


def test_a_recovery_code_signs_in_once_and_is_written_down(asked: Served, neighbourhood: Database) -> None:
    somebody = Telephone(asked).enrol()
    [code, other, *_] = somebody.recovery_codes
    somebody.password()
    assert somebody.say(code.upper().replace("O", "0").replace("L", "1")).status_code == 303
    assert "9 of yours are left" in somebody.browser.get("/account").text
    somebody.password()
    assert somebody.say(code).status_code == 422
    assert somebody.say(other).status_code == 303
    with neighbourhood.connect() as conn:
        used = conn.execute("SELECT count(*) FROM delegation.audit_event WHERE action = 'recovery_code.used'")
        assert used.fetchone() == (2,)


def test_new_recovery_codes_take_the_place_of_the_old_and_need_the_password(asked: Served) -> None:
    somebody = Telephone(asked).enrol()
    old = somebody.recovery_codes
    assert somebody.browser.post("/account/recovery-codes", data={"current": "guess"}).status_code == 422
    answer = somebody.browser.post("/account/recovery-codes", data={"current": PASSWORD})
    new = re.findall(r'<li class="hw-secret">([a-z2-7-]+)</li>', answer.text)
    assert len({*old, *new}) == 20
    somebody.password()
    assert [somebody.say(code).status_code for code in (old[0], new[0])] == [422, 303]


def test_another_telephone_needs_the_password_and_ends_the_old_one_and_all_other_sessions(
    asked: Served,
) -> None:
    somebody = Telephone(asked).enrol()
    old, elsewhere = somebody.secret, somebody.browser
    somebody.password()
    somebody.say(somebody.code())
    asked.clock.ahead += HALF_A_MINUTE
    refused = somebody.shown("guess")
    assert (refused.status_code, secret_in(refused.text)) == (422, None)
    assert somebody.set_up(current=PASSWORD).status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401
    asked.clock.ahead += HALF_A_MINUTE
    somebody.password()
    assert somebody.say(pyotp.TOTP(old).at(asked.clock())).status_code == 422
    assert somebody.say(somebody.code()).status_code == 303


def test_an_operator_takes_a_lost_second_step_away_with_a_new_password_and_it_is_written_down(
    asked: Served, neighbourhood: Database
) -> None:
    somebody, operator = Telephone(asked).enrol(), Telephone(asked, n.OPERATOR).enrol()
    request = {"username": username(n.CLINICIAN), "reason": "Lost it; I rang her.", "what": "second_step"}
    assert operator.browser.post("/accounts/password", data=request).status_code == 422
    request["current"] = PASSWORD
    given = operator.browser.post("/accounts/password", data=request).text
    password = given.split('class="hw-secret">')[1].split("<")[0]
    assert not somebody.is_in()
    assert somebody.password().status_code == 401
    assert somebody.password(password).headers["location"].startswith("/account/password")
    new = {"new": "copper kettle drum", "again": "copper kettle drum", "next": QUEUE}
    assert (
        somebody.browser.post("/account/password", data=new)
        .headers["location"]
        .startswith("/account/second-step")
    )
    assert somebody.set_up().status_code == 200
    assert somebody.is_in()
    with neighbourhood.connect() as conn:
        written = conn.execute(
            "SELECT actor, subject, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)"
            " WHERE action = 'second_step.taken_away'"
        ).fetchall()
    assert written == [(f"person:{n.OPERATOR}", f"person:{n.CLINICIAN}", "Lost it; I rang her.")]


def test_a_manager_takes_nobodys_second_step_away(asked: Served) -> None:
    worker, manager = Telephone(asked, n.WORKER), Telephone(asked, n.MANAGER)
    worker.password()
    worker.set_up(current=PASSWORD)
    manager.password()
    request = {"username": username(n.WORKER), "reason": "Let me in.", "what": "second_step"}
    request["current"] = PASSWORD
    assert manager.browser.post("/accounts/password", data=request).status_code == 422
    assert worker.is_in()


def test_no_secret_can_be_read_in_the_database(asked: Served, neighbourhood: Database) -> None:
    somebody = Telephone(asked).enrol()
    with neighbourhood.connect() as conn:
        kept = str(conn.execute("SELECT * FROM api.second_step").fetchall())
        kept += str(conn.execute("SELECT * FROM api.recovery_code").fetchall())
    assert somebody.secret not in kept
    assert not any(code.replace("-", "") in kept for code in somebody.recovery_codes)


def test_where_the_key_was_lost_a_recovery_code_still_signs_in_and_another_telephone_is_set_up(
    asked: Served,
) -> None:
    somebody, halfway = Telephone(asked).enrol(), Telephone(asked, n.COLLEAGUE)
    halfway.password()
    halfway.shown()
    other = Account(key=SecretStr(Fernet.generate_key().decode()))
    told = asked.settings.model_copy(update={"account": other})
    with serving(told, asked.clock) as anew:
        somebody.served = anew
        somebody.password()
        refused = somebody.say(somebody.code())
        assert (refused.status_code, "Use a recovery code" in refused.text) == (422, True)
        assert somebody.say(somebody.recovery_codes[0]).status_code == 303
        assert somebody.set_up(current=PASSWORD).status_code == 200
        asked.clock.ahead += HALF_A_MINUTE
        somebody.password()
        assert somebody.say(somebody.code()).status_code == 303
        half_in = anew.client(cookies=dict(halfway.browser.cookies), headers=PAGE)
        assert half_in.get("/account/second-step").status_code == 200


def test_programs_are_sent_to_the_pages(asked: Served) -> None:
    given = {"username": username(n.CLINICIAN), "password": PASSWORD}
    refused = asked.client().post("/api/v1/sign-in", json=given)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers


def test_a_secret_belongs_to_the_session_it_was_shown_in(asked: Served) -> None:
    """So whoever saw one before a reset, or at a browser left open, has no codes of the owner's telephone."""
    thief = Telephone(asked)
    thief.password()
    seen = {secret_in(thief.shown().text), secret_in(thief.shown().text)}
    assert len(seen) == 2
    operator = Telephone(asked, n.OPERATOR).enrol()
    given = given_by(operator, n.CLINICIAN)
    owner = Telephone(asked)
    owner.password(given)
    owner.browser.post("/account/password", data={"new": "copper kettle drum", "again": "copper kettle drum"})
    owner.set_up()
    assert owner.is_in()
    assert owner.secret not in seen
    assert thief.browser.get("/account/second-step").headers["location"].startswith("/sign-in?")


def test_a_browser_left_open_shows_no_secret_without_the_password(asked: Served) -> None:
    worker = Telephone(asked, n.WORKER)
    worker.password()
    assert secret_in(worker.shown().text) is None
    secret = secret_in(worker.shown(PASSWORD).text)
    wrong = worker.browser.post("/account/second-step", data={"code": "000000"})
    assert (wrong.status_code, secret_in(wrong.text)) == (422, None)
    # Whoever has it in their telephone may type again.
    code = pyotp.TOTP(secret or "").at(asked.clock())
    assert worker.browser.post("/account/second-step", data={"code": code}).status_code == 200


def test_while_signing_in_a_mistyped_code_is_answered_with_the_same_secret(asked: Served) -> None:
    somebody = Telephone(asked)
    somebody.password()
    secret = secret_in(somebody.shown().text)
    wrong = somebody.browser.post("/account/second-step", data={"code": "000000"})
    assert (wrong.status_code, secret_in(wrong.text)) == (422, secret)


def test_whoever_has_the_password_alone_does_not_learn_whose_it_is(asked: Served) -> None:
    Telephone(asked).enrol()
    thief = Telephone(asked)
    thief.password()
    assert "Clive" not in thief.browser.get("/sign-in/code").text


def given_by(operator: Telephone, person: UUID) -> str:
    """A password that an operator gives to somebody."""
    asked = {"username": username(person), "reason": "Forgot it; I rang her.", "current": PASSWORD}
    answer = operator.browser.post("/accounts/password", data=asked)
    assert answer.status_code == 200, answer.text
    return answer.text.split('class="hw-secret">')[1].split("<")[0]
