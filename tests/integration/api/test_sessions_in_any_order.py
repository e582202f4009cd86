"""Signing in and out, by password, code and PIN, as roles end, passwords change and time passes, in any order.

What each browser opens is then what a few lines of plain rules say it should.

Invariant: the rules here are written by hand and know nothing of how the api decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import hypothesis
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr

from api.settings import Account
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database, DatabaseServer
from tests.fixtures.length import length, seed
from tests.fixtures.machine import has_docker
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username
from tests.integration.api.test_second_step import PAGE, Telephone
from tests.integration.api.test_shared_tablets import PIN, Tablet

WORKER, CLINICIAN = n.WORKER, n.CLINICIAN
TABLET, BROWSERS = 0, 3
IDLE, LONGEST, UNFINISHED, PIN_IDLE, PIN_FOR = (
    timedelta(minutes=30),
    timedelta(hours=12),
    timedelta(minutes=15),
    timedelta(minutes=10),
    timedelta(hours=16),
)
NOTED = timedelta(minutes=1)
_FORGET: tuple[LiteralString, ...] = (
    "DELETE FROM api.session",
    "DELETE FROM api.tablet_pin",
    "DELETE FROM api.sign_in_try",
)
_AS_BEFORE: LiteralString = "UPDATE api.account SET password_hash = %s, given_until = NULL"
_HASH: LiteralString = "SELECT password_hash FROM api.account LIMIT 1"
_ENDS: LiteralString = "UPDATE delegation.role_assignment SET ends_at = %s WHERE person_id = %s"
_TRIES: LiteralString = "DELETE FROM api.sign_in_try"


@dataclass
class Signed:
    """What the rules know of one browser's session."""

    person: UUID
    whole: bool
    roles: bool
    began: datetime
    used: datetime
    ends: datetime
    idle: timedelta
    by_pin: bool = False

    def lives(self, at: datetime, roles: bool) -> bool:
        return at < self.ends and at < self.used + self.idle and self.roles == roles


@dataclass
class Somebody:
    password: str = PASSWORD
    in_role: bool = True
    pin_until: datetime | None = None
    wrong_pins: int = 0


@dataclass
class Stage:
    """What all runs share: pages, a telephone that makes codes, and a browser that is a home's tablet."""

    served: Served
    database: Database
    phone: Telephone
    tablet: Tablet
    password_hash: str
    browsers: list[Any] = field(default_factory=list)

    def owner(self, *statements: tuple[LiteralString, tuple[Any, ...]]) -> None:
        with self.database.connect() as conn:
            for statement, values in statements:
                conn.execute(statement, values)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    server: DatabaseServer = request.getfixturevalue("timescale" if has_docker() else "embedded_postgres")
    database = server.fresh_database()
    with database.connect() as conn:
        n.settle(conn)
    give_accounts(database)
    with database.connect() as conn:
        [(hashed,)] = conn.execute(_HASH).fetchall()
    account = Account(key=SecretStr(Fernet.generate_key().decode()))
    told = settings_for(database).model_copy(update={"account": account})
    with serving(told, Clock().stand_still()) as served:
        phone = Telephone(served).enrol()
        tablet = Tablet(served)
        others = [served.client(headers=PAGE) for _ in range(BROWSERS - 1)]
        yield Stage(served, database, phone, tablet, hashed, [tablet.browser, *others])
    server.drop(database)


