"""A page that hears its stream is not a platform that hears its kits."""

from datetime import UTC, datetime, timedelta

from psycopg_pool import ConnectionPool

from api import pulse
from api.fanout import Pace
from api.pulse import Pulse
from ingest import heartbeat
from ingest.heartbeat import QUIET_AFTER, Beating
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BOTH = (Beating.INGEST, Beating.SCHEDULER)


def test_a_process_that_stopped_working_is_noticed_and_one_that_never_began(database: Database) -> None:
    patience = QUIET_AFTER[Beating.INGEST]
    with database.connect("hearthwatch_ingest") as conn:
        heartbeat.beat(conn, Beating.INGEST, NOW)
        assert heartbeat.quiet(conn, NOW + patience) == {Beating.SCHEDULER: None}
        late = heartbeat.quiet(conn, NOW + patience + timedelta(seconds=1))
    assert late == {Beating.INGEST: NOW, Beating.SCHEDULER: None}


def test_each_process_has_the_patience_its_own_beat_asks_for(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for process in BOTH:
            heartbeat.beat(conn, process, NOW)
        # Ingest beats every second, the scheduler every ten.
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=5)) == {}
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=7)) == {Beating.INGEST: NOW}
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=35)) == {Beating.INGEST: NOW}
        assert set(heartbeat.quiet(conn, NOW + timedelta(seconds=46))) == set(BOTH)


def test_a_page_hears_within_ten_seconds_of_the_last_beat_that_nothing_comes_in() -> None:
    told_within = QUIET_AFTER[Beating.INGEST].total_seconds() + pulse.ASK_EVERY + Pace().ping_seconds
    assert told_within <= 10


def test_the_hubs_page_is_told_in_a_sentence_that_nothing_comes_in(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for process in BOTH:
            heartbeat.beat(conn, process, NOW)
    with ConnectionPool(database.conninfo("hearthwatch_api"), min_size=1, open=True) as pool:
        assert Pulse(pool).words(NOW) is None
        said = Pulse(pool).words(NOW + timedelta(hours=1)) or ""
    assert "No readings are coming in since 09:00 on 04 March" in said
    assert "Nobody is watching the clocks" in said
