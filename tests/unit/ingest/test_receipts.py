"""A receipt says where a reading is, in which life of the database, and nothing of what it says."""

from datetime import UTC, datetime
from uuid import uuid4

from devices.receipt import CALL_HUB, Outcome, Receipts
from devices.topics import Leaf
from ingest.arrival import Settled, Verdict
from ingest.worker.receipts import EVERY, ReceiptBook
from tests.fixtures import neighbourhood as n

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
FIRST_EPOCH, NEXT_EPOCH = uuid4(), uuid4()


class Post:
    """What was published, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def __call__(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))

    @property
    def messages(self) -> list[Receipts]:
        return [Receipts.model_validate_json(payload) for _, payload in self.sent]


def stored(kit: n.Kit, **said) -> Settled:
    arrival = kit.arrival(kit.reading(values=n.GRAVE, taken_at=NOW), NOW)
    return Settled(arrival, Outcome.STORED, None, Verdict(**said))


def test_each_receipt_carries_the_epoch_its_reading_committed_in():
    """Receipts may wait while the connection is lost and the next one leads to a restored copy."""
    post, kit = Post(), n.Kit()
    book = ReceiptBook(post)
    before, after = stored(kit), stored(kit)
    book.add([before], FIRST_EPOCH)
    book.add([after], NEXT_EPOCH)
    book.flush(now=0.0)
    assert [(one.epoch, [each.reading_id for each in one.receipts]) for one in post.messages] == [
        (FIRST_EPOCH, [before.arrival.item.reading_id]),
        (NEXT_EPOCH, [after.arrival.item.reading_id]),
    ]


def test_receipts_of_a_kit_are_coalesced_and_none_is_held_back_longer_than_said():
    post, kit, other = Post(), n.Kit(), n.Kit(n.SECOND_KIT, 2)
    book = ReceiptBook(post)
    book.add([stored(kit)], FIRST_EPOCH)
    assert book.next_flush(now=10.0) == 0
    book.flush(now=10.0)
    book.add([stored(kit), stored(kit), stored(other)], FIRST_EPOCH)
    book.flush(now=10.0)
    assert [topic for topic, _ in post.sent] == [kit.topic(Leaf.RECEIPTS), other.topic(Leaf.RECEIPTS)]
    assert abs(book.next_flush(now=10.0) - EVERY) < 1e-9
    book.flush(now=10.3)
    assert len(post.messages[-1].receipts) == 2
    assert book.next_flush(now=10.3) == float("inf")
    assert book.sent == 4


def test_no_message_outgrows_what_a_kit_takes_at_once():
    post, kit = Post(), n.Kit()
    book = ReceiptBook(post)
    many = [stored(kit) for _ in range(1201)]
    book.add(many, FIRST_EPOCH)
    book.flush(now=0.0)
    assert [len(one.receipts) for one in post.messages] == [500, 500, 201]
    told = [each.reading_id for one in post.messages for each in one.receipts]
    assert told == [one.arrival.item.reading_id for one in many]


def test_no_resident_value_or_score_travels_to_a_kit():
    post, kit = Post(), n.Kit()
    book = ReceiptBook(post)
    book.add([stored(kit, next=CALL_HUB, low=10, high=10, escalation_id=uuid4())], FIRST_EPOCH)
    book.flush(now=0.0)
    [[receipt]] = [one.receipts for one in post.messages]
    assert receipt.model_dump(exclude_none=True).keys() == {"reading_id", "outcome", "next"}
    [(_, payload)] = post.sent
    assert str(n.AMARA).encode() not in payload
