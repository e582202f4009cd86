"""kill -9 in mid-stream, of ingest, of the broker and of the database: nothing lost, nothing twice (invariants 1-3).

Each kill finds messages taken and not acknowledged, in a transaction that has not committed; each test sees that
they came again.
"""

import random
from collections.abc import Callable

from tests.fixtures.brokers import Mosquitto
from tests.fixtures.databases import Database, OwnTimescale
from tests.fixtures.length import length
from tests.fixtures.live_kits import still_on
from tests.fixtures.neighbourhood import settle
from tests.integration.faults.scene import in_flight, scene

KILLS = length(3, 40)
MIXED_KILLS = length(5, 60)
PER_KILL = length(150, 300)


def test_ingest_killed_in_mid_stream_is_sent_again_what_it_had_in_hand(neighbourhood, mosquitto, tmp_path):
    with scene(neighbourhood, mosquitto, tmp_path) as line:
        for kill in range(KILLS):
            with line.streaming(PER_KILL):
                line.wait_for_stored(kill * PER_KILL + PER_KILL // 3)
                with in_flight(line):
                    line.ingest.kill()
                before = line.publishes()
                line.ingest.start()
            line.wait_until_settled()
            assert line.came_again(before)


def test_a_broker_killed_in_mid_stream_forgets_and_the_kits_send_again(
    neighbourhood, own_mosquitto: Callable[[], Mosquitto], tmp_path
):
    broker = own_mosquitto()
    with scene(neighbourhood, broker, tmp_path) as line:
        for kill in range(KILLS):
            with line.streaming(PER_KILL):
                line.wait_for_stored(kill * PER_KILL + PER_KILL // 3)
                with in_flight(line):
                    broker.own.kill()
                before = line.publishes()
                broker.own.restart()
            line.wait_until_settled()
            assert line.came_again(before)


def test_a_database_killed_in_mid_stream_is_given_its_batch_again(
    own_timescale: Callable[[], OwnTimescale], mosquitto, tmp_path
):
    own = own_timescale()
    database: Database = own.server.fresh_database()
    with database.connect() as conn:
        settle(conn)
    with scene(database, mosquitto, tmp_path) as line:
        for kill in range(KILLS):
            retried = line.ingest.metric("retries_total")
            with line.streaming(PER_KILL):
                line.wait_for_stored(kill * PER_KILL + PER_KILL // 3)
                with in_flight(line):
                    own.container.kill()
                own.container.restart()
            line.wait_until_settled()
            assert line.ingest.metric("retries_total") > retried


def test_anything_killed_at_any_moment_loses_nothing(
    own_timescale: Callable[[], OwnTimescale], own_mosquitto: Callable[[], Mosquitto], tmp_path
):
    """No moment is chosen here: the stream runs on, and what is killed next is drawn from the seed."""
    own, broker = own_timescale(), own_mosquitto()
    database = own.server.fresh_database()
    with database.connect() as conn:
        settle(conn)
    with scene(database, broker, tmp_path) as line:
        fate = random.Random(line.rng.random())
        for kill in range(MIXED_KILLS):
            sent = line.sent()
            with line.streaming(PER_KILL):
                line.wait_for_sent(sent + fate.randint(1, PER_KILL))
                victim = fate.choice(("ingest", "broker", "database"))
                before = line.stored()
                print(f"kill {kill}: {victim}, {before} stored, {still_on(line.kits)} without a receipt")
                if victim == "ingest":
                    line.ingest.kill()
                    line.ingest.start()
                else:
                    container = broker.own if victim == "broker" else own.container
                    container.kill()
                    container.restart()
                line.measure(1)  # all of the stream may be stored
                line.wait_for_stored(before + 1)
        line.wait_until_settled()
