"""No kit and no stranger fills the disk with what nobody can understand, and nothing else waits for it."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest

from alerts.evaluator import Evaluator
from api.commands.replaying import replay_all
from devices.identifiers import KitId
from devices.reading import decode
from devices.topics import Leaf, topic
from ingest import door
from ingest.arrival import Arrival, Settled
from ingest.quarantine import Kept, Reason, keep
from ingest.quota import BEGINNING, KEPT_A_DAY
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import BY, NOW, Doorstep

MEGABYTE = 1024 * 1024
FULL = KEPT_A_DAY // MEGABYTE
KEPT = "SELECT count(*) FILTER (WHERE cut_from IS NULL), count(cut_from) FROM ingest.quarantine WHERE kit_id = %s"
CUT = """
SELECT octet_length(payload), cut_from, encode(payload_sha256, 'hex'), reason FROM ingest.quarantine
WHERE cut_from IS NOT NULL
"""


def nonsense(number: int) -> bytes:
    return f"nonsense {number} ".encode().ljust(MEGABYTE, b"x")


def send(
    doorstep: Doorstep, *payloads: bytes, kit: UUID = n.KIT, partition: int = 1, at=NOW
) -> list[Settled]:
    of_kit = topic(partition, KitId(kit), Leaf.READINGS)
    return doorstep.deliver(
        *(Arrival(kit, of_kit, item, at) for payload in payloads for item in decode(payload)), at=at
    )


@pytest.fixture
def full(doorstep: Doorstep) -> Doorstep:
    """A kit has sent as much nonsense as is kept of it in a day."""
    settled = send(doorstep, *(nonsense(number) for number in range(FULL)))
    assert {one.reason for one in settled} == {"too_large"}
    assert doorstep.rows(KEPT, n.KIT) == [(FULL, 0)]
    return doorstep


def test_beyond_it_a_digest_a_length_a_reason_and_the_beginning_are_kept_and_the_receipt_says_so(full):
    more = nonsense(FULL)
    [settled] = send(full, more)
    assert (settled.outcome, settled.reason) == ("quarantined", "over_quota")
    assert full.rows(CUT) == [(BEGINNING, MEGABYTE, hashlib.sha256(more).hexdigest(), "too_large")]


def test_in_one_batch_as_well_and_the_readings_beside_it_are_stored(doorstep):
    good = n.payload(n.Kit().reading(taken_at=NOW))
    settled = send(doorstep, *(nonsense(number) for number in range(FULL + 2)), good)
    assert [one.reason for one in settled].count("over_quota") == 2
    assert settled[-1].outcome == "stored"


def test_another_kit_and_another_day_have_room(full):
    [other] = send(full, nonsense(100), kit=n.SECOND_KIT, partition=2)
    [tomorrow] = send(full, nonsense(101), at=NOW + timedelta(days=1))
    assert (other.reason, tomorrow.reason) == ("too_large", "too_large")


def test_strangers_have_one_quota_however_many_names_they_go_by(doorstep):
    settled = [
        one
        for number in range(FULL + 1)
        for one in send(doorstep, nonsense(number), kit=UUID(int=7000 + number))
    ]
    assert [one.reason for one in settled] == ["too_large"] * FULL + ["over_quota"]


def test_a_kit_that_is_enrolled_and_not_yet_lent_has_a_quota_of_its_own(doorstep):
    one, another, stranger = UUID(int=65), UUID(int=66), UUID(int=7000)
    doorstep.owner.execute(
        """INSERT INTO devices.kit (kit_id, partition, kind, enrolled_at)
           SELECT kit_id, 3, 'kit', %s FROM unnest(%s::uuid[]) AS new (kit_id)""",
        (NOW, [one, another]),
    )
    settled = send(doorstep, *(nonsense(number) for number in range(FULL + 1)), kit=stranger)
    assert "over_quota" in {each.reason for each in settled}
    for kit in (one, another):
        settled = send(doorstep, *(nonsense(number) for number in range(FULL)), kit=kit, partition=3)
        assert {each.reason for each in settled} == {"too_large"}


def test_what_is_sent_again_takes_no_more_room(doorstep):
    for _ in range(FULL + 2):
        [settled] = send(doorstep, nonsense(0))
        assert settled.reason == "too_large"
    [new] = send(doorstep, nonsense(1))
    assert new.reason == "too_large"


def test_what_was_cut_is_told_so_each_time_and_is_not_tried_again(full):
    for _ in range(2):
        [settled] = send(full, nonsense(FULL))
        assert settled.reason == "over_quota"
    outcomes = dict(replay_all(full.conn, BY, None, NOW))
    assert sorted(outcomes.values()) == [
        "failed: only the beginning of it was kept",
        *["quarantined"] * FULL,
    ]


def test_a_reading_of_somebody_here_that_could_not_be_stored_is_kept_whole_all_the_same(full):
    kit = n.Kit()
    reading = kit.reading(taken_at=NOW, note="x" * 1000)
    with full.conn.transaction():
        door.put_away(full.conn, kit.arrival(reading, NOW), "It could not.", Evaluator(), NOW)
    assert full.rows("SELECT cut_from FROM ingest.quarantine WHERE reason = 'unstorable'") == [(None,)]


def test_nothing_to_keep_asks_nothing(doorstep):
    assert keep(doorstep.conn, list[tuple[Arrival, Reason]]()) == Kept()
