"""The wire between ingest and the broker carries everything, whole and in order, however it is cut up."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from devices.topics import Leaf
from ingest.consumer import Broker, Consumer, Delivery
from ingest.wire import BufferedSocket
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Mosquitto
from tests.fixtures.containers import wait_until

KIT = n.Kit()
SIZES = (1, 90, 127, 128, 16_383, 16_384, 65_530, 65_536, 200_000)
CONNACK = b"\x20\x02\x00\x00"


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(0)
        yield BufferedSocket(ours), theirs


def taken(consumer: Consumer, wanted: int) -> list[Delivery]:
    """So many messages, each acknowledged."""
    deliveries: list[Delivery] = []
    wait_until(lambda: deliveries.extend(consumer.take(1000, 0.1)) or len(deliveries) >= wanted, "them all")
    consumer.acknowledge(deliveries)
    return deliveries


@pytest.mark.mosquitto
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_backlog_of_all_sizes_comes_whole_in_order_and_once(mosquitto: Mosquitto, encrypted: bool) -> None:
    port, ca_file = (mosquitto.tls_port, str(mosquitto.ca_file)) if encrypted else (mosquitto.port, None)
    place = Broker(
        "localhost" if encrypted else "127.0.0.1", port, mosquitto.username, mosquitto.password, ca_file
    )
    sent = [bytes([65 + number]) * size for number in range(20) for size in SIZES]
    consumer = Consumer(place, "1")
    consumer.start()
    wait_until(consumer.connected.is_set, "it to be connected")
    for payload in sent:
        consumer.publish(KIT.topic(Leaf.READINGS), payload)
    assert [one.payload for one in taken(consumer, len(sent))] == sent
    consumer.publish(KIT.topic(Leaf.READINGS), b"after them")
    assert [one.payload for one in taken(consumer, 1)] == [b"after them"]
    consumer.stop()
    again = Consumer(place, "1")
    again.start()
    wait_until(again.connected.is_set, "it to be connected again")
    again.publish(KIT.topic(Leaf.READINGS), b"another day")
    assert [(one.payload, one.redelivered) for one in taken(again, 1)] == [(b"another day", False)]
    again.stop()


def test_a_packet_is_given_out_whole_once_it_is_let_through(
    ends: tuple[BufferedSocket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall(CONNACK[:3])
    ours.read_ahead()
    assert (ours.packet(), ours.pending()) == (None, 0)
    theirs.sendall(CONNACK[3:] + CONNACK)
    ours.read_ahead()
    assert ours.pending() == len(CONNACK)
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    for _ in range(2):
        packet = ours.packet()
        assert packet is not None
        ours.let_through(packet)
        assert (ours.recv(1), ours.recv(100)) == (CONNACK[:1], CONNACK[1:])
    theirs.close()
    ours.read_ahead()
    assert (ours.is_at_its_end, ours.recv(1)) == (True, b"")


def test_what_the_kernel_does_not_take_waits_its_turn(ends: tuple[BufferedSocket, socket.socket]) -> None:
    ours, theirs = ends
    sent, received = bytes(range(256)) * 8192, b""
    assert ours.send(sent) == len(sent)
    assert ours.unsent == len(sent)
    ours.flush()
    assert 0 < ours.unsent < len(sent)
    while len(received) < len(sent):
        received += theirs.recv(65_536)
        ours.flush()
    assert (received, ours.unsent) == (sent, 0)


def test_what_is_said_before_hanging_up_arrives(ends: tuple[BufferedSocket, socket.socket]) -> None:
    ours, theirs = ends
    ours.send(b"goodbye")
    ours.close()
    assert (theirs.recv(100), theirs.recv(100)) == (b"goodbye", b"")


def test_a_line_that_broke_while_sending_is_noticed_by_reading(
    ends: tuple[BufferedSocket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.close()
    ours.send(b"is anybody there?")
    ours.flush()
    ours.read_ahead()
    assert ours.unsent == 0
    assert ours.recv(1) == b""