def machine(stage: Stage) -> type[RuleBasedStateMachine]:
    browsers = st.integers(0, BROWSERS - 1)
    people = st.sampled_from([WORKER, CLINICIAN])

    class Doors(RuleBasedStateMachine):
        """Every rule does a thing for real and says what should have come of it."""

        @initialize()
        def morning(self) -> None:
            forget = [(statement, ()) for statement in _FORGET]
            back = [(_ENDS, (None, person)) for person in (WORKER, CLINICIAN)]
            stage.owner(*forget, *back, (_AS_BEFORE, (stage.password_hash,)))
            self.people = {WORKER: Somebody(), CLINICIAN: Somebody()}
            self.signed: list[Signed | None] = [None] * BROWSERS
            self.passwords = 0

        @property
        def now(self) -> datetime:
            return stage.served.clock()

        def session(self, browser: int) -> Signed | None:
            """The session of a browser, if it lives."""
            found = self.signed[browser]
            if found is not None and not found.lives(self.now, self.people[found.person].in_role):
                self.signed[browser] = found = None
            return found

        def one_that_is_in(self, browser: int) -> int:
            """This browser, or the next in which somebody is signed in."""
            round_about = [(browser + step) % BROWSERS for step in range(BROWSERS)]
            return next((one for one in round_about if self.session(one)), browser)

        def begins(self, browser: int, person: UUID, whole: bool, by_pin: bool = False) -> None:
            who = self.people[person]
            ends = self.now + (LONGEST if whole else UNFINISHED)
            if by_pin and who.pin_until:
                ends = min(ends, who.pin_until)
            self.signed[browser] = Signed(
                person, whole, who.in_role, self.now, self.now, ends, PIN_IDLE if by_pin else IDLE, by_pin
            )
            if (
                whole
                and not by_pin
                and browser == TABLET
                and who.in_role
                and person == WORKER
                and who.pin_until
            ):
                who.pin_until, who.wrong_pins = self.now + PIN_FOR, 0

        def ask(self, browser: int, address: str, **form: str) -> int:
            # How often somebody may try is held to elsewhere.
            stage.owner((_TRIES, ()))
            return stage.browsers[browser].post(address, data=form).status_code

        def the_right_password(self, browser: int, person: UUID) -> None:
            given = {"username": username(person), "password": self.people[person].password}
            assert self.ask(browser, "/sign-in", **given) == 303
            self.begins(browser, person, whole=person != CLINICIAN)

        def both_steps(self, browser: int) -> None:
            self.the_right_password(browser, CLINICIAN)
            self.the_right_code(browser)

        def a_shift_begins(self) -> None:
            self.the_right_password(TABLET, WORKER)
            self.sets_a_pin()
            self.signs_out(TABLET)
            self.by_pin(TABLET, right=True)

        @rule(browser=browsers, person=people, how=st.integers(0, 4))
        def somebody_signs_in(self, browser: int, person: UUID, how: int) -> None:
            if how == 0:
                self.the_right_password(browser, person)
            elif how == 1:
                self.the_right_code(browser)
            elif how == 2:
                self.both_steps(browser)
            elif how == 3:
                self.a_shift_begins()
            else:
                self.everywhere(person)

        def everywhere(self, person: UUID) -> None:
            for browser in range(BROWSERS):
                self.the_right_password(browser, person)
                self.the_right_code(browser)

        @rule(browser=browsers, person=people)
        def a_wrong_password(self, browser: int, person: UUID) -> None:
            given = {"username": username(person), "password": "not the password"}
            assert self.ask(browser, "/sign-in", **given) == 401

        def the_right_code(self, browser: int) -> None:
            stage.served.clock.ahead += timedelta(seconds=31)
            found = self.session(browser)
            answer = self.ask(browser, "/sign-in/code", code=stage.phone.code())
            if found is not None and not found.whole:
                assert answer == 303
                self.begins(browser, found.person, whole=True)

        @rule(browser=browsers)
        def a_wrong_code(self, browser: int) -> None:
            self.ask(browser, "/sign-in/code", code="000000")
            self.used(browser)

        @rule(browser=browsers)
        def signs_out(self, browser: int) -> None:
            self.ask(browser, "/sign-out")
            self.signed[browser] = None

        @precondition(lambda self: any(map(self.session, range(BROWSERS))))
        @rule(browser=browsers)
        def ends_the_others(self, browser: int) -> None:
            browser = self.one_that_is_in(browser)
            found = self.session(browser)
            self.ask(browser, "/account/sessions/end-others")
            if found is not None and found.whole and not found.by_pin:
                for other, held in enumerate(self.signed):
                    if other != browser and held is not None and held.person == found.person:
                        self.signed[other] = None

        @precondition(lambda self: any(map(self.session, range(BROWSERS))))
        @rule(browser=browsers)
        def changes_the_password(self, browser: int) -> None:
            browser = self.one_that_is_in(browser)
            found = self.session(browser)
            who = self.people[found.person if found else WORKER]
            self.passwords += 1
            new = f"another synthetic password {self.passwords}"
            self.ask(browser, "/account/password", current=who.password, new=new, again=new)
            if found is None or not found.whole or found.by_pin:
                return
            who.password, who.pin_until = new, None
            for other, held in enumerate(self.signed):
                if held is not None and held.person == found.person:
                    self.signed[other] = None
            self.begins(browser, found.person, whole=True)

        @rule(person=people, holds=st.booleans())
        def a_role_ends_or_is_given_again(self, person: UUID, holds: bool) -> None:
            stage.owner((_ENDS, (None if holds else n.LONG_AGO + timedelta(days=1), person)))
            self.people[person].in_role = holds

        @precondition(lambda self: any(map(self.session, range(BROWSERS))))
        @rule(browser=browsers, past=st.booleans(), busy=st.sampled_from([False, False, True]))
        def time_passes_to_the_end_of_a_session(self, browser: int, past: bool, busy: bool) -> None:
            browser = self.one_that_is_in(browser)
            found = self.session(browser)
            assert found is not None
            nearly = found.idle - timedelta(minutes=1)
            while busy and not found.by_pin and self.now + nearly < found.ends:
                stage.served.clock.ahead += nearly
                stage.browsers[browser].get("/api/v1/me")
                self.used(browser)
            left = min(found.ends, found.used + found.idle) - self.now
            stage.served.clock.ahead += left + timedelta(seconds=0 if past else -1)

        @precondition(lambda self: any(map(self.session, range(BROWSERS))))
        @rule(browser=browsers)
        def a_session_is_forgotten(self, browser: int) -> None:
            self.time_passes_to_the_end_of_a_session(browser, past=True, busy=False)

        @precondition(lambda self: self.session(TABLET) is not None)
        @rule()
        def sets_a_pin(self) -> None:
            found = self.session(TABLET)
            assert found is not None
            who = self.people[found.person]
            self.ask(TABLET, "/account/pin", current=who.password, pin=PIN, again=PIN)
            if found.person == WORKER and found.whole and not found.by_pin and who.in_role:
                who.pin_until, who.wrong_pins = self.now + PIN_FOR, 0

        @rule(browser=browsers, right=st.booleans())
        def by_pin(self, browser: int, right: bool) -> None:
            who = self.people[WORKER]
            given = {"person": str(WORKER), "pin": PIN if right else "582047", "next": "/"}
            answer = self.ask(browser, "/sign-in/pin", **given)
            good = browser == TABLET and who.pin_until is not None and self.now < who.pin_until
            good = good and who.wrong_pins < 5
            if good and right and who.in_role:
                assert answer == 303
                who.wrong_pins = 0
                self.begins(browser, WORKER, whole=True, by_pin=True)
            else:
                assert answer == 401
                who.wrong_pins += good

        def used(self, browser: int) -> Signed | None:
            found = self.session(browser)
            if found is not None and self.now - found.used >= NOTED:
                found.used = self.now
            return found

        @invariant()
        def each_browser_opens_what_the_rules_say(self) -> None:
            for number, browser in enumerate(stage.browsers):
                found = self.used(number)
                me = browser.get("/api/v1/me")
                if found is None or not found.whole:
                    assert me.status_code == 401
                else:
                    assert me.json()["person_id"] == str(found.person)
                opens = found is not None and found.whole and found.roles
                assert (browser.get(f"/api/v1/residents/{n.BRAM}").status_code == 200) is opens
                if found is not None:
                    hub = opens and found.person == CLINICIAN
                    assert (browser.get(f"/api/v1/hubs/{n.HUB}/escalations").status_code == 200) is hub
                    assert browser.get(f"/api/v1/residents/{n.STRANGER_RESIDENT}").status_code != 200

    return Doors


