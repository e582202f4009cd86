"""How long a session, a PIN and a role last, and how often an open queue is looked at again, as shipped.

Invariant: the numbers are written here by hand, as the documentation says them; nothing here takes them from the code
or the database.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from api.app import create_app
from api.fanout import Pace
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Clock, Served, serving, settings_for

HALF_AN_HOUR, TWELVE_HOURS = timedelta(minutes=30), timedelta(hours=12)
USUAL = (HALF_AN_HOUR, TWELVE_HOURS, False, None, None)
AT_HUB = (HALF_AN_HOUR, TWELVE_HOURS, True, None, None)
# Unused, at most, a second step; and of a PIN: after a full sign-in, unused.
SESSIONS = {
    "none": USUAL,
    "care_worker": (HALF_AN_HOUR, TWELVE_HOURS, False, timedelta(hours=16), timedelta(minutes=10)),
    "carer": USUAL,
    "home_manager": USUAL,
    "trainer": USUAL,
    "delegating_professional": USUAL,
    "commissioner": USUAL,
    "hub_clinician": AT_HUB,
    "hub_lead": AT_HUB,
    "operator": (timedelta(minutes=15), timedelta(hours=8), True, None, None),
}
# As a page offers it, and at most.
DAYS_OF_A_ROLE = {"care_worker": (7, 366), "carer": (90, 180), "hub_clinician": (90, 366)}
HOLDS = {role: person for person, _, role, *_ in reversed(n.CAST)} | {"none": n.NOBODY}
SECOND = timedelta(seconds=1)


@pytest.fixture
def still(neighbourhood: Database) -> Iterator[Served]:
    """The api under a clock that only a test moves."""
    with serving(settings_for(neighbourhood), Clock().stand_still()) as running:
        yield running


def test_the_rules_and_the_terms_are_those_that_are_documented(neighbourhood: Database) -> None:
    with neighbourhood.connect("hearthwatch_api") as conn:
        rules = conn.execute(
            "SELECT role, idle, longest, second_step, pin_for, pin_idle FROM api.sign_in_rule"
        ).fetchall()
    with neighbourhood.connect() as conn:
        terms = conn.execute("SELECT role, usual_days, longest_days FROM delegation.role_term").fetchall()
    assert {role: tuple(rule) for role, *rule in rules} == SESSIONS
    assert {role: tuple(days) for role, *days in terms} == DAYS_OF_A_ROLE


@pytest.mark.parametrize("role", SESSIONS)
def test_a_session_of_each_role_ends_unused_and_at_the_latest_when_it_should(
    still: Served, role: str
) -> None:
    unused, at_most, *_ = SESSIONS[role]
    person = HOLDS[role]
    for left, lives in ((SECOND, True), (timedelta(), False)):
        session = _begun(still, person)
        still.clock.ahead += unused - left
        assert _lives(still, session) is lives
    for left, lives in ((SECOND, True), (timedelta(), False)):
        session, began = _begun(still, person), still.clock()
        while still.clock() + unused - SECOND < began + at_most - left:
            still.clock.ahead += unused - SECOND
            assert _lives(still, session)
        still.clock.ahead += began + at_most - left - still.clock()
        assert _lives(still, session) is lives


def test_an_open_queue_is_looked_at_again_every_thirty_seconds(neighbourhood: Database) -> None:
    app = create_app(settings_for(neighbourhood))

    async def shipped() -> Pace:
        async with app.router.lifespan_context(app):
            return app.state.parts.pace

    # In a thread of its own: a browser of an earlier test may keep a loop running in this one.
    with ThreadPoolExecutor(1) as elsewhere:
        pace = elsewhere.submit(lambda: asyncio.run(shipped())).result()
    assert pace == Pace(ping_seconds=3.0, look_again_seconds=30.0, send_seconds=20.0)


def _begun(served: Served, person: UUID) -> dict[str, str]:
    return {"Cookie": "=".join(served.session_of(person))}


def _lives(served: Served, session: dict[str, str]) -> bool:
    status = served.client().get("/api/v1/me", headers=session).status_code
    assert status in (200, 401)
    return status == 200
