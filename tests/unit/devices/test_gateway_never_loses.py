"""A machine that does its worst to a gateway, and then looks whether anything is missing."""

import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from devices.gateway.gateway import Gateway, Pace
from devices.gateway.outbox import State
from devices.identifiers import DatabaseEpoch, ReadingId, new_reading_id
from devices.reading import Unreadable, decode
from devices.receipt import Config, Outcome, Receipt, Receipts, encode_message

from .outboxes import START, as_the_disk_has_it, open_outbox, some_reading

PACE = Pace(first_retry=10, longest_retry=40, messages_in_flight=3, readings_awaited=8, batch_readings=3)


class GatewayMachine(RuleBasedStateMachine):
    """The kit, the broker's queues, and a platform whose database may be replaced by an older one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.lives = 0
        self.path = Path(self.folder.name) / "outbox.sqlite"
        self.file, self.outbox = open_outbox(self.path)
        self.now = START
        self.put_ids: set[ReadingId] = set()
        self.garbage: dict[bytes, ReadingId] = {}
        self.in_flight = []
        self.broker: list[bytes] = []
        self.to_kit: list[tuple[str, bytes]] = []
        self.epoch = DatabaseEpoch(uuid4())
        self.listening_since = datetime(2026, 3, 4, tzinfo=UTC)
        self.databases: dict[DatabaseEpoch, set[ReadingId]] = {self.epoch: set()}

    @initialize()
    def switch_on(self) -> None:
        self.gateway = Gateway(self.outbox, PACE, random.Random(1))

    @rule(how_many=st.integers(1, 4))
    def put(self, how_many: int) -> None:
        for _ in range(how_many):
            reading = some_reading()
            self.outbox.put(reading)
            self.put_ids.add(reading.reading_id)

    @rule()
    def put_garbage(self) -> None:
        reading_id = new_reading_id()
        payload = b"garbage " + reading_id.bytes
        self.outbox.put_raw(payload, reading_id)
        self.put_ids.add(reading_id)
        self.garbage[payload] = reading_id

    @rule()
    def send(self) -> None:
        envelopes = self.gateway.envelopes(self.now)
        self.in_flight += envelopes
        assert len(self.in_flight) <= PACE.messages_in_flight
        assert not any(each.alone for each in self.in_flight) or len(self.in_flight) == 1

    @precondition(lambda self: self.in_flight)
    @rule(kept=st.booleans())
    def acknowledge(self, kept: bool) -> None:
        envelope = self.in_flight.pop(0)
        if kept:  # else the broker lies, as a denying or dying one does
            self.broker.append(envelope.payload)
        self.gateway.confirmed(envelope)

    @rule(arrived=st.booleans(), session_present=st.booleans())
    def break_the_line(self, arrived: bool, session_present: bool) -> None:
        if arrived:
            self.broker += [envelope.payload for envelope in self.in_flight]
        self.in_flight.clear()
        self.gateway.hung_up(self.now)
        self.gateway.connected(self.now, session_present=session_present)

    @precondition(lambda self: self.broker)
    @rule(where=st.integers(0, 5), again=st.booleans())
    def ingest(self, where: int, again: bool) -> None:
        payload = self.broker[where % len(self.broker)]
        if not again:
            self.broker.remove(payload)
        stored = self.databases[self.epoch]
        receipts: list[Receipt] = []
        for item in decode(payload):
            if isinstance(item, Unreadable):
                stored.add(self.garbage[payload])
                receipts.append(Receipt(payload_sha256=item.sha256.hex(), outcome=Outcome.QUARANTINED))
            else:
                stored.add(item.reading_id)
                receipts.append(Receipt(reading_id=item.reading_id, outcome=Outcome.STORED))
        message = encode_message(Receipts(epoch=self.epoch, receipts=tuple(receipts)))
        self.to_kit.append(("receipts", message))

    @precondition(lambda self: self.to_kit)
    @rule(where=st.integers(0, 5), lost=st.booleans())
    def hear(self, where: int, lost: bool) -> None:
        leaf, payload = self.to_kit.pop(where % len(self.to_kit))
        if leaf == "config":
            self.gateway.take_config(payload, self.now)
        elif not lost:
            self.gateway.take_receipts(payload, self.now)

    @rule(remembered=st.integers(0, 100))
    def restore_an_older_database(self, remembered: int) -> None:
        old = sorted(self.databases[self.epoch])
        self.epoch = DatabaseEpoch(uuid4())
        self.databases[self.epoch] = set(old[: len(old) * remembered // 100])
        self.to_kit = [each for each in self.to_kit if each[0] != "config"]  # retained: the last one counts
        self.to_kit.append(("config", encode_message(Config(epoch=self.epoch))))

    @rule()
    def be_listened_to_anew(self) -> None:
        self.listening_since += timedelta(seconds=1)
        config = Config(epoch=self.epoch, listening_since=self.listening_since)
        self.to_kit = [each for each in self.to_kit if each[0] != "config"]
        self.to_kit.append(("config", encode_message(config)))

    @rule(seconds=st.sampled_from([0.1, 3, 11, 100, -3600]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def kill_and_restart(self) -> None:
        self.lives += 1
        path = as_the_disk_has_it(self.path, Path(self.folder.name) / str(self.lives))
        self.file.close()
        self.path = path
        self.file, self.outbox = open_outbox(path)
        self.in_flight.clear()
        self.switch_on()
        self.gateway.connected(self.now, session_present=True)

    @invariant()
    def the_kit_remembers_everything_and_believes_only_what_is_so(self) -> None:
        ledger = {entry.reading_id: entry.state for entry in self.outbox.ledger()}
        assert set(ledger) == self.put_ids
        for reading_id, state in ledger.items():
            if state is not State.ON_KIT:
                believed = self.outbox.database_epoch
                homes = [self.databases[believed]] if believed else self.databases.values()
                assert any(reading_id in home for home in homes)

    def teardown(self) -> None:
        """In the end the network works, and then the database has everything."""
        self.to_kit = [("config", encode_message(Config(epoch=self.epoch)))]
        for _ in range(60 + 6 * len(self.put_ids)):
            self.send()
            while self.in_flight:
                self.acknowledge(kept=True)
            while self.broker:
                self.ingest(0, again=False)
            while self.to_kit:
                self.hear(0, lost=False)
            self.now += PACE.longest_retry
            if self.outbox.waiting() == 0:
                break
        assert self.outbox.waiting() == 0
        assert self.put_ids <= self.databases[self.epoch]
        self.file.close()
        self.folder.cleanup()


GatewayMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestAGatewayNeverLosesAReading = GatewayMachine.TestCase
