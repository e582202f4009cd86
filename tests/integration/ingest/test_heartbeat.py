"""A page that hears its stream is not a platform that hears its kits."""

from datetime import UTC, datetime, timedelta

from psycopg_pool import ConnectionPool

from api.fanout import Pace
from api.latest import KEPT_SECONDS
from api.pulse import Pulse
from ingest.worker import heartbeat
from ingest.worker.heartbeat import QUIET_AFTER, Beating, Quiet
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BOTH = (Beating.INGEST, Beating.SCHEDULER)


def test_a_process_that_stopped_working_is_noticed_and_one_that_never_began(database: Database) -> None:
    patience = QUIET_AFTER[Beating.INGEST]
    with database.connect("hearthwatch_ingest") as conn:
        heartbeat.beat(conn, Beating.INGEST, NOW)
        assert heartbeat.quiet(conn, NOW + patience) == {Beating.SCHEDULER: Quiet(None)}
        late = heartbeat.quiet(conn, NOW + patience + timedelta(seconds=1))
    assert late == {Beating.INGEST: Quiet(NOW), Beating.SCHEDULER: Quiet(None)}


def test_each_process_has_the_patience_its_own_beat_asks_for(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for process in BOTH:
            heartbeat.beat(conn, process, NOW)
        # Ingest beats every second, the scheduler every ten.
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=5)) == {}
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=7)) == {Beating.INGEST: Quiet(NOW)}
        assert heartbeat.quiet(conn, NOW + timedelta(seconds=35)) == {Beating.INGEST: Quiet(NOW)}
        assert set(heartbeat.quiet(conn, NOW + timedelta(seconds=46))) == set(BOTH)


def test_a_worker_that_beats_does_not_hide_that_nobody_works_on_the_other_partitions(
    database: Database,
) -> None:
    first, second, later = range(8), range(8, 16), NOW + timedelta(minutes=1)
    with database.connect("hearthwatch_ingest") as conn:
        heartbeat.beat(conn, Beating.SCHEDULER, later)
        heartbeat.beat(conn, Beating.INGEST, NOW, first)
        assert heartbeat.quiet(conn, NOW) == {Beating.INGEST: Quiet(None, partly=True)}
        heartbeat.beat(conn, Beating.INGEST, NOW, second)
        assert heartbeat.quiet(conn, NOW) == {}
        heartbeat.beat(conn, Beating.INGEST, later, second)
        assert heartbeat.quiet(conn, later) == {Beating.INGEST: Quiet(NOW, partly=True)}
        # Whoever takes them over, and however they are shared out then.
        heartbeat.beat(conn, Beating.INGEST, later, range(3, 10))
        assert heartbeat.quiet(conn, later) == {Beating.INGEST: Quiet(NOW, partly=True)}
        heartbeat.beat(conn, Beating.INGEST, later, range(3))
        assert heartbeat.quiet(conn, later) == {}


def test_a_page_says_that_only_some_kits_are_not_heard(database: Database) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for process in BOTH:
            heartbeat.beat(conn, process, NOW)
        heartbeat.beat(conn, Beating.SCHEDULER, NOW + timedelta(hours=1))
        heartbeat.beat(conn, Beating.INGEST, NOW + timedelta(hours=1), range(8))
    with ConnectionPool(database.conninfo("hearthwatch_api"), min_size=1, open=True) as pool:
        said = Pulse(pool).words(NOW + timedelta(hours=1)) or ""
    assert said.startswith("From some kits no readings are coming in since 09:00 on 04 March")


def test_a_page_hears_within_ten_seconds_of_the_last_beat_that_nothing_comes_in() -> None:
    told_within = QUIET_AFTER[Beating.INGEST].total_seconds() + KEPT_SECONDS + Pace().ping_seconds
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
