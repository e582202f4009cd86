"""Roles given, extended and ended, invitations, moves and broken glass, as time passes, in any order.

Who then reads whose record, by the api and by the database itself, is what a few lines of plain rules say.

Invariant: the rules, in `who_may_read`, are written by hand and know nothing of how the api or the database decides.
The database's own clock cannot be moved: time passes by everything that is dated becoming so much older.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from alerts.evaluator import Evaluator
from delegation import appointment
from delegation.appointment import AppointmentError
from delegation.people import Process, Role, RoleHeld, act_as
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database, DatabaseServer
from tests.fixtures.length import length, seed
from tests.fixtures.serving import Clock, Served, give_accounts, serving, settings_for, username
from tests.integration.api.who_may_read import (
    CODE_IS_GOOD,
    GLASS_IS_OPEN,
    USUAL_DAYS,
    Glass,
    Held,
    Home,
    Offer,
    World,
    end_of_day,
)

# The same provider's home that another hub watches.
BROOK = UUID(int=35)
HOMES = (
    Home(n.ORCHARD, n.ORCHARD_PROVIDER, n.HUB),
    Home(n.MEADOW, n.ORCHARD_PROVIDER, n.HUB),
    Home(BROOK, n.ORCHARD_PROVIDER, n.OTHER_HUB),
    Home(n.STRANGE_HOME, n.OTHER_PROVIDER, n.OTHER_HUB),
)
LIVES = {n.AMARA: HOMES[0], n.CORA: HOMES[1], n.STRANGER_RESIDENT: HOMES[3]}
NUMBERS = {n.AMARA: "9990000018", n.CORA: "9990000034", n.STRANGER_RESIDENT: "9990000042"}
READ_BY = {n.AMARA: n.KIT, n.CORA: n.SECOND_KIT, n.STRANGER_RESIDENT: n.STRANGE_KIT}
PEOPLE = (n.MANAGER, n.HUB_LEAD, n.WORKER, n.CARER, n.CLINICIAN, n.OUTSIDE_CLINICIAN)
IN_POST = (
    (n.MANAGER, "home_manager", n.ORCHARD),
    (n.HUB_LEAD, "hub_lead", n.HUB),
    (n.OUTSIDE_CLINICIAN, "hub_clinician", n.OTHER_HUB),
)
ON_PAGES = (
    ("care_worker", n.ORCHARD),
    ("care_worker", n.MEADOW),
    ("carer", n.AMARA),
    ("carer", n.STRANGER_RESIDENT),
    ("hub_clinician", n.HUB),
    ("hub_clinician", n.OTHER_HUB),
)
BY_THE_OWNER = (
    *ON_PAGES,
    ("care_worker", n.ORCHARD_PROVIDER),
    ("home_manager", n.MEADOW),
    ("home_manager", n.ORCHARD_PROVIDER),
    ("hub_lead", n.OTHER_HUB),
    ("trainer", n.ORCHARD_PROVIDER),
    ("delegating_professional", n.ORCHARD),
    ("commissioner", n.HUB),
)
# No sum of what passes comes to when something that lasts so long is over.
BEGINS = (timedelta(minutes=-1), timedelta(minutes=-1), timedelta(minutes=31))
LASTS = (None, timedelta(days=1, minutes=43), timedelta(days=1, hours=5), timedelta(days=9))
PASSES = (timedelta(minutes=20), timedelta(minutes=61), timedelta(hours=26), timedelta(days=8))
NEAR = timedelta(minutes=1)

_CODE = re.compile(r'class="hw-secret">([A-Z0-9-]{19})<')
_BROOK: LiteralString = """
INSERT INTO delegation.home (home_id, organisation_id, hub_id, name, kind, phone)
VALUES (%s, %s, %s, 'Brook', 'care_home', '01632 960222')
"""
_ACCOUNT: LiteralString = """
INSERT INTO api.account (person_id, username, password_hash) SELECT %s, %s, password_hash FROM api.account LIMIT 1
"""
_FORGET: tuple[LiteralString, ...] = (
    "DELETE FROM api.session",
    "DELETE FROM delegation.invitation",
    "DELETE FROM delegation.break_glass",
    "DELETE FROM delegation.role_assignment",
)
_LIVES: LiteralString = "UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s"
# How often somebody may try is held to elsewhere.
_TRIES: tuple[LiteralString, ...] = ("DELETE FROM api.sign_in_try", "DELETE FROM delegation.break_glass_try")
_OLDER: tuple[LiteralString, ...] = (
    "UPDATE delegation.role_assignment SET starts_at = starts_at - %(by)s, ends_at = ends_at - %(by)s",
    """UPDATE delegation.invitation SET invited_at = invited_at - %(by)s, taken_at = taken_at - %(by)s,
       withdrawn_at = withdrawn_at - %(by)s, ends_at = ends_at - %(by)s, good_until = good_until - %(by)s""",
    "UPDATE delegation.break_glass SET opened_at = opened_at - %(by)s, ends_at = ends_at - %(by)s",
)
_NEW_ROLE: LiteralString = (
    "SELECT assignment_id FROM delegation.role_assignment WHERE NOT assignment_id = ANY (%s)"
)
_NEW_OFFER: LiteralString = (
    "SELECT invitation_id FROM delegation.invitation WHERE NOT invitation_id = ANY (%s)"
)
# What the database shows of whom, by the api's own role: the record, its readings and its scores.
_SHOWN: tuple[LiteralString, ...] = (
    "SELECT resident_id FROM delegation.resident",
    "SELECT DISTINCT resident_id FROM ingest.visible_reading",
    "SELECT DISTINCT resident_id FROM alerts.visible_score",
)


@dataclass
class Stage:
    """What all runs share: the served api, the database's owner, and a connection as the api's own role."""

    served: Served
    browser: httpx.Client
    owner: psycopg.Connection[Any]
    api: psycopg.Connection[Any]

    def ask(self, person: UUID, method: str, address: str, **body: Any) -> httpx.Response:
        """In a session that begins now: one ends with every change of its owner's roles."""
        if method != "GET":
            for statement in _TRIES:
                self.owner.execute(statement)
        cookie = {"Cookie": "=".join(self.served.session_of(person))}
        return self.browser.request(method, address, headers=cookie, **body)

    def shown_to(self, person: UUID) -> list[set[UUID]]:
        with self.api.transaction():
            act_as(self.api, person)
            return [{row[0] for row in self.api.execute(query)} for query in _SHOWN]


