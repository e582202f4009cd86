"""A disk that takes nothing more: whoever holds the kit is told at once, and what was kept before is sent."""

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from devices.gateway.gateway import Gateway, Pace
from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import NotKeptError, OutboxFile, OutboxFileError
from devices.gateway.stand_in import is_refusal
from devices.identifiers import DatabaseEpoch, KitId
from devices.reading import decode
from devices.receipt import Config, Outcome, Receipt, Receipts, encode_message
from tests.fixtures.full_disk import disk_full, largest_file

from .outboxes import KIT, START, as_the_disk_has_it, open_outbox, some_reading

EPOCH, OTHER_EPOCH = DatabaseEpoch(uuid4()), DatabaseEpoch(uuid4())
PACE = Pace(first_retry=10, longest_retry=100, batch_readings=5)


class Kit:
    """A gateway, and what the network and the platform do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = START
        self.file, self.outbox = open_outbox(path)
        self.gateway = Gateway(self.outbox, PACE, random.Random(1))
        self.config(EPOCH)
        self.kept = [self.put() for _ in range(12)]

    def put(self):
        reading = some_reading(note="x" * 2000)
        self.outbox.put(reading)
        return reading.reading_id

    def config(self, epoch, **more):
        self.gateway.take_config(encode_message(Config(epoch=epoch, **more)), self.now)

    def sends(self):
        """Every reading that goes out now, while the broker acknowledges at once."""
        sent = []
        while envelopes := self.gateway.envelopes(self.now):
            for envelope in envelopes:
                sent += [item.reading_id for item in decode(envelope.payload)]
                self.gateway.confirmed(envelope)
        return sent

    def receipt(self, reading_ids, epoch=EPOCH):
        receipts = tuple(Receipt(reading_id=one, outcome=Outcome.STORED) for one in reading_ids)
        self.gateway.take_receipts(encode_message(Receipts(epoch=epoch, receipts=receipts)), self.now)

    def states(self):
        return [entry.state for entry in self.outbox.ledger()]


@pytest.fixture
def kit(tmp_path):
    folder = tmp_path / "kit"
    folder.mkdir()
    kit = Kit(folder / "outbox.sqlite")
    yield kit
    kit.file.close()


def test_whoever_holds_the_kit_is_told_in_plain_words_that_a_reading_was_not_kept(kit):
    with disk_full(kit.path):
        with pytest.raises(NotKeptError, match=r"NOT kept.*Write it down.*phone the hub now: .*not known"):
            kit.put()
        assert kit.outbox.disk_full
        kit.config(EPOCH, hub_name="Riverside hub", hub_telephone="01632 960123")
        with pytest.raises(NotKeptError, match="Riverside hub, 01632 960123"):
            kit.put()
        with pytest.raises(NotKeptError), kit.file.batch():
            kit.put()
    assert kit.outbox.waiting() == kit.outbox.last_seq() == 12


def test_a_reading_that_was_not_kept_is_kept_when_it_is_put_again_once_there_is_room(kit):
    reading = some_reading(note="x" * 2000)
    with disk_full(kit.path), pytest.raises(NotKeptError):
        kit.outbox.put(reading)
    assert kit.outbox.put(reading) == 13
    assert not kit.outbox.disk_full
    assert reading.reading_id in kit.sends()


def test_what_was_kept_before_is_sent_and_no_oftener_than_else(kit):
    with disk_full(kit.path):
        assert kit.sends() == kit.kept
        assert kit.outbox.disk_full
        assert kit.sends() == []
        assert kit.gateway.wake_at == kit.now + PACE.first_retry
        kit.now += PACE.first_retry
        assert kit.sends() == kit.kept


def test_what_is_receipted_meanwhile_is_not_sent_again_while_the_gateway_runs(kit):
    with disk_full(kit.path):
        kit.sends()
        kit.receipt(kit.kept[:8])
        assert kit.outbox.waiting() == 4
        kit.now += PACE.longest_retry
        assert kit.sends() == kit.kept[8:]
        kit.config(OTHER_EPOCH)
        kit.now += PACE.longest_retry
        assert set(kit.sends()) == set(kit.kept), "a database that was restored is sent everything, as ever"


def test_what_a_broker_hangs_up_on_comes_to_travel_alone(kit):
    with disk_full(kit.path):
        for _ in range(2):
            [envelope, *_] = kit.gateway.envelopes(kit.now)
            kit.gateway.hung_up(kit.now)
            kit.gateway.connected(kit.now, session_present=True)
        assert len(envelope.seqs) > 1
        kit.now += PACE.longest_retry
        [first, *_] = kit.gateway.envelopes(kit.now)
        assert (first.alone, len(first.seqs)) == (True, 1)


def test_once_there_is_room_the_disk_knows_what_was_receipted_and_nothing_is_sent_again(kit, tmp_path):
    with disk_full(kit.path):
        kit.sends()
        kit.receipt(kit.kept[:8])
        kit.config(EPOCH, hub_telephone="01632 960123")
        kit.outbox.try_disk()
        assert kit.outbox.disk_full, "it says so for as long as there is none"
    kit.outbox.try_disk()
    assert not kit.outbox.disk_full
    assert kit.states() == [State.STORED] * 8 + [State.ON_KIT] * 4
    file, found = open_outbox(as_the_disk_has_it(kit.path, tmp_path / "after"))
    assert [entry.state for entry in found.ledger()] == kit.states()
    assert (found.database_epoch, found.hub.telephone) == (EPOCH, "01632 960123")
    file.close()
    new = kit.put()
    kit.now += PACE.longest_retry
    assert kit.sends() == [new, *kit.kept[8:]]


def test_a_kit_that_dies_while_its_disk_is_full_loses_nothing_and_sends_again(kit, tmp_path):
    with disk_full(kit.path):
        kit.sends()
        kit.receipt(kit.kept)
    file, found = open_outbox(as_the_disk_has_it(kit.path, tmp_path / "after"))
    assert [entry.state for entry in found.ledger()] == [State.ON_KIT] * 12
    file.close()


def test_a_gateway_that_starts_while_the_disk_is_full_sends_what_is_there(kit):
    with disk_full(kit.path):
        file = OutboxFile(kit.path)
        gateway = Gateway(Outbox(file, KIT), PACE, random.Random(1))
        sent = [one.seqs for one in gateway.envelopes(kit.now)]
        file.close()
    assert [seq for seqs in sent for seq in seqs] == list(range(1, 13))


def test_a_gateway_that_was_stopped_starts_though_not_even_its_journal_finds_room(kit):
    kit.file.close()
    with largest_file(0):
        file, outbox = open_outbox(kit.path)
        gateway = Gateway(outbox, PACE, random.Random(1))
        assert outbox.disk_full
        assert [seq for one in gateway.envelopes(kit.now) for seq in one.seqs] == list(range(1, 13))
        assert (file.kits(), outbox.last_seq()) == ([KIT], 12)
        with pytest.raises(NotKeptError):
            outbox.put(some_reading())
    assert outbox.put(some_reading()) == 13
    assert not outbox.disk_full
    file.close()


READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
START_AND_PUT = """
import sys
from pathlib import Path
from devices.gateway.gateway import Gateway
from devices.gateway.outbox_file import NotKeptError
from tests.unit.devices.outboxes import START, open_outbox, some_reading

