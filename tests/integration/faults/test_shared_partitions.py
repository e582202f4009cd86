"""Workers that share the partitions, come, go, are killed and wake up: nothing lost, nothing twice, whoever holds what.

The scene's checker is satisfied at the end of each. Where two work on one partition at once it is satisfied too:
leases keep workers out of each other's way, and nothing rests on them.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pytest

from alerts.evaluator import Evaluator
from devices.topics import PARTITIONS
from ingest.worker.consumer import Broker, Consumer
from ingest.worker.tenure import Tenure
from ingest.worker.worker import Worker
from tests.fixtures.containers import wait_until
from tests.fixtures.ingest_process import IngestProcess
from tests.fixtures.lines import hang_up
from tests.fixtures.live_kits import still_on
from tests.integration.faults.scene import KITS, PATIENCE, Scene, in_flight, scene

ALL = frozenset(range(PARTITIONS))
THE_KITS = frozenset(kit.partition for kit in KITS)
STREAM = 150


@pytest.fixture
def line(neighbourhood, mosquitto, tmp_path) -> Iterator[Scene]:
    with scene(neighbourhood, mosquitto, tmp_path) as line:
        yield line


def wait_for_shares(workers: Collection[IngestProcess], *sizes: int) -> None:
    """Until they hear so many each, in this order, and all of them each partition once."""

    def shared() -> bool:
        heard = [worker.hears for worker in workers]
        each = sorted(partition for share in heard for partition in share)
        return [len(share) for share in heard] == list(sizes) and each == sorted(ALL)

    wait_until(shared, f"shares of {sizes}", PATIENCE)


@contextmanager
def killed_at_the_end(*workers: IngestProcess) -> Iterator[None]:
    try:
        yield
    finally:
        for worker in workers:
            if worker.running:
                worker.kill()


def test_workers_share_by_themselves_whoever_comes_stops_or_is_killed(line: Scene):
    second, third = line.ingest.beside("2"), line.ingest.beside("3")
    with killed_at_the_end(second, third), line.streaming(STREAM):
        wait_for_shares([line.ingest], 16)
        second.start()
        wait_for_shares([line.ingest, second], 8, 8)
        held = second.hears
        second.kill()
        wait_for_shares([line.ingest], 16)
        second.start()
        third.start()
        wait_for_shares([line.ingest, second, third], 6, 5, 5)
        assert held != second.hears
        assert second.stop() == 0
        wait_for_shares([line.ingest, third], 8, 8)
        assert third.stop() == 0
        wait_for_shares([line.ingest], 16)


def test_one_started_again_at_once_goes_on_where_it_was_and_nobody_else_moves(line: Scene):
    second = line.ingest.beside("2")
    with killed_at_the_end(second):
        second.start()
        wait_for_shares([line.ingest, second], 8, 8)
        held = second.hears
        second.kill()
        # As if no time had passed, however slow this machine is.
        with line.database.connect() as conn:
            conn.execute("UPDATE ingest.worker SET works_until = 'infinity' WHERE worker = '2'")
        second.start()
        wait_until(lambda: second.hears == held, "it to go on where it was")
        assert second.metric("partitions_taken_total") == 0
        assert line.ingest.hears == ALL - held
        line.measure(10)


def test_one_that_sleeps_is_taken_over_and_what_it_commits_when_it_wakes_is_there_once(line: Scene):
    """What had been brought to it before it was missed is stored by another meanwhile, from the kits."""
    second = line.ingest.beside("2")
    with killed_at_the_end(second):
        second.start()
        wait_for_shares([line.ingest, second], 8, 8)
        sleeper = line.ingest if line.ingest.hears & THE_KITS else second
        other = second if sleeper is line.ingest else line.ingest
        sleeper.pause()
        line.measure(STREAM)
        wait_for_shares([other], 16)
        line.wait_until_settled()
        assert line.stored() == STREAM
        sleeper.wake()
        wait_until(lambda: sleeper.metric("readings_total", outcome="duplicate") > 0, "it to work it off")
        wait_for_shares([sleeper, other], 8, 8)
        line.measure(STREAM)
        line.wait_until_settled()
        assert second.stop() == 0


def test_one_that_falls_asleep_in_a_transaction_holds_nobody_up_and_puts_nothing_away(line: Scene):
    """Its residents' rows are freed when the database has waited for as long as its leases last."""
    second = line.ingest.beside("2")
    with killed_at_the_end(second):
        second.start()
        wait_for_shares([line.ingest, second], 8, 8)
        sleeper = line.ingest if line.ingest.hears & THE_KITS else second
        other = second if sleeper is line.ingest else line.ingest
        line.measure(STREAM)
        line.wait_until_settled()  # so that there are residents' rows to wait for
        with in_flight(line):
            sleeper.pause()
        wait_for_shares([other], 16)
        line.wait_until_settled()
        sleeper.wake()
        wait_for_shares([sleeper, other], 8, 8)
        line.measure(STREAM)
        line.wait_until_settled()
        assert sleeper.metric("readings_total", outcome="quarantined") == 0
        assert second.stop() == 0


class Everywhere(Tenure):
    """Holds everything, whatever the rows say."""

    def look(self, *_: object) -> None:
        self._consumer.listen_to(ALL)


def test_two_that_both_work_on_everything_store_it_once(line: Scene, mosquitto):
    place = Broker("127.0.0.1", mosquitto.port, f"{mosquitto.username}-2", mosquitto.password)
    consumer = Consumer(place, "2")
    connect = line.database.connect
    worker = Worker(
        lambda: connect("hearthwatch_ingest", autocommit=True),
        consumer,
        Everywhere("2", consumer),
        Evaluator(),
    )
    stopping = threading.Event()
    working = threading.Thread(target=worker.run, args=(stopping,), name="worker 2")
    consumer.start()
    working.start()
    try:
        wait_until(lambda: consumer.heard.keys() == ALL, "the other to hear everything")
        assert line.ingest.hears == ALL

        def met() -> bool:
            line.measure(20)
            return {"stored", "duplicate"} <= worker.tally.outcomes.keys()

        wait_until(met, "each to come first with some", PATIENCE)
        line.wait_until_settled()
        assert still_on(line.kits) == 0
    finally:
        stopping.set()
        working.join()
        consumer.stop()
        hang_up(consumer._client)
