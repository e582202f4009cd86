"""The outbox: durable on return, numbered without repeats, forgetting only what is safe elsewhere."""

import hashlib
import sqlite3
import threading
from uuid import uuid4

import pytest

from devices.gateway.next_step import Hub
from devices.gateway.outbox import KEEP_SECONDS, LedgerEntry, Outbox, State
from devices.gateway.outbox_file import OutboxFile, OutboxFileError
from devices.identifiers import DatabaseEpoch, KitId, new_reading_id
from devices.reading import decode
from devices.receipt import Outcome, Receipt

from .outboxes import KIT, START, Running, as_the_disk_has_it, open_outbox, some_reading

EPOCH, OTHER_EPOCH = DatabaseEpoch(uuid4()), DatabaseEpoch(uuid4())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def running():
    return Running()


@pytest.fixture
def outbox(path, running):
    file, outbox = open_outbox(path, running)
    yield outbox
    file.close()


def tidied(outbox, running, days):
    """Tidied every hour for so many days, as a gateway does; how many it forgot."""
    forgotten = 0
    for _ in range(days * 24):
        running.seconds += 3600
        forgotten += outbox.forget()
    return forgotten


def receipt(reading, outcome=Outcome.STORED):
    return Receipt(reading_id=reading.reading_id, outcome=outcome)


def test_what_was_put_is_on_the_disk_though_the_process_dies_at_once(outbox, path, tmp_path):
    readings = [some_reading() for _ in range(20)]
    for number, reading in enumerate(readings, 1):
        assert outbox.put(reading) == number
    file, found = open_outbox(as_the_disk_has_it(path, tmp_path / "after"))
    assert found.epoch == outbox.epoch
    assert list(found.ledger()) == [
        LedgerEntry(reading.reading_id, number, State.ON_KIT) for number, reading in enumerate(readings, 1)
    ]
    file.close()


def test_a_reading_is_stamped_with_the_outbox_and_its_number(outbox):
    reading = some_reading()
    outbox.put(reading)
    (item,) = outbox.unsent(START, 10, alone=False)
    (sent,) = decode(item.payload)
    assert (sent.outbox_epoch, sent.seq) == (outbox.epoch, 1)
    assert sent.model_copy(update={"outbox_epoch": reading.outbox_epoch, "seq": 0, "age_s": None}) == reading


def test_putting_a_reading_twice_changes_nothing(outbox):
    reading = some_reading()
    assert outbox.put(reading) == outbox.put(reading) == 1
    assert outbox.waiting() == outbox.last_seq() == 1


def test_a_batch_becomes_durable_as_a_whole_or_not_at_all(path):
    file, outbox = open_outbox(path)

    def interrupted() -> None:
        with file.batch():
            outbox.put(some_reading())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert outbox.waiting() == 0
    with file.batch():
        numbers = [outbox.put(some_reading()) for _ in range(3)]
    assert numbers == [1, 2, 3]
    file.close()


def test_many_threads_may_put_and_no_number_repeats_or_is_skipped(outbox):
    threads = [
        threading.Thread(target=lambda: [outbox.put(some_reading()) for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.seq for entry in outbox.ledger()] == list(range(1, 101))


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.STORED, State.STORED),
        (Outcome.DUPLICATE, State.STORED),
        (Outcome.QUARANTINED, State.QUARANTINED),
    ],
)
def test_a_receipt_says_where_the_reading_is(outbox, outcome, state):
    reading = some_reading()
    outbox.put(reading)
    assert outbox.receipted([receipt(reading, outcome)], EPOCH, START) == [1]
    assert [entry.state for entry in outbox.ledger()] == [state]
    assert outbox.unsent(START, 10, alone=False) == []
    assert outbox.next_due() is None


def test_what_cannot_be_read_is_receipted_by_its_digest(outbox):
    garbage = new_reading_id()
    outbox.put_raw(b"garbage", garbage)
    (item,) = outbox.unsent(START, 10, alone=True)
    assert item.payload == b"garbage"
    assert outbox.unsent(START, 10, alone=False) == [], "it never shares a message"
    other = hashlib.sha256(b"other garbage").hexdigest()
    assert outbox.receipted([Receipt(payload_sha256=other, outcome=Outcome.QUARANTINED)], EPOCH, START) == []
    digest = hashlib.sha256(b"garbage").hexdigest()
    assert outbox.receipted([Receipt(payload_sha256=digest, outcome=Outcome.QUARANTINED)], EPOCH, START) == [
        1
    ]
    assert outbox.waiting() == 0


def test_a_receipt_for_something_else_settles_nothing(outbox):
    outbox.put(some_reading())
    assert outbox.receipted([receipt(some_reading())], EPOCH, START) == []
    assert outbox.waiting() == 1


