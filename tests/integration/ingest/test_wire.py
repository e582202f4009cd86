"""The wire between ingest and the broker carries everything, whole and in order, however it is cut up."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from devices.topics import Leaf
from ingest.worker.consumer import Broker, Consumer, Delivery
from ingest.worker.wire import BufferedSocket
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Mosquitto
from tests.fixtures.containers import wait_until

KIT = n.Kit()
SIZES = (1, 90, 127, 128, 16_383, 16_384, 65_530, 65_536, 200_000)
# More than the broker sends without an answer (max_inflight_messages): they come only if each is acknowledged.
MORE_THAN_A_WINDOW = 2_100


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(0)
        yield BufferedSocket(ours), theirs


def taken(consumer: Consumer, wanted: int) -> list[Delivery]:
    """So many messages, each acknowledged."""
    deliveries: list[Delivery] = []

    def all_taken() -> bool:
        taken = consumer.take(1000, 0.1)
        consumer.acknowledge(taken)
        deliveries.extend(taken)
        return len(deliveries) >= wanted

    wait_until(all_taken, "them all")
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
    consumer.listen_to([KIT.partition])
    wait_until(lambda: consumer.is_settled, "it to hear")
    for payload in sent:
        consumer.publish(KIT.topic(Leaf.READINGS), payload)
    assert [one.payload for one in taken(consumer, len(sent))] == sent
    small = [str(number).encode() for number in range(MORE_THAN_A_WINDOW)]
    for payload in small:
        consumer.publish(KIT.topic(Leaf.READINGS), payload)
    assert [one.payload for one in taken(consumer, len(small))] == small
    assert (consumer.redelivered, consumer.in_hand) == (0, 0)
    consumer.stop()


def test_what_is_read_ahead_is_given_out_as_it_is_asked_for(
    ends: tuple[BufferedSocket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall(b"one, two, three")
    assert (ours.recv(4), ours.pending(), ours.recv(5), ours.recv(100)) == (b"one,", 11, b" two,", b" three")
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    theirs.close()
    assert ours.recv(1) == b""


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
    assert ours.unsent == 0
    assert ours.recv(1) == b""