file, outbox = open_outbox(Path(sys.argv[1]))
for envelope in Gateway(outbox).envelopes(START):
    print(*envelope.seqs)
try:
    outbox.put(some_reading())
except NotKeptError:
    print("not kept")
file.close()
"""


def test_a_gateway_that_was_stopped_starts_though_its_disk_has_become_read_only(kit):
    kit.file.close()
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    shell = ["sh", "-c", READ_ONLY, "sh", str(kit.path.parent)]
    start = [sys.executable, "-c", START_AND_PUT, str(kit.path)]
    done = subprocess.run([*alone, *shell, *start], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", "1 2 3 4 5 6 7 8 9 10 11 12\nnot kept\n")


def test_a_file_whose_journal_holds_readings_is_not_read_without_it(kit, tmp_path):
    left = as_the_disk_has_it(kit.path, tmp_path / "killed")
    with largest_file(0), pytest.raises(sqlite3.OperationalError):
        open_outbox(left)
    file, found = open_outbox(left)
    assert found.waiting() == 12
    file.close()


def test_nothing_is_forgotten_that_the_disk_cannot_be_told_of(kit):
    kit.receipt(kit.kept)
    with disk_full(kit.path):
        assert kit.outbox.forget() == 0
        assert kit.outbox.disk_full
    assert kit.states() == [State.STORED] * 12


def test_what_is_kept_already_is_kept_though_the_disk_is_full_by_now(kit):
    reading = some_reading(note="x" * 2000)
    number = kit.outbox.put(reading)
    with disk_full(kit.path):
        kit.sends()
        assert kit.outbox.put(reading) == number


def test_a_disk_is_full_for_every_kit_in_its_file(kit):
    other = Outbox(kit.file, KitId(uuid4()))
    with disk_full(kit.path):
        with pytest.raises(NotKeptError):
            other.put(some_reading(note="x" * 2000))
        assert kit.outbox.disk_full
        assert kit.sends() == kit.kept
        with pytest.raises(OutboxFileError, match="no room"):
            Outbox(kit.file, KitId(uuid4()))
    other.put(some_reading())
    assert kit.outbox.disk_full is False


def full(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA max_page_count = 2")
    return connection


def read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def busy(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0)


@pytest.mark.parametrize(("how", "refused"), [(full, True), (read_only, True), (busy, False)])
def test_a_disk_that_refuses_is_told_from_a_file_that_somebody_else_writes_to(tmp_path, how, refused):
    path = tmp_path / "any.sqlite"
    somebody = sqlite3.connect(path, isolation_level=None)
    somebody.execute("CREATE TABLE room (taken BLOB)")
    if how is busy:
        somebody.execute("BEGIN IMMEDIATE")
    connection = how(path)
    with pytest.raises(sqlite3.OperationalError) as error:
        connection.execute("INSERT INTO room VALUES (zeroblob(100000))")
    assert is_refusal(error.value) is refused
    connection.close()
    somebody.close()
