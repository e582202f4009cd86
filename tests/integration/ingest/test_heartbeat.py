"""A page that hears its stream is not a platform that hears its kits."""

from datetime import UTC, datetime, timedelta

from psycopg_pool import ConnectionPool

from api.pulse import Pulse
from ingest import heartbeat
from ingest.heartbeat import QUIET_AFTER, Beating
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BOTH = (Beating.INGEST, Beating.SCHEDULER)


def test_a_process_that_stopped_working_is_noticed_and_one_that_never_began(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        heartbeat.beat(conn, Beating.INGEST, NOW)
        assert heartbeat.quiet(conn, NOW + QUIET_AFTER) == {Beating.SCHEDULER: None}
        late = heartbeat.quiet(conn, NOW + QUIET_AFTER + timedelta(seconds=1))
    assert late == {Beating.INGEST: NOW, Beating.SCHEDULER: None}


def test_the_hubs_page_is_told_in_a_sentence_that_nothing_comes_in(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for process in BOTH:
            heartbeat.beat(conn, process, NOW)
    with ConnectionPool(database.conninfo("hearthwatch_api"), min_size=1, open=True) as pool:
        assert Pulse(pool).words(NOW) is None
        said = Pulse(pool).words(NOW + timedelta(hours=1)) or ""
    assert "No readings are coming in since 09:00 on 04 March" in said
    assert "Nobody is watching the clocks" in said
