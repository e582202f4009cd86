"""Who tries to sign in and is refused is written down without what they typed, and cannot fill the audit."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.identity import refusals
from api.identity.refusals import MOST_A_MINUTE, Refusal
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served, username

pytestmark = pytest.mark.usefixtures("served")
TYPED = "a name that nobody has"


def written(database: Database, at: datetime) -> list[tuple[Any, ...]]:
    with database.connect("hearthwatch_scheduler") as conn:
        refusals.write_down(conn, at + timedelta(minutes=1))
    with database.connect() as owner:
        return owner.execute("""
            SELECT actor, purpose, action, subject, words, resident_id IS NULL
            FROM delegation.audit_event LEFT JOIN delegation.audit_text USING (audit_id)
            WHERE action LIKE 'sign_in.%' ORDER BY audit_id
        """).fetchall()


def guess(served: Served, name: str, times: int) -> None:
    client = served.client()
    for _ in range(times):
        client.post("/api/v1/sign-in", json={"username": name, "password": "a guess"})


def test_refusals_are_counted_by_the_minute_with_the_person_whose_account_it_is(
    served: Served, neighbourhood: Database
) -> None:
    served.clock.stand_still()
    guess(served, username(n.CLINICIAN), 6)
    guess(served, TYPED, 2)
    person = f"person:{n.CLINICIAN}"
    by = ("process:api", "signing_in")
    expected = [
        (*by, "sign_in.refused", "account:nobody", "2 from 127.0.0.0/24", True),
        (*by, "sign_in.refused", person, "5 from 127.0.0.0/24", True),
        (*by, "sign_in.throttled", person, "1 from 127.0.0.0/24", True),
    ]
    assert written(neighbourhood, served.clock()) == expected
    assert written(neighbourhood, served.clock()) == expected, "each minute once"


def test_a_minute_that_is_not_over_is_not_written_yet(served: Served, neighbourhood: Database) -> None:
    served.clock.stand_still()
    guess(served, TYPED, 1)
    with neighbourhood.connect("hearthwatch_scheduler") as conn:
        assert refusals.write_down(conn, served.clock()) == 0


def test_whoever_guesses_from_everywhere_cannot_fill_the_audit(
    served: Served, neighbourhood: Database
) -> None:
    at = served.clock()
    with neighbourhood.connect("hearthwatch_api") as conn:
        for number in range(MOST_A_MINUTE + 50):
            refusals.count(conn, None, f"10.{number // 256}.{number % 256}.7", Refusal.WRONG, at)
    rows = written(neighbourhood, at)
    assert len(rows) == MOST_A_MINUTE + 1
    assert [row[3:5] for row in rows if row[3] == "account:several"] == [
        ("account:several", "50 from several networks")
    ]