def test_whatever_happens_each_browser_opens_what_its_session_may(stage: Stage) -> None:
    chosen = machine(stage)
    hypothesis.seed(seed())(chosen)
    run_state_machine_as_test(
        chosen,
        settings=hypothesis.settings(
            max_examples=length(4, 300),
            stateful_step_count=length(20, 60),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_each_end_of_a_session_once_in_a_known_order(stage: Stage) -> None:
    """What a short run may leave out by chance."""
    doors: Any = machine(stage)()
    doors.morning()
    for ending in (
        lambda: doors.time_passes_to_the_end_of_a_session(1, past=False, busy=False),
        lambda: doors.time_passes_to_the_end_of_a_session(1, past=True, busy=False),
        lambda: doors.a_role_ends_or_is_given_again(WORKER, holds=False),
        lambda: doors.ends_the_others(2),
        lambda: doors.changes_the_password(2),
        lambda: doors.signs_out(1),
    ):
        doors.a_role_ends_or_is_given_again(WORKER, holds=True)
        for browser in (1, 2):
            doors.the_right_password(browser, WORKER)
        doors.each_browser_opens_what_the_rules_say()
        ending()
        doors.each_browser_opens_what_the_rules_say()
    doors.a_shift_begins()
    doors.each_browser_opens_what_the_rules_say()
    doors.time_passes_to_the_end_of_a_session(TABLET, past=True, busy=False)
    doors.each_browser_opens_what_the_rules_say()
