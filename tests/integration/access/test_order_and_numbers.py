"""What is shown of one's own says nothing of what there is of others: not its order, its place, nor its numbers.

Guards: whatever somebody is shown, they are shown the same, in the same order, where everybody else's rows are gone.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, UndefinedColumn

from alerts.evaluator import Evaluator
from api.queries.escalation import cases_of_resident
from delegation.people import act_as
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.access.records import NOW
from tests.integration.access.relations import ABOUT

pytestmark = pytest.mark.both_databases

API = "hearthwatch_api"
# What somebody may ask to learn the place of their own among rows they are not shown.
ASKED: tuple[LiteralString, ...] = (
    "SELECT {} FROM {}",
    "SELECT {} FROM {} LIMIT 1",
    "SELECT {} FROM {} OFFSET 1 LIMIT 1",
    "SELECT row_number() OVER (), {} FROM {}",
    "SELECT count(*) OVER (), {} FROM {}",
    "SELECT {} FROM {} TABLESAMPLE SYSTEM (100)",
)
VIEWS = ("ingest.visible_reading", "alerts.visible_score", "delegation.visible_audit_event")
# Of whoever is asked, the residents they see; everything of the other residents is taken away, as if it had never been.
SEEN: Mapping[UUID, tuple[UUID, ...]] = {
    n.WORKER: (n.AMARA, n.BRAM),
    n.CARER: (n.AMARA,),
    n.OUTSIDER: (n.STRANGER_RESIDENT,),
    n.NOBODY: (),
}
_COLUMNS: LiteralString = """
SELECT attrelid::regclass::text, attname FROM pg_attribute
WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0 AND NOT attisdropped
  AND has_column_privilege('hearthwatch_api', attrelid, attnum, 'SELECT')
ORDER BY attrelid, attnum
"""
_ABOUT_RESIDENTS: LiteralString = """
SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace::regnamespace::text IN ('delegation', 'ingest', 'alerts') AND relkind IN ('r', 'p')
  AND attname = 'resident_id'
"""
_WITHOUT_THEIR_CASE: LiteralString = """
DELETE FROM alerts.escalation_event event
WHERE NOT EXISTS (SELECT FROM alerts.escalation held WHERE held.escalation_id = event.escalation_id)
"""


def shown_to(conn: psycopg.Connection[Any], who: UUID) -> dict[tuple[str, str], list[Any]]:
    """All that they are shown, whichever way they ask, in the order in which it comes."""
    conn.execute("SET LOCAL ROLE hearthwatch_api")
    act_as(conn, who)
    read: dict[str, list[str]] = defaultdict(list)
    for table, column in conn.execute(_COLUMNS, (list(ABOUT),)).fetchall():
        read[table].append(column)
    answers = {
        (table, way): conn.execute(
            sql.SQL(way).format(
                sql.SQL(", ").join(map(sql.Identifier, read[table])), sql.Identifier(*table.split("."))
            )
        ).fetchall()
        for table in ABOUT
        for way in ASKED
        if not (table in VIEWS and "TABLESAMPLE" in way)
    }
    conn.execute("RESET ROLE")
    return answers


@pytest.mark.parametrize("who", SEEN, ids=["care worker", "family carer", "stranger", "nobody"])
def test_what_somebody_is_shown_is_the_same_and_in_the_same_order_whatever_there_is_of_others(
    records: Database, who: UUID
) -> None:
    with records.connect() as conn:
        before = shown_to(conn, who)
        conn.execute("SET LOCAL session_replication_role = replica")
        gone = 0
        for (table,) in conn.execute(_ABOUT_RESIDENTS).fetchall():
            name = sql.Identifier(*table.split("."))
            taken = sql.SQL("DELETE FROM {} WHERE resident_id <> ALL (%s)").format(name)
            gone += conn.execute(taken, (list(SEEN[who]),)).rowcount
        conn.execute(_WITHOUT_THEIR_CASE)
        assert gone > 30, "there was something of others"
        after = shown_to(conn, who)
        conn.rollback()
    assert {asked: rows for asked, rows in after.items() if rows != before[asked]} == {}
    assert (who is n.NOBODY) or any(len(rows) > 1 for rows in before.values())


@pytest.mark.parametrize("column", ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"])
def test_where_a_row_lies_and_what_wrote_it_is_told_to_nobody(records: Database, column: str) -> None:
    """Between two of one's own, others' would show as a gap."""
    read: list[str] = []
    with records.connect(API) as conn:
        for table in ABOUT:
            act_as(conn, n.WORKER)
            asked = sql.SQL("SELECT {} FROM {}").format(
                sql.Identifier(column), sql.Identifier(*table.split("."))
            )
            try:
                conn.execute(asked)
                read.append(table)
            except (InsufficientPrivilege, UndefinedColumn):
                pass
            conn.rollback()
    assert read == []


# Numbers that count for everybody together, which the api's role may read with a row; who is shown them, and where.
COUNTING_FOR_ALL = {
    "ingest.quarantine.quarantine_id": "operators see all of the quarantine",
    "alerts.policy.policy_id": "about nobody",
}
_COUNTING: LiteralString = """
SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api') AND attnum > 0
  AND (attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef made WHERE made.adrelid = attrelid AND adnum = attnum
                                      AND pg_get_expr(adbin, adrelid) LIKE 'nextval%%'))
  AND has_column_privilege('hearthwatch_api', attrelid, attnum, 'SELECT')
"""


def test_no_number_that_counts_for_everybody_is_forgotten(database: Database) -> None:
    with database.connect() as conn:
        assert {name for (name,) in conn.execute(_COUNTING)} == set(COUNTING_FOR_ALL)
        [(guessed,)] = conn.execute(
            "SELECT has_sequence_privilege('hearthwatch_api', 'delegation.audit_event_audit_id_seq', 'SELECT, UPDATE')"
        )
    assert not guessed


def test_the_hubs_revision_is_shown_to_the_hub_and_to_no_home(neighbourhood: Database) -> None:
    """It counts what happens at every home of the hub: from look to look it would tell how much that is."""
    kit = n.Kit()
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        for resident in (n.BRAM, n.AMARA):
            arrival = kit.arrival(kit.reading(resident, n.GRAVE, taken_at=NOW), NOW)
            door.receive(conn, [arrival], Evaluator(), NOW)
    told: dict[UUID, int] = {}
    for who in (n.CLINICIAN, n.WORKER, n.MANAGER, n.CARER):
        with neighbourhood.connect(API) as conn:
            act_as(conn, who)
            [case] = cases_of_resident(conn, n.AMARA, NOW.replace(year=2025), NOW)
            told[who] = case.escalation.revision
    assert told == {n.CLINICIAN: 2, n.WORKER: 0, n.MANAGER: 0, n.CARER: 0}
