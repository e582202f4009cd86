"""What ingest makes of a broker that refuses it, what it hears and leaves, and what a broker kept from before."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt import publish

from api.embedded.broker import EmbeddedBroker
from devices import registry
from devices.receipt import Status, encode_message
from devices.registry import Waited
from devices.topics import PARTITIONS, Leaf
from ingest.worker.consumer import Broker, Consumer, Delivery
from ingest.worker.probe import Probe
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.doorstep import NOW, Doorstep
from tests.fixtures.lines import hang_up
from tests.fixtures.machine import PATIENCE_SECONDS

KIT = n.Kit()
EVERYTHING = range(PARTITIONS)
ACCEPTED = b"\x20\x02\x00\x00"


@contextmanager
def started(consumer: Consumer) -> Iterator[Consumer]:
    consumer.start()
    try:
        yield consumer
    finally:
        consumer.stop()
        hang_up(consumer._client)


def next_of(consumer: Consumer) -> Delivery:
    taken: list[Delivery] = []
    wait_until(lambda: taken.extend(consumer.take(1, 0.1)) or bool(taken), "a message")
    consumer.acknowledge(taken)
    return taken[0]


def test_one_whose_subscription_is_refused_does_not_say_it_is_connected(
    embedded_broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    embedded_broker.admit({"kit-a": "password"})
    with (
        caplog.at_level(logging.WARNING),
        started(Consumer(Broker("127.0.0.1", embedded_broker.port, "kit-a", "password"), "1")) as consumer,
    ):
        wait_until(consumer.connected.is_set, "it to be let in")
        consumer.listen_to(EVERYTHING)
        wait_until(lambda: "refused a subscription" in caplog.text, "the refusal to be written down")
        assert not consumer.connected.is_set()
        assert not consumer.heard


def refusing_first(listener: socket.socket, asked: list[bytes]) -> None:
    """A broker that has no room for the first subscription (3.9.3: 0x80) and has for the next."""
    line, _ = listener.accept()
    with line:
        line.recv(1024)
        line.sendall(ACCEPTED)
        while packet := line.recv(1024):
            if packet[0] == 0x82:
                asked.append(packet)
                granted = b"\x80\x01" if len(asked) == 1 else b"\x01\x01"
                line.sendall(b"\x90\x04" + packet[2:4] + granted)


def test_one_whose_subscription_is_refused_asks_again_until_it_is_granted() -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        broker = threading.Thread(target=refusing_first, args=(listener, asked))
        broker.start()
        place = Broker("127.0.0.1", listener.getsockname()[1])
        with started(Consumer(place, "1", ask_again=0.05)) as consumer:
            consumer.listen_to([KIT.partition])
            wait_until(lambda: not consumer.take(1, 0.01) and consumer.heard.keys() == {KIT.partition}, "it")
            assert consumer.connected.is_set()
        broker.join(PATIENCE_SECONDS)
    assert len(asked) == 2


@pytest.mark.both_brokers
def test_it_hears_the_partitions_it_was_told_to_and_has_done_with_one_when_all_of_it_is_acknowledged(
    broker,
) -> None:
    place = Broker("127.0.0.1", broker.port, broker.username, broker.password)
    other = n.Kit(n.SECOND_KIT, 2)
    with started(Consumer(place, "1")) as consumer:
        consumer.listen_to([KIT.partition])
        wait_until(lambda: consumer.heard.keys() == {KIT.partition}, "the one to be heard")
        consumer.publish(other.topic(), b"elsewhere")
        consumer.publish(KIT.topic(), b"here")
        brought: list[Delivery] = []
        wait_until(lambda: brought.extend(consumer.take(1, 0.1)) or bool(brought), "a message")
        consumer.listen_to([other.partition])
        wait_until(lambda: consumer.is_settled, "the other to be heard")
        assert not consumer.done_with(KIT.partition)
        assert (brought[0].payload, consumer.in_hand, consumer.has_finished) == (b"here", 1, False)
        consumer.acknowledge(brought)
        # The broker may say that we hear the other before it says that we have left this one.
        wait_until(lambda: consumer.done_with(KIT.partition), "the one to be left")
        assert (consumer.in_hand, consumer.has_finished) == (0, True)
        consumer.publish(KIT.topic(), b"no longer")
        consumer.publish(other.topic(), b"now")
        assert next_of(consumer).payload == b"now"


@pytest.mark.both_brokers
def test_what_comes_without_a_number_needs_no_answer(broker) -> None:
    """A publisher may choose QoS 0: an answer to that would have the broker hang up."""
    place = Broker("127.0.0.1", broker.port, broker.username, broker.password)
    with started(Consumer(place, "1")) as consumer:
        consumer.listen_to([KIT.partition])
        wait_until(lambda: consumer.is_settled, "it to be heard")
        publish.single(
            KIT.topic(),
            b"unnumbered",
            qos=0,
            hostname="127.0.0.1",
            port=broker.port,
            client_id="sender",
            auth={"username": f"{broker.username}-1", "password": broker.password},
        )
        assert next_of(consumer).payload == b"unnumbered"
        consumer.publish(KIT.topic(), b"after it")
        assert next_of(consumer).payload == b"after it"
        assert consumer.connection == 1


@pytest.mark.both_brokers
def test_a_probe_comes_back_the_way_a_status_comes(broker) -> None:
    place = Broker("127.0.0.1", broker.port, broker.username, broker.password)
    with started(Consumer(place, "1")) as consumer:
        consumer.listen_to([KIT.partition])
        wait_until(lambda: consumer.is_settled, "it to be heard")
        probe, at = Probe(consumer.publish), datetime.now(UTC)
        probe.send(consumer.heard, at)
        come = next_of(consumer)
        assert probe.has_come(come.topic, come.payload, come.arrived_at)
        assert probe.waited(come.arrived_at + n.minutes(9)) == come.arrived_at - at
        assert probe.waited_at_most(come.arrived_at + n.minutes(9)) == come.arrived_at + n.minutes(9) - at


@pytest.mark.both_brokers
def test_it_tells_what_the_broker_kept_from_what_is_said_now(broker) -> None:
    place = Broker("127.0.0.1", broker.port, broker.username, broker.password)
    status = encode_message(Status(online=True))
    with started(Consumer(place, "1")) as speaker:
        speaker.listen_to(EVERYTHING)
        wait_until(lambda: speaker.is_settled, "the speaker to hear everything")
        speaker.publish(KIT.topic(Leaf.STATUS), status, retain=True)
        assert not next_of(speaker).retained
    late = Broker("127.0.0.1", broker.port, f"{broker.username}-1", broker.password)
    with started(Consumer(late, "1")) as listener:
        listener.listen_to(EVERYTHING)
        assert next_of(listener).retained


def test_a_status_that_the_broker_kept_is_no_sign_of_life(doorstep: Doorstep) -> None:
    heard = "SELECT heard_at, online, clock_skew_s FROM devices.kit_status"
    gone = Status(online=False)
    registry.note_status(doorstep.conn, KIT.kit_id, gone, NOW)
    kept = Status(online=True, clock=NOW - timedelta(hours=5))
    registry.note_status(doorstep.conn, KIT.kit_id, kept, NOW + n.minutes(9), retained=True)
    assert doorstep.rows(heard) == [(NOW, False, None)]
    registry.note_status(doorstep.conn, KIT.kit_id, kept, NOW + n.minutes(9))
    assert doorstep.rows(heard)[0][:2] == (NOW + n.minutes(9), True)


def test_a_status_that_the_broker_kept_is_noted_where_there_is_no_other(doorstep: Doorstep) -> None:
    at = datetime.now(UTC)
    kept = Status(online=True, clock=at - timedelta(hours=5))
    registry.note_status(doorstep.conn, KIT.kit_id, kept, at, retained=True)
    assert doorstep.rows("SELECT heard_at, online, clock_skew_s FROM devices.kit_status") == [
        (at, True, None)
    ]


def test_a_full_disk_is_noted_until_the_kit_says_otherwise(doorstep: Doorstep) -> None:
    for said, known in ((True, True), (None, True), (False, False)):
        registry.note_status(doorstep.conn, KIT.kit_id, Status(online=True, disk_full=said), NOW)
        assert doorstep.rows("SELECT disk_full FROM devices.kit_status") == [(known,)]


def test_what_a_kit_alone_has_whole_is_noted_until_it_says_otherwise(doorstep: Doorstep) -> None:
    for said, known in ((3, 3), (None, 3), (0, 0)):
        status = Status(online=True, not_kept_whole=said, let_go=said)
        registry.note_status(doorstep.conn, KIT.kit_id, status, NOW)
        assert doorstep.rows("SELECT not_kept_whole, let_go FROM devices.kit_status") == [(known, known)]


# By how much a clock is behind, how long its statuses wait on their way, how long probes do and how long anything can
# have waited: what it is held to be.
BEHIND = {
    "a clock that is right, and a backlog that stays": (0, 1200, 1200, 2400, None),
    "one that is slow, and no backlog": (1200, 0, 0, 0, -1200),
    "one that is slow, and no backlog, with a probe each second": (1200, 0, 0, 1, -1200),
    "one that is slow, and a backlog that stays": (1200, 600, 600, 1200, -1200),
    "one that is right, and a backlog that grows": (0, 600, 700, 1300, None),
    "one that is fast, and a backlog that stays": (-1200, 600, 600, 1200, 600),
    "one that is right, and a wait that the last probe did not have": (0, 7200, 1, 7300, None),
    "one that is slower than any wait": (10_000, 600, 1, 1200, -10_599),
    "one that is slow, and no probes": (1200, 0, 0, None, -1200),
}


@pytest.mark.parametrize(("slow", "waits", "probed", "at_most", "skew"), BEHIND.values(), ids=BEHIND.keys())
def test_a_backlog_that_stays_makes_no_clock_slow_and_hides_no_clock_that_is(
    doorstep: Doorstep, slow: int, waits: int, probed: int, at_most: int | None, skew: int | None
) -> None:
    """To look at alone, each status that waits twenty minutes is one of a clock that is twenty minutes slow."""
    for said_at in (0, 60, 120):
        status = Status(online=True, clock=NOW + timedelta(seconds=said_at - slow))
        arrives = NOW + timedelta(seconds=said_at + waits)
        longest = None if at_most is None else timedelta(seconds=at_most)
        waited = Waited(timedelta(seconds=probed), longest)
        registry.note_status(doorstep.conn, KIT.kit_id, status, arrives, waited=waited)
    held = doorstep.rows("SELECT nullif(clock_skew_s, 0) FROM devices.kit_status")
    assert held == [(skew,)]


# When each status arrives and what the kit's clock says in it, in seconds; and by how much it is held to be ahead.
SAID = {
    "a clock that is right": ([(0, 0), (60, 60)], 0),
    "a slow one, said twice": ([(0, -3600), (60, -3540)], -3600),
    "a slow one, said every twenty seconds": ([(0, -3600), (20, -3580), (40, -3560), (60, -3540)], -3600),
    "said once": ([(0, -3600)], None),
    "a queue that is drained": ([(0, -180), (1, -120), (2, -60), (3, 0)], None),
    "a queue that is drained slowly, minute by minute": ([(0, -3600), (50, -3400), (100, -3200)], None),
    "a queue of a kit whose clock was right": ([(-60, -60), (0, 0), (3600, 60), (3601, 120)], 0),
    "one status, delivered twice": ([(0, -3600), (50, -3600)], None),
    "a slow one put right": ([(0, -3600), (60, -3540), (120, 120)], 0),
    "a right one that became slow": ([(0, 0), (60, -3540), (120, -3480)], -3600),
    "a fast one": ([(0, 3600)], 3600),
    "a fast one whose word waited": ([(0, 3600), (1860, 3660)], 3600),
    "a fast one put right": ([(0, 3600), (60, 60), (120, 120)], 0),
}


@pytest.mark.parametrize(("said", "skew"), SAID.values(), ids=SAID.keys())
def test_a_clock_is_called_slower_only_when_two_statuses_that_came_apart_agree(
    doorstep: Doorstep, said: list[tuple[float, float]], skew: float | None
) -> None:
    """What waits at the broker makes a clock look slow, never fast, and no two wait equally long."""
    for at, clock in said:
        status = Status(online=True, clock=NOW + timedelta(seconds=clock))
        registry.note_status(doorstep.conn, KIT.kit_id, status, NOW + timedelta(seconds=at))
    registry.note_status(doorstep.conn, KIT.kit_id, Status(online=False), NOW + timedelta(days=1))
    assert doorstep.rows("SELECT clock_skew_s FROM devices.kit_status") == [(skew,)]
