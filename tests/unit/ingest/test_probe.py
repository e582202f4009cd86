"""A worker's word to itself says how long words wait, and is nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from devices.topics import Leaf, parse_topic
from ingest.worker.probe import HELD_BACK_FROM, LOST_AFTER, Probe

START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
HEARD = {3: START, 4: START}


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def sent() -> list[tuple[str, bytes]]:
    return []


@pytest.fixture
def probe(sent: list[tuple[str, bytes]]) -> Probe:
    made = Probe(lambda where, payload: sent.append((where, payload)))
    made.send(HEARD, after(1))
    return made


def test_it_takes_the_way_of_a_kits_status(probe: Probe, sent: list[tuple[str, bytes]]) -> None:
    [(where, _)] = sent
    assert (parse_topic(where).partition, parse_topic(where).leaf) == (3, Leaf.STATUS)
    assert not probe.has_come("hearthwatch/v1/3/kits/3d/status", b"{}", after(2))


def test_what_arrives_has_waited_as_long_as_the_last_or_the_one_that_is_awaited(
    probe: Probe, sent: list[tuple[str, bytes]]
) -> None:
    assert probe.waited(after(31)) == timedelta(seconds=30)
    probe.send(HEARD, after(31))
    assert len(sent) == 1, "one at a time"
    assert probe.has_come(*sent[0], after(41))
    assert probe.waited(after(99)) == timedelta(seconds=40)
    probe.send(HEARD, after(100))
    assert probe.has_come(*sent[1], after(100.5))
    assert probe.waited(after(101)) == timedelta(seconds=0.5)


def test_anothers_is_known_for_a_probe_and_says_nothing(probe: Probe, sent: list[tuple[str, bytes]]) -> None:
    where, _ = sent[0]
    assert probe.has_come(where, b"another's", after(2))
    assert probe.waited(after(11)) == timedelta(seconds=10), "its own is still awaited"


@pytest.mark.parametrize(
    ("heard", "at"),
    [
        ({3: after(5), 4: START}, after(6)),
        ({4: START}, after(6)),
        (HEARD, after(2) + LOST_AFTER),
    ],
    ids=["the line broke", "the partition was given up", "the broker threw it away"],
)
def test_one_that_is_lost_is_not_waited_for(probe: Probe, sent: list[tuple[str, bytes]], heard, at) -> None:
    probe.send(heard, at)
    assert len(sent) == 2
    probe.has_come(*sent[1], at + timedelta(seconds=1))
    assert probe.waited(after(9999)) == timedelta(seconds=1)


def test_where_none_comes_back_that_is_said_and_nothing_is_held_to_have_waited(
    probe: Probe, sent: list[tuple[str, bytes]]
) -> None:
    probe.send(HEARD, after(1) + LOST_AFTER)
    assert not probe.comes_no_more, "it may still come"
    probe.send(HEARD, after(2) + LOST_AFTER)
    assert probe.comes_no_more
    assert probe.waited(after(300) + LOST_AFTER) == timedelta(0)
    at = after(400) + LOST_AFTER
    assert probe.has_come(*sent[1], at)
    assert not probe.comes_no_more
    assert probe.waited(at) == timedelta(seconds=398)


def test_one_behind_a_backlog_may_still_come(probe: Probe, sent: list[tuple[str, bytes]]) -> None:
    probe.send(HEARD, after(2) + LOST_AFTER, in_hand=HELD_BACK_FROM)
    assert not probe.comes_no_more
    assert probe.waited(after(2) + LOST_AFTER) == timedelta(seconds=1) + LOST_AFTER
    assert len(sent) == 1


def test_a_line_that_broke_is_no_reason_to_believe_that_none_comes_back(probe: Probe) -> None:
    probe.send({3: after(5)}, after(6))
    probe.send({4: after(7)}, after(8))
    assert not probe.comes_no_more


def test_who_hears_nothing_sends_nothing(sent: list[tuple[str, bytes]]) -> None:
    Probe(lambda where, payload: sent.append((where, payload))).send({}, START)
    assert sent == []


def test_nothing_waited_longer_than_since_the_last_probe_that_is_back_was_sent(
    probe: Probe, sent: list[tuple[str, bytes]]
) -> None:
    """A worker that waits for the database sends no probe, and the broker holds what kits send meanwhile."""
    assert probe.waited_at_most(after(2)) == timedelta(seconds=2), "since it listens"
    assert probe.has_come(*sent[0], after(3))
    assert probe.waited_at_most(after(10_000)) == timedelta(seconds=9_999)
    probe.send(HEARD, after(10_000))
    assert probe.waited_at_most(after(10_001)) == timedelta(seconds=10_000)


def test_a_probe_says_nothing_of_what_arrived_before_it(probe: Probe, sent: list[tuple[str, bytes]]) -> None:
    assert probe.has_come(*sent[0], after(2))
    probe.send(HEARD, after(10_000))
    assert probe.has_come(*sent[1], after(10_002))
    assert probe.waited_at_most(after(10_001)) == timedelta(seconds=10_000)
    assert probe.waited_at_most(after(10_003)) == timedelta(seconds=3)


def test_nobody_knows_the_longest_wait_while_none_comes_back(
    probe: Probe, sent: list[tuple[str, bytes]]
) -> None:
    probe.send(HEARD, after(2) + LOST_AFTER)
    assert probe.waited_at_most(after(3) + LOST_AFTER) is None
    assert probe.has_come(*sent[1], after(4) + LOST_AFTER)
    assert probe.waited_at_most(after(5) + LOST_AFTER) == timedelta(seconds=3)
    assert Probe(lambda *_: None).waited_at_most(START) is None, "none was sent yet"


def test_the_broker_keeps_nothing_while_nobody_listens(probe: Probe, sent: list[tuple[str, bytes]]) -> None:
    assert probe.has_come(*sent[0], after(2))
    probe.send({3: after(9_000), 4: after(9_001)}, after(9_002))
    assert probe.waited_at_most(after(9_003)) == timedelta(seconds=3)