def test_a_new_epoch_makes_due_what_another_receipted(outbox):
    old, new = some_reading(), some_reading()
    outbox.change_epoch(EPOCH, START)
    outbox.put(old)
    outbox.receipted([receipt(old)], EPOCH, START)
    outbox.put(new)
    assert outbox.change_epoch(OTHER_EPOCH, START + 5)
    assert not outbox.change_epoch(OTHER_EPOCH, START + 5)
    assert outbox.waiting() == 2
    assert {item.seq for item in outbox.unsent(START + 5, 10, alone=False)} == {1, 2}
    outbox.receipted([receipt(old), receipt(new)], OTHER_EPOCH, START + 6)
    assert outbox.waiting() == 0


def test_a_late_receipt_of_a_database_that_is_gone_settles_nothing(outbox):
    reading = some_reading()
    outbox.change_epoch(OTHER_EPOCH, START)
    outbox.put(reading)
    outbox.receipted([receipt(reading)], EPOCH, START)
    assert outbox.waiting() == 1
    outbox.receipted([receipt(reading)], OTHER_EPOCH, START)
    outbox.receipted([receipt(reading)], EPOCH, START)
    assert outbox.waiting() == 0


def test_a_receipt_that_comes_before_the_news_of_its_epoch_counts_once_the_news_comes(outbox):
    reading = some_reading()
    outbox.change_epoch(EPOCH, START)
    outbox.put(reading)
    outbox.receipted([receipt(reading)], OTHER_EPOCH, START)
    assert outbox.waiting() == 1
    outbox.change_epoch(OTHER_EPOCH, START)
    assert outbox.waiting() == 0


def test_the_epoch_is_remembered(outbox, path, tmp_path):
    outbox.change_epoch(EPOCH, START)
    file, found = open_outbox(as_the_disk_has_it(path, tmp_path / "after"))
    assert found.database_epoch == EPOCH
    file.close()


def test_what_is_receipted_is_kept_14_days_and_what_is_not_for_ever(outbox, running):
    stored, waiting = some_reading(), some_reading()
    outbox.put(stored)
    outbox.put(waiting)
    outbox.receipted([receipt(stored)], EPOCH, START)
    assert tidied(outbox, running, days=14) == 0
    running.seconds = KEEP_SECONDS + 1
    assert outbox.forget() == 1
    assert tidied(outbox, running, days=15) == 0
    assert [entry.reading_id for entry in outbox.ledger()] == [waiting.reading_id]
    assert outbox.put(some_reading()) == 3, "a number is never used twice"


def test_a_kit_that_slept_for_weeks_still_has_what_a_database_restored_meanwhile_lacks(outbox, running):
    reading = some_reading(taken_at=running.now)
    outbox.change_epoch(EPOCH, START)
    outbox.put(reading)
    outbox.receipted([receipt(reading)], EPOCH, START)
    running.sleep(15 * 86_400.0)
    assert outbox.forget() == 0
    outbox.change_epoch(OTHER_EPOCH, START)
    [item] = outbox.unsent(START, 10, alone=False)
    [sent] = decode(item.payload)
    assert sent.age_s == 15 * 86_400, "the reading itself has aged"


def test_a_kit_that_starts_again_and_again_with_its_clock_not_set_forgets_nothing_sooner(path, running):
    reading = some_reading()
    file, outbox = open_outbox(path, running)
    outbox.put(reading)
    outbox.receipted([receipt(reading)], EPOCH, START)
    starts = 400
    for _ in range(starts):
        file.close()
        running.seconds = 5.0  # it begins anew where the machine starts
        file, outbox = open_outbox(path, running)
        assert outbox.forget() == 0
        running.seconds += 30
        assert outbox.forget() == 0
    running.seconds += KEEP_SECONDS - 30 * starts
    assert outbox.forget() == 0
    running.seconds += 1
    assert outbox.forget() == 1, "but it does not stay for ever"
    file.close()


def test_what_the_platform_has_only_the_beginning_of_is_kept_counted_and_not_sent_again(outbox, running):
    whole, cut = some_reading(), some_reading()
    for reading, reason in ((whole, "conflict"), (cut, "over_quota")):
        outbox.put(reading)
        refused = Receipt(reading_id=reading.reading_id, outcome=Outcome.QUARANTINED, reason=reason)
        outbox.receipted([refused], EPOCH, START)
    assert tidied(outbox, running, days=15) == 1
    assert list(outbox.ledger()) == [LedgerEntry(cut.reading_id, 2, State.QUARANTINED)]
    assert (outbox.waiting(), outbox.not_kept_whole(), outbox.let_go()) == (0, 1, 0)


