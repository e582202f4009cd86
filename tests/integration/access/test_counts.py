"""A commissioner counts what there is at one hub, of nobody in particular, and reads no row of it."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from alerts.evaluator import Evaluator
from api.queries.counts import HomeCounts, of_hub
from api.web.presenters.counts import months, span
from api.web.presenters.moments import LONDON
from delegation.people import act_as
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases

LAST_MONTH = months(datetime.now(UTC))[1][0]
SINCE, UNTIL = span(LAST_MONTH)
DAYS = round((UNTIL - SINCE) / timedelta(days=1))
_PREPARE: tuple[LiteralString, ...] = (
    "UPDATE delegation.resident SET lives_here_from = '2020-01-01', synthetic = false",
    """INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
       SELECT resident_id, 'Away', '2020-01-01', '2100-01-01', '00000000-0000-0000-0000-000000000034', '2020-01-01'
       FROM delegation.resident WHERE name LIKE 'Cora%'""",
)
_ANSWER: LiteralString = """
UPDATE alerts.escalation SET state = 'closed', closed_at = raised_at + %s * interval '1 minute', closed_by = claimed_by,
    disposition = 'advice_given' WHERE resident_id = %s
"""


def london(day: int, hour: int, minute: int = 0) -> datetime:
    return SINCE.astimezone(LONDON).replace(day=day, hour=hour, minute=minute).astimezone(UTC)


@pytest.fixture
def busy(neighbourhood: Database) -> Database:
    """Two real residents at Orchard House with sets in and out of its rounds, one away at Meadow View."""
    kit = n.Kit()
    delivered = [
        (n.AMARA, n.NORMAL, london(3, 8, 10)),
        (n.AMARA, {"pulse": 70}, london(3, 13, 20)),
        (n.AMARA, n.NORMAL, london(4, 2)),
        (n.BRAM, n.NORMAL, london(3, 18, 5)),
        (n.BRAM, n.GRAVE, london(4, 8, 30)),
        (n.AMARA, n.GRAVE, london(5, 8, 30)),
    ]
    with neighbourhood.connect() as conn:
        for statement in _PREPARE:
            conn.execute(statement)
        for resident, values, at in delivered:
            reading = kit.reading(resident, values, taken_at=at)
            door.receive(conn, [kit.arrival(reading, at)], Evaluator(), at)
        conn.execute("UPDATE alerts.escalation SET claimed_by = %s", (n.CLINICIAN,))
        conn.execute(_ANSWER, (5, n.BRAM))
        conn.execute(_ANSWER, (500, n.AMARA))
    return neighbourhood


def counted(
    database: Database, who: UUID = n.COMMISSIONER, hub: UUID = n.HUB, *, synthetic: bool = False
) -> dict[str, HomeCounts]:
    with database.connect("hearthwatch_api") as conn:
        act_as(conn, who)
        return {one.home: one for one in of_hub(conn, hub, SINCE, UNTIL, with_synthetic=synthetic)}


def test_what_is_counted_is_what_there_was(busy: Database) -> None:
    assert counted(busy) == {
        "Meadow View": HomeCounts("Meadow View", n.LONG_AGO, 1, 0, 0, 0, 0, [0] * 5, [0] * 5, watched=True),
        "Orchard House": HomeCounts(
            "Orchard House",
            n.LONG_AGO,
            2,
            0,
            6,
            2 * 3 * DAYS,
            4,
            [2, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
            watched=True,
        ),
    }


def test_what_a_hub_answered_stays_its_own_when_the_home_is_given_another(busy: Database) -> None:
    with busy.connect() as conn:
        conn.execute("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", (n.OTHER_HUB, n.ORCHARD))
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, hub_id, starts_at)"
            " VALUES (%s, 'commissioner', %s, '2020-01-01')",
            (n.COMMISSIONER, n.OTHER_HUB),
        )
    nothing = [0] * 5
    theirs, others = counted(busy)["Orchard House"], counted(busy, hub=n.OTHER_HUB)["Orchard House"]
    assert theirs == HomeCounts(
        "Orchard House", n.LONG_AGO, 2, 0, 0, 0, 0, [2, 0, 0, 0, 0], [1, 0, 0, 0, 0], watched=False
    )
    assert (others.watched, others.readings, others.sets_done) == (True, 6, 4)
    assert (others.raised, others.in_time) == (nothing, nothing)


def test_no_set_is_due_before_the_home_first_had_something_to_send_one_with(busy: Database) -> None:
    for lent_at, due, done in (
        (london(4, 7), 2 * 3 * (DAYS - 3), 2),
        (london(4, 7, 1), 2 * (3 * (DAYS - 3) - 1), 1),
    ):
        with busy.connect() as conn:
            conn.execute("UPDATE devices.kit_loan SET lent_at = %s WHERE home_id = %s", (lent_at, n.ORCHARD))
        found = counted(busy)["Orchard House"]
        assert (found.could_send_from, found.sets_due, found.sets_done) == (lent_at, due, done)
    with busy.connect() as conn:
        conn.execute("DELETE FROM devices.kit_loan")
    assert counted(busy)["Orchard House"].sets_due == 0


def test_a_pause_takes_out_no_set_that_was_missed_before_it_was_recorded(busy: Database) -> None:
    away: LiteralString = """
    INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
    VALUES (%s, 'In hospital', %s, %s, %s, %s)
    """
    before = counted(busy)["Orchard House"].sets_due
    with busy.connect() as conn:
        # Of the rounds at 8, 13 and 18 from the 6th to the 8th, that at 13 on the 7th was still open.
        times = london(6, 7), london(8, 20), n.MANAGER, london(7, 14)
        conn.execute(away, (n.BRAM, *times))
    assert counted(busy)["Orchard House"].sets_due == before - 5


def test_what_was_done_while_news2_was_not_used_for_somebody_counts_when_it_is_used_again(
    busy: Database,
) -> None:
    with busy.connect() as conn:
        conn.execute("DELETE FROM alerts.score WHERE resident_id = %s", (n.BRAM,))
        for reason in ("pregnant", None):
            conn.execute(
                "UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s", (reason, n.BRAM)
            )
    assert counted(busy)["Orchard House"].sets_done == 4


def test_whoever_is_synthetic_counts_for_nothing_and_never_beside_the_real(busy: Database) -> None:
    with busy.connect() as conn:
        conn.execute("UPDATE delegation.resident SET synthetic = true WHERE resident_id = %s", (n.BRAM,))
    found = counted(busy)["Orchard House"]
    assert (found.residents, found.synthetic, found.readings, found.sets_done) == (1, 1, 4, 2)
    assert (found.raised[0], found.in_time[0]) == (1, 0)
    assert counted(busy, synthetic=True)["Orchard House"] == found
    with busy.connect() as conn:
        conn.execute("UPDATE delegation.resident SET synthetic = true")
    nobody, everybody = counted(busy)["Orchard House"], counted(busy, synthetic=True)["Orchard House"]
    assert (nobody.residents, nobody.readings, nobody.sets_due, nobody.raised[0]) == (0, 0, 0, 0)
    assert (everybody.residents, everybody.readings, everybody.sets_done, everybody.raised[0]) == (2, 6, 4, 2)


def test_nobody_counts_but_the_commissioner_of_that_hub(busy: Database) -> None:
    assert counted(busy, hub=n.OTHER_HUB) == {}
    for other in (n.HUB_LEAD, n.CLINICIAN, n.MANAGER, n.OPERATOR, n.CARER):
        assert counted(busy, who=other) == {}
    with busy.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.COMMISSIONER,)
        )
    assert counted(busy) == {}


_EVERYTHING = sql.SQL("SELECT * FROM {}")
ROWS: tuple[LiteralString, ...] = (
    "delegation.resident", "delegation.home", "delegation.end_of_care", "delegation.monitoring_pause",
    "ingest.visible_reading", "ingest.seen", "ingest.current_vitals", "ingest.quarantine", "devices.kit",
    "alerts.visible_score", "alerts.escalation", "alerts.finding", "alerts.escalation_event", "alerts.notice",
)  # fmt: skip


def test_a_commissioners_connection_reads_no_row(busy: Database) -> None:
    """The numbers come through one door, whose owner cannot sign in, nor read a name."""
    with busy.connect("hearthwatch_api") as conn:
        act_as(conn, n.COMMISSIONER)
        for table in ROWS:
            assert conn.execute(_EVERYTHING.format(sql.SQL(table))).fetchall() == [], table
        for table in ("ingest.reading", "alerts.score"):
            with pytest.raises(InsufficientPrivilege), conn.transaction():
                conn.execute(_EVERYTHING.format(sql.SQL(table)))
    with busy.connect() as conn:
        owner = conn.execute(
            "SELECT rolname, rolcanlogin FROM pg_roles JOIN pg_proc ON proowner = pg_roles.oid"
            " WHERE proname = 'counts_of_hub'"
        ).fetchall()
        reads_names = conn.execute(
            "SELECT has_any_column_privilege('hearthwatch_counter', 'delegation.person', 'SELECT'),"
            " has_column_privilege('hearthwatch_counter', 'delegation.resident', 'name', 'SELECT')"
        ).fetchall()
    assert owner == [("hearthwatch_counter", False)]
    assert reads_names == [(False, False)]