@pytest.fixture(scope="module")
def stage(any_server: DatabaseServer) -> Iterator[Stage]:
    database = any_server.fresh_database(n.SETTLED)
    _settle(database)
    with (
        serving(settings_for(database), Clock()) as served,
        database.connect(autocommit=True) as owner,
        database.connect("hearthwatch_api", autocommit=True) as api,
    ):
        yield Stage(served, served.client(), owner, api)
    any_server.drop(database)


def _settle(database: Database) -> None:
    """An account of each; one more home; nobody but these residents, and a reading and a score of each."""
    give_accounts(database)
    with database.connect() as conn:
        conn.execute(_ACCOUNT, (n.HUB_LEAD, username(n.HUB_LEAD)))
        conn.execute(_BROOK, (BROOK, n.ORCHARD_PROVIDER, n.OTHER_HUB))
        conn.execute("DELETE FROM delegation.role_assignment")
        conn.execute("DELETE FROM delegation.resident WHERE resident_id = %s", (n.BRAM,))
    now = datetime.now(UTC)
    with database.connect("hearthwatch_ingest") as conn:
        for partition, (resident, kit_id) in enumerate(READ_BY.items(), start=1):
            kit = n.Kit(kit_id, partition)
            arrival = kit.arrival(kit.reading(resident, taken_at=now, taken_by=None), now)
            door.receive(conn, [arrival], Evaluator(), now)


def _held(role: str, place: UUID) -> RoleHeld:
    if place in LIVES:
        return RoleHeld(Role(role), resident_id=place)
    if place in (n.HUB, n.OTHER_HUB):
        return RoleHeld(Role(role), hub_id=place)
    if place == n.ORCHARD_PROVIDER:
        return RoleHeld(Role(role), organisation_id=place)
    return RoleHeld(Role(role), home_id=place)


def deeds() -> st.SearchStrategy[tuple[Any, ...]]:
    """What may happen next, by the name of what does it; what leads on to more comes more often."""
    people, residents, homes = (st.sampled_from(one) for one in (PEOPLE, sorted(LIVES), HOMES))
    which, likely = st.integers(0, 30), st.sampled_from([True, True, True, False])
    posts, on_pages = st.sampled_from(BY_THE_OWNER), st.sampled_from(ON_PAGES)
    begins, lasts, passes = (st.sampled_from(one) for one in (BEGINS, LASTS, PASSES))
    days = st.sampled_from([1, 2, 9])
    given = st.tuples(st.just("is_given"), people, posts, begins, lasts)
    invited = st.tuples(st.just("invites"), people, on_pages, days, likely)
    taken = st.tuples(st.just("takes_an_invitation"), people, which, likely)
    later = st.tuples(st.just("time_passes"), passes)
    extended = st.tuples(st.just("extends"), people, which, likely)
    moved = st.tuples(st.just("moves"), people, residents, homes, likely)
    opened = st.tuples(st.just("breaks_the_glass"), people, residents, likely)
    return st.one_of(
        *(given, given, given, given, invited, invited, invited, taken, taken, taken, later, later, later),
        *(extended, extended, moved, moved, opened, opened),
        st.tuples(st.just("ends"), people, which, likely),
        st.tuples(st.just("ends_as_the_owner"), people),
        st.tuples(st.just("withdraws_an_invitation"), people, which, likely),
    )