def test_of_what_is_whole_on_the_kit_alone_the_oldest_goes_when_there_is_too_much_and_never_what_has_no_receipt(
    outbox, running
):
    unheard, *cut = (some_reading(note="x" * 1000) for _ in range(5))
    outbox.put(unheard)
    for reading in reversed(cut):  # the last that was put was receipted first
        running.seconds += 1
        outbox.put(reading)
        refused = Receipt(reading_id=reading.reading_id, outcome=Outcome.QUARANTINED, reason="over_quota")
        outbox.receipted([refused], EPOCH, START)
    assert outbox.forget() == 0
    assert outbox.forget(most_not_whole=2000) == 2
    assert {entry.reading_id for entry in outbox.ledger()} == {
        each.reading_id for each in (unheard, *cut[:2])
    }
    assert (outbox.waiting(), outbox.not_kept_whole(), outbox.let_go()) == (1, 2, 2)


def test_what_a_new_epoch_made_due_is_not_forgotten(outbox, running):
    reading = some_reading()
    outbox.put(reading)
    outbox.receipted([receipt(reading)], EPOCH, START)
    outbox.change_epoch(OTHER_EPOCH, START)
    assert tidied(outbox, running, days=15) == 0


def test_kits_share_a_file_and_nothing_else(path):
    file, one = open_outbox(path)
    other = Outbox(file, KitId(uuid4()))
    reading = some_reading()
    assert one.put(reading) == other.put(reading) == 1
    one.receipted([receipt(reading)], EPOCH, START)
    assert (one.waiting(), other.waiting()) == (0, 1)
    assert one.epoch != other.epoch
    assert set(file.kits()) == {KIT, other.kit}
    file.close()


def test_a_ledger_of_thousands_is_told_whole(path):
    file, outbox = open_outbox(path)
    with file.batch():
        for _ in range(2500):
            outbox.put(some_reading())
    assert [entry.seq for entry in outbox.ledger()] == list(range(1, 2501))
    file.close()


def test_the_hub_to_phone_is_remembered_over_a_start_and_forgotten_when_there_is_none(outbox, path, tmp_path):
    assert outbox.hub == Hub()
    outbox.keep_hub(Hub("Riverside hub", "01632 960000"))
    file, started_anew = open_outbox(as_the_disk_has_it(path, tmp_path / "later"))
    assert started_anew.hub == Hub("Riverside hub", "01632 960000")
    started_anew.keep_hub(Hub())
    assert Outbox(file, KIT).hub == Hub()
    file.close()


def test_only_its_owner_may_read_the_file(outbox, path):
    outbox.put(some_reading())
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


BACK_TO = {
    4: """
ALTER TABLE outbox DROP COLUMN hub_name;
ALTER TABLE outbox DROP COLUMN hub_telephone;
PRAGMA user_version = 4;
""",
    3: """
ALTER TABLE item DROP COLUMN start;
ALTER TABLE item DROP COLUMN taken;
PRAGMA user_version = 3;
""",
    2: """
DROP INDEX item_settled;
ALTER TABLE item DROP COLUMN receipted_age;
CREATE INDEX item_settled ON item (receipted_at) WHERE pending = 0;
ALTER TABLE outbox DROP COLUMN age;
PRAGMA user_version = 2;
""",
    1: "ALTER TABLE outbox DROP COLUMN let_go; PRAGMA user_version = 1;",
}


@pytest.mark.parametrize("version", BACK_TO)
def test_a_file_of_a_version_before_goes_on_with_all_that_it_holds(outbox, path, tmp_path, version, running):
    stored, *waiting = readings = [some_reading() for _ in range(3)]
    for reading in readings:
        outbox.put(reading)
    outbox.receipted([receipt(stored)], EPOCH, START)
    older = as_the_disk_has_it(path, tmp_path / "older")
    connection = sqlite3.connect(older)
    for back in range(max(BACK_TO), version - 1, -1):
        connection.executescript(BACK_TO[back])
    connection.close()
    for _ in ("brought to this version", "and opened again"):
        file, found = open_outbox(older)
        assert [entry.reading_id for entry in found.ledger()] == [one.reading_id for one in readings]
        assert (found.epoch, found.waiting(), found.let_go()) == (outbox.epoch, 2, 0)
        assert found.forget() == 0
        file.close()
    file, found = open_outbox(older, running)
    assert tidied(found, running, days=15) == 1
    assert [entry.reading_id for entry in found.ledger()] == [one.reading_id for one in waiting]
    file.close()


def test_a_file_of_a_later_version_is_left_alone(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(OutboxFileError, match="version 9"):
        OutboxFile(path)
