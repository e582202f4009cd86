"""Bad messages over a real broker: kept with a reason and receipted, and nothing else is delayed or lost."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from devices.gateway.outbox import State
from devices.identifiers import KitId, ReadingId, new_reading_id
from devices.receipt import Status, encode_message
from devices.topics import Leaf, topic
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.live_kits import still_on
from tests.integration.ingest.line import Line, running_line

NOBODY, OTHER_KIT = UUID(int=999), UUID(int=888)


def reading(**changes: Any) -> dict[str, Any]:
    """A reading as JSON, with changes; what is changed to None is left out."""
    made = json.loads(n.payload(n.Kit().reading(taken_at=datetime.now(UTC)))) | changes
    return {name: value for name, value in made.items() if value is not None}


def bad_messages() -> list[tuple[bytes, str]]:
    """Payloads, and the reason for which each must be in quarantine."""
    as_json: list[tuple[Any, str]] = [
        (reading(version=2), "unknown_version"),
        (reading(version=None), "unknown_version"),
        (reading(reading_id=None), "missing_ids"),
        (reading(reading_id="not-a-uuid"), "missing_ids"),
        (reading(resident=None), "missing_ids"),
        (reading(seq=-1), "missing_ids"),
        (reading(taken_at=None), "unreadable_time"),
        (reading(taken_at="yesterday"), "unreadable_time"),
        (reading(taken_at=1_772_614_800), "unreadable_time"),
        (reading(taken_at="2026-03-04T09:00:00"), "unreadable_time"),
        (reading(resident=str(NOBODY)), "unknown_resident"),
        (reading(resident=str(n.STRANGER_RESIDENT)), "another_providers_resident"),
        (reading(kit=str(n.SECOND_KIT)), "not_this_kit"),
        ([reading() for _ in range(101)], "too_many"),
        ([], "not_a_reading"),
        ("a reading", "not_a_reading"),
        (reading(note="x" * 300_000), "too_large"),
    ]
    return [(json.dumps(document).encode(), reason) for document, reason in as_json] + [
        (raw, "not_json")
        for raw in (b"", b"\xff\xfe\x00", b"{", b"pulse 72", b"[" * 5000 + b"]" * 5000, b'{"a": 1}{"b": 2}')
    ]


@pytest.fixture
def line(neighbourhood: Database, broker: Broker, tmp_path: Path) -> Iterator[Line]:
    with running_line(neighbourhood, broker, tmp_path) as running:
        yield running


@pytest.mark.both_brokers
def test_a_kit_full_of_bad_items_gets_rid_of_them_all_and_of_the_good_ones_between(line):
    kit, other = line.kits
    bad = bad_messages()
    for number, (payload, _) in enumerate(bad):
        kit.put_raw(payload, id_in(payload) or new_reading_id())
        (kit, other)[number % 2].measure(n.AMARA, n.NORMAL)
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted")

    reasons = Counter(dict(line.rows("SELECT reason, count(*) FROM ingest.quarantine GROUP BY 1")))
    assert reasons == Counter(reason for _, reason in bad)
    kept = {payload for (payload,) in line.rows("SELECT payload FROM ingest.quarantine")}
    judged_whole = {"unknown_resident", "another_providers_resident", "not_this_kit"}
    assert {payload for payload, reason in bad if reason not in judged_whole} <= kept, "kept as they came"
    stored = {one for (one,) in line.rows("SELECT reading_id FROM ingest.reading")}
    assert stored == {one for each in line.kits for one in each.sent}
    assert {each.states()[one] for each in line.kits for one in each.sent} == {State.STORED}


def id_in(payload: bytes) -> ReadingId | None:
    """The id a kit would know the item by: the one it says itself, where that can be read."""
    try:
        return ReadingId(UUID(json.loads(payload)["reading_id"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def test_what_the_broker_refuses_as_too_big_blocks_nothing_behind_it(line):
    kit, other = line.kits
    huge = new_reading_id()
    kit.measure(n.AMARA, n.NORMAL)
    kit.put_raw(b"x" * 1_200_000, huge)
    for _ in range(10):
        kit.measure(n.AMARA, n.NORMAL)
        other.measure(n.CORA, n.NORMAL)
    wait_until(lambda: still_on(line.kits) == 1, "all but the huge one to be receipted")
    assert kit.states()[huge] is State.ON_KIT
    assert line.rows("SELECT count(*) FROM ingest.quarantine") == [(0,)]


def test_topics_that_are_nobodys_and_statuses_that_make_no_sense_harm_nobody(line):
    kit, other = line.kits
    good = json.dumps(reading()).encode()
    stray = [
        topic(1, KitId(OTHER_KIT), Leaf.READINGS),
        "hearthwatch/v1/1/kits//readings",
        "hearthwatch/v1/1/kits/\U0001f9a0/readings",
    ]
    heard_by_nobody = ["hearthwatch/v1/99/kits/nonsense/readings", f"hearthwatch/v1/x/kits/{n.KIT}/readings"]
    for where in stray + heard_by_nobody:
        line.say(where, good)
    statuses = [b"", b"{", b'{"online": 1e999}', b'{"online": true, "outbox_length": 99999999999999999999}']
    statuses += [b'{"online": true, "sent_seq": 18446744073709551616}', b'{"online": true, "battery": 900}']
    for said in statuses:
        line.say(kit.kit.topic(Leaf.STATUS), said)
    line.say("hearthwatch/v1/1/kits/nonsense/status", b'{"online": true}')
    line.say(other.kit.topic(Leaf.STATUS), encode_message(Status(online=True, battery=41)))
    for each in line.kits:
        each.measure(n.AMARA if each is kit else n.CORA, n.NORMAL)
    wait_until(lambda: still_on(line.kits) == 0, "both kits to be receipted")

    def noted() -> bool:
        return (n.SECOND_KIT, 41) in line.rows("SELECT kit_id, battery FROM devices.kit_status")

    wait_until(noted, "the true status to be noted")
    wait_until(
        lambda: (
            line.rows("SELECT count(*), min(reason), max(reason) FROM ingest.quarantine")
            == [(2, "unknown_kit", "unknown_kit")]
        ),
        "the strays to be in quarantine: one of a kit nobody knows, the others alike from no kit at all",
    )
    assert line.rows("SELECT deliveries FROM ingest.quarantine WHERE kit_id IS NULL") == [(2,)]


def test_a_poisoned_stream_is_stored_while_ingest_is_restarted(line):
    """Garbage that is redelivered is counted, not kept twice."""
    kit = line.kits[0]
    for _ in range(20):
        kit.put_raw(b"the same garbage", new_reading_id())
        kit.measure(n.AMARA, n.NORMAL)
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted")
    [(payload, deliveries)] = line.rows("SELECT payload, deliveries FROM ingest.quarantine")
    assert payload == b"the same garbage"
    assert deliveries >= 1
    assert len(line.rows("SELECT reading_id FROM ingest.reading")) == 20
