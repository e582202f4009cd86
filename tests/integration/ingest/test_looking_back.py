"""What was measured of many residents before is found by whose it is, however much is stored of others."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest

from ingest.storage import store
from tests.fixtures.databases import Database

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
# Three sets a day of 400 residents, for three weeks; as many of a batch's residents as there are readings in one.
FILL: LiteralString = """
INSERT INTO ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at,
                            effective_at, competence, device_kind, outbox_epoch, seq, spo2, flags)
SELECT gen_random_uuid(), gen_random_uuid(), md5(resident::text)::uuid, gen_random_uuid(), before, at, at, at,
       'unknown', 'person', gen_random_uuid(), before, 95, '{}'
FROM generate_series(1, 400) AS resident, generate_series(1, 63) AS before,
     LATERAL (SELECT %s - before * interval '8 hours' AS at) AS moment
"""
READ_WHOLE: LiteralString = """
SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_all_tables
WHERE relname = 'reading' OR relid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'ingest.reading'::regclass)
"""


@pytest.mark.both_databases
def test_a_batch_of_many_residents_reads_no_part_of_the_readings_whole(database: Database) -> None:
    with database.connect(autocommit=True) as owner:
        owner.execute(FILL, (NOON,))
        owner.execute("ANALYZE ingest.reading")
        whose = owner.execute("SELECT DISTINCT resident_id FROM ingest.reading LIMIT 100").fetchall()
    with database.connect("hearthwatch_ingest") as conn:
        found = store.quantities(conn, {resident: [NOON] for (resident,) in whose}, timedelta(days=30))
        [(read_whole,)] = conn.execute(READ_WHOLE).fetchall()
    assert (len(found), read_whole) == (100 * 63, 0)