def machine(stage: Stage) -> type[RuleBasedStateMachine]:
    class Permissions(RuleBasedStateMachine):
        """Every rule does a thing for real and says what should have come of it."""

        @initialize()
        def morning(self) -> None:
            for statement in _FORGET:
                stage.owner.execute(statement)
            for resident, home in LIVES.items():
                stage.owner.execute(_LIVES, (home.home_id, resident))
            self.world = World(HOMES, dict(LIVES))
            self.steps = 0
            for person, *post in IN_POST:
                self.is_given(person, (post[0], post[1]), timedelta(days=-1), None)

        @property
        def now(self) -> datetime:
            return datetime.now(UTC)

        def somebody_who(self, may: Any, person: UUID, likely: bool) -> UUID:
            """This person; or, where that is likely to lead further, one who may."""
            return next((one for one in PEOPLE if may(one)), person) if likely else person

        def begins(
            self, person: UUID, role: str, place: UUID, starts: datetime, ends: datetime | None
        ) -> None:
            """A role is there that was not."""
            known = [one.assignment_id for one in self.world.held]
            [(new,)] = stage.owner.execute(_NEW_ROLE, (known,)).fetchall()
            self.world.held.append(Held(new, person, role, place, starts, ends))

        def is_given(
            self, person: UUID, post: tuple[str, UUID], begins: timedelta, lasts: timedelta | None
        ) -> None:
            role, place = post
            starts = self.now + begins
            ends = None if lasts is None else starts + lasts
            taken = self.world.holds_already(person, role, place, starts)
            by, held = Process("operator"), _held(role, place)
            try:
                with stage.owner.transaction():
                    appointment.give(stage.owner, by, person, held, at=starts, until=ends, words="Synthetic.")
            except AppointmentError:
                assert taken
            else:
                assert not taken
                self.begins(person, role, place, starts, ends)

        @rule(deed=deeds())
        def something_happens(self, deed: tuple[Any, ...]) -> None:
            """One rule for all: of several, a run leaves some out, and what was offered would not be taken on."""
            what, *given = deed
            getattr(self, what)(*given)

        def ends(self, by: UUID, number: int, likely: bool) -> None:
            held = self.world.held[number % len(self.world.held)]
            at = self.now
            by = self.somebody_who(lambda one: self.world.ends(one, held, at), by, likely)
            may = self.world.ends(by, held, at)
            status = stage.ask(by, "POST", f"/people/roles/{held.assignment_id}/end").status_code
            assert status == 303 if may else status in (403, 404)
            if may:
                # One that has not begun never begins.
                held.ends = max(at, held.starts)

        def ends_as_the_owner(self, person: UUID) -> None:
            """All that they hold, as an operator does who is told that somebody left."""
            at = self.now
            theirs = [one for one in self.world.held if one.person == person and not one.is_over(at)]
            for role, place in {(one.role, one.place) for one in theirs}:
                by, held = Process("operator"), _held(role, place)
                appointment.end(stage.owner, by, person, held, at=at, words="Synthetic.")
            for one in theirs:
                one.ends = max(at, one.starts)

        def extends(self, by: UUID, number: int, likely: bool) -> None:
            held = self.world.held[number % len(self.world.held)]
            at = self.now
            by = self.somebody_who(lambda one: self.world.extends(one, held, at), by, likely)
            may = self.world.extends(by, held, at)
            status = stage.ask(by, "POST", f"/people/roles/{held.assignment_id}/extend").status_code
            assert status == 303 if may else status in (403, 404)
            if may and held.ends is not None:
                held.ends = max(held.ends, end_of_day(at, USUAL_DAYS[held.role]))

        def invites(self, by: UUID, post: tuple[str, UUID], days: int, likely: bool) -> None:
            role, place = post
            at = self.now
            by = self.somebody_who(lambda one: self.world.gives(one, role, place, at), by, likely)
            may, ends = self.world.gives(by, role, place, at), end_of_day(at, days)
            desk = f"/hubs/{place}" if role == "hub_clinician" else f"/homes/{place}"
            if role == "carer":
                desk = f"/homes/{self.world.lives[place].home_id}"
            given = {
                f"{role}_name": "Pia",
                f"{role}_until": ends.date().isoformat(),
                f"{role}_resident": place,
            }
            form = {"role": role} | {name: str(value) for name, value in given.items()}
            answer = stage.ask(by, "POST", f"{desk}/people/invitations", data=form)
            assert answer.status_code == 200 if may else answer.status_code in (403, 404)
            if may:
                [code] = _CODE.findall(answer.text)
                known = [one.invitation_id for one in self.world.offers]
                [(new,)] = stage.owner.execute(_NEW_OFFER, (known,)).fetchall()
                self.world.offers.append(Offer(new, code, by, role, place, ends, at + CODE_IS_GOOD))

        def takes_an_invitation(self, person: UUID, number: int, likely: bool) -> None:
            if not self.world.offers:
                return
            offer = self.world.offers[-1 - number % len(self.world.offers)]
            at = self.now
            if likely and person == offer.by:
                person = n.CARER
            may = self.world.takes(person, offer, at)
            status = stage.ask(person, "POST", "/account/invitation", data={"code": offer.code}).status_code
            assert status == (303 if may else 422)
            if may:
                offer.gone = True
                self.goes_on_or_begins(person, offer, at)

        def goes_on_or_begins(self, person: UUID, offer: Offer, at: datetime) -> None:
            """Whoever holds it already has one role, that lasts as long as the longer."""
            same = self.world.holds_already(person, offer.role, offer.place, at)
            in_force = [one for one in same if one.in_force(at)]
            for one in in_force:
                one.ends = None if one.ends is None else max(one.ends, offer.ends)
            if not in_force:
                self.begins(person, offer.role, offer.place, at, offer.ends)

        def withdraws_an_invitation(self, by: UUID, number: int, likely: bool) -> None:
            if not self.world.offers:
                return
            offer = self.world.offers[-1 - number % len(self.world.offers)]
            at = self.now
            by = self.somebody_who(lambda one: self.world.withdraws(one, offer, at), by, likely)
            may = self.world.withdraws(by, offer, at)
            status = stage.ask(by, "POST", f"/people/invitations/{offer.invitation_id}/withdraw").status_code
            assert status == 303 if may else status in (403, 404, 409)
            offer.gone = offer.gone or may

        def moves(self, by: UUID, resident: UUID, home: Home, likely: bool) -> None:
            at, here = self.now, self.world.lives[resident]
            by = self.somebody_who(lambda one: self.world.moves(one, resident, home, at), by, likely)
            may = self.world.moves(by, resident, home, at)
            moved_on = end_of_day(at, 0).date().isoformat()
            sent = {"home_id": str(home.home_id), "moved_on": moved_on, "seen": str(here.home_id)}
            answer = stage.ask(by, "POST", f"/api/v1/residents/{resident}/move", json=sent)
            assert answer.status_code == 200 if may else answer.status_code in (403, 404, 422)
            if may:
                self.world.lives[resident] = home

        def breaks_the_glass(self, by: UUID, resident: UUID, likely: bool) -> None:
            at = self.now
            by = self.somebody_who(
                lambda one: self.world.works_at_a_hub(one, at) and self.world.needs_glass(one, resident, at),
                by,
                likely,
            )
            sent = {"nhs_number": NUMBERS[resident], "born_on": "1940-05-01", "reason": "danger_now"}
            answer = stage.ask(by, "POST", "/api/v1/break-glass", json=sent | {"words": "Synthetic."})
            if not self.world.works_at_a_hub(by, at):
                assert answer.status_code == 403
            elif self.world.needs_glass(by, resident, at):
                assert answer.status_code == 201
                self.world.glasses.append(Glass(by, resident, at + GLASS_IS_OPEN))
            else:
                assert (answer.status_code, answer.json()["outcome"]) == (200, "yours")

        def time_passes(self, by: timedelta) -> None:
            self.world.time_passes(by)
            # Nothing is looked at in the very moment in which it begins or ends.
            while any(abs(one - self.now) < NEAR for one in self.world.moments()):
                self.world.time_passes(3 * NEAR)
                by += 3 * NEAR
            with stage.owner.transaction():
                for statement in _OLDER:
                    stage.owner.execute(statement, {"by": by})

        @invariant()
        def each_reads_whom_the_rules_say(self) -> None:
            self.steps += 1
            for person in PEOPLE:
                assert stage.shown_to(person) == [self.world.reads(person, self.now)] * len(_SHOWN)
            for number in range(self.steps, self.steps + 3):
                resident = sorted(LIVES)[number // len(PEOPLE) % len(LIVES)]
                self.is_answered(PEOPLE[number % len(PEOPLE)], resident)

        def is_answered(self, person: UUID, resident: UUID) -> None:
            may = resident in self.world.reads(person, self.now)
            about = ("", "/readings", "/scores")[self.steps % 3]
            status = stage.ask(person, "GET", f"/api/v1/residents/{resident}{about}").status_code
            assert status == 200 if may else status in (403, 404), (person, resident, about)

        def teardown(self) -> None:
            """Whoever was not asked about whom, at the end."""
            for person in PEOPLE:
                for resident in LIVES:
                    self.is_answered(person, resident)

    return Permissions


def test_whatever_happens_each_reads_whom_they_may_and_nobody_else(stage: Stage) -> None:
    chosen = machine(stage)
    hypothesis.seed(seed())(chosen)
    run_state_machine_as_test(
        chosen,
        settings=hypothesis.settings(
            max_examples=length(7, 300),
            stateful_step_count=length(30, 60),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_each_end_of_what_may_be_read_once_in_a_known_order(stage: Stage) -> None:
    """What a short run may leave out by chance."""
    any_order: Any = machine(stage)()
    any_order.morning()

    def then(*reads: UUID, who: UUID = n.CARER) -> None:
        assert any_order.world.reads(who, any_order.now) == set(reads)
        any_order.each_reads_whom_the_rules_say()
        any_order.teardown()

    day, hours, minute = timedelta(days=1), timedelta(hours=26), timedelta(minutes=1)
    # A role begins, lasts and is over; one is ended, one goes on for longer.
    any_order.is_given(n.CARER, ("care_worker", n.ORCHARD), timedelta(minutes=31), day)
    then()
    any_order.time_passes(timedelta(minutes=61))
    then(n.AMARA)
    any_order.time_passes(hours)
    then()
    any_order.is_given(n.CARER, ("care_worker", n.ORCHARD), -minute, day)
    then(n.AMARA)
    any_order.extends(n.MANAGER, len(any_order.world.held) - 1, likely=False)
    any_order.time_passes(hours)
    then(n.AMARA)
    any_order.ends(n.MANAGER, len(any_order.world.held) - 1, likely=False)
    then()
    # A code is withdrawn, one is too old, one is taken, and one of somebody who may no longer give the role.
    for too_late in (
        lambda: any_order.withdraws_an_invitation(n.MANAGER, 0, likely=False),
        lambda: any_order.time_passes(timedelta(days=8)),
    ):
        any_order.invites(n.MANAGER, ("carer", n.AMARA), 9, likely=False)
        too_late()
        any_order.takes_an_invitation(n.CARER, 0, likely=False)
        then()
    any_order.invites(n.MANAGER, ("carer", n.AMARA), 2, likely=False)
    any_order.takes_an_invitation(n.CARER, 0, likely=False)
    then(n.AMARA)
    # Who moves is read at the new home, by its hub, and by their family still.
    any_order.moves(n.MANAGER, n.AMARA, HOMES[2], likely=False)
    then(n.AMARA)
    then(who=n.MANAGER)
    then(n.AMARA, n.STRANGER_RESIDENT, who=n.OUTSIDE_CLINICIAN)
    then(n.CORA, who=n.HUB_LEAD)
    any_order.time_passes(timedelta(days=8))
    then()
    any_order.invites(n.MANAGER, ("care_worker", n.ORCHARD), 2, likely=False)
    any_order.ends_as_the_owner(n.MANAGER)
    any_order.takes_an_invitation(n.CARER, 0, likely=False)
    then()
    # Glass is open for an hour, and for whoever still works at a hub.
    any_order.breaks_the_glass(n.HUB_LEAD, n.AMARA, likely=False)
    then(n.AMARA, n.CORA, who=n.HUB_LEAD)
    any_order.time_passes(timedelta(minutes=61))
    then(n.CORA, who=n.HUB_LEAD)
    any_order.breaks_the_glass(n.HUB_LEAD, n.STRANGER_RESIDENT, likely=False)
    then(n.CORA, n.STRANGER_RESIDENT, who=n.HUB_LEAD)
    any_order.ends_as_the_owner(n.HUB_LEAD)
    then(who=n.HUB_LEAD)
