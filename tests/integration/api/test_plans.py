"""What the pages ask of many residents at once is found by whose it is, however much is stored of others."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest
from psycopg.types.json import Jsonb

from api.database import Connection
from api.queries import course, home
from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
RESIDENTS: LiteralString = """
INSERT INTO delegation.resident (resident_id, home_id, name, born_on, synthetic)
SELECT md5(number::text)::uuid, %s, 'Synthetic ' || number, '1940-01-01', true FROM generate_series(1, 100) AS number
"""
# Three sets a day of 400 people, of whom 100 live where the actor looks, for three weeks.
SETS: LiteralString = """
FROM generate_series(1, 400) AS number, generate_series(1, 63) AS before,
     LATERAL (SELECT %s - before * interval '8 hours' AS at) AS moment
"""
READINGS: LiteralString = (
    """
INSERT INTO ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at,
                            effective_at, competence, device_kind, outbox_epoch, seq, spo2, flags)
SELECT gen_random_uuid(), gen_random_uuid(), md5(number::text)::uuid, gen_random_uuid(), before, at, at, at,
       'unknown', 'person', gen_random_uuid(), before, 95, '{}'"""
    + SETS
)
SCORES: LiteralString = (
    """
INSERT INTO alerts.score (resident_id, kit_id, reading_id, arrival_number, cause_kit_id, cause_reading_id,
    cause_arrival, effective_at, scored_at, rule_version, spo2_scale, assumed_air, low, high, red_score, band_low,
    band_high, complete, deciding, parts)
SELECT md5(number::text)::uuid, gen_random_uuid(), gen_random_uuid(), before, gen_random_uuid(), gen_random_uuid(),
       before, at, at, 'made up', 1, false, 1, 1, 'no', 'low', 'low', true, '{}', %s"""
    + SETS
)
CASES: LiteralString = """
INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why, raised_at,
                               deadline_at, policy_version)
SELECT gen_random_uuid(), resident_id, home_id, %s, 'rule', 'open', 'medium', 'Made up.', %s, %s, 'default-1'
FROM delegation.resident WHERE name LIKE 'Synthetic %%'
RETURNING escalation_id
"""
READ_WHOLE: LiteralString = """
SELECT relid::regclass::text FROM pg_stat_xact_all_tables
WHERE seq_scan > 0 AND (relname IN ('reading', 'score') OR relid IN (
    SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('ingest.reading'::regclass, 'alerts.score'::regclass)))
"""


def read_whole(conn: Connection) -> list[str]:
    """The tables, or chunks of them, of which every row was looked at in this transaction."""
    return [name for (name,) in conn.execute(READ_WHOLE)]


@pytest.mark.both_databases
def test_the_queue_and_the_homes_day_read_nothing_whole(neighbourhood: Database) -> None:
    raised = NOON - timedelta(days=14)
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute(RESIDENTS, (n.ORCHARD,))
        owner.execute(READINGS, (NOON,))
        owner.execute(SCORES, (Jsonb({}), NOON))
        cases = [one for (one,) in owner.execute(CASES, (n.HUB, raised, raised))]
        owner.execute("ANALYZE")
        residents = [
            one for (one,) in owner.execute("SELECT md5(i::text)::uuid FROM generate_series(1, 100) i")
        ]
    with neighbourhood.connect("hearthwatch_api") as conn:
        act_as(conn, n.CLINICIAN)
        assert {one.worst and one.worst.low for one in course.courses(conn, cases, NOON).values()} == {1}
        assert len(home.observed(conn, residents, NOON - timedelta(days=1), NOON)) == 3 * 100
        assert len(home.full_sets(conn, residents, NOON - timedelta(days=1), NOON)) == 3 * 100
        assert read_whole(conn) == []
