"""Simulated kits on real gateways: one file of outboxes, one thread, and one line to the broker for each kit.

Guards: a reading is in its kit's outbox, on the disk, before it counts as sent. What became of it is read
from there, not remembered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from devices.gateway.gateway import Gateway, Pace
from devices.gateway.link import Link
from devices.gateway.loop import GatewayLoop
from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import OutboxFile
from devices.gateway.session import Credentials, LinkSettings
from devices.identifiers import KitId, ReadingId, new_reading_id
from devices.kits import KitSheet
from devices.reading import ReadingPayload
from devices.receipt import Outcome, Receipts
from simulators.faults import Faults
from simulators.programme import Draft

OUTBOXES = "outboxes.sqlite"
AT_ONCE = 500  # readings that become durable together
STOP_WITHIN = 20.0
# A demonstration lasts half a minute, so a lost message is sent again sooner than a real kit would send it.
PACE = Pace(first_retry=3.0, longest_retry=30.0, alone_patience=5.0)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the fleet has come."""

    kits: int
    online: int
    sent: int
    waiting: int
    stored: int
    duplicates: int
    quarantined: int
    """These three count receipts, and one reading can have several."""

    @property
    def receipts(self) -> int:
        return self.stored + self.duplicates + self.quarantined


class SentReading(NamedTuple):
    """One line of a kit's ledger. Times are Unix seconds on the kit's clock."""

    kit: KitId
    reading_id: ReadingId
    state: State
    first_published_at: float | None
    receipted_at: float | None


@dataclass(slots=True)
class _SimulatedKit:
    outbox: Outbox
    link: Link
    skew: timedelta


class Fleet:
    """All kits of a sheet. Their lines are open within `with`."""

    def __init__(self, sheet: KitSheet, directory: Path, faults: Faults, pace: Pace = PACE) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = OutboxFile(directory / OUTBOXES)
        self._receipts: Counter[Outcome] = Counter()
        self._poison = faults.poison()
        self.spoilt = 0
        """How many items were put that are no readings."""
        self._settings = LinkSettings(
            first_reconnect=0.2, longest_reconnect=5.0, status_every=max(5.0, len(sheet.kits) / 20)
        )
        with self._file.batch():
            self._kits = [self._kit(sheet, place, faults, pace) for place in range(len(sheet.kits))]
        self._loop = GatewayLoop(kit.link for kit in self._kits)

    def _kit(self, sheet: KitSheet, place: int, faults: Faults, pace: Pace) -> _SimulatedKit:
        kit = sheet.kits[place]
        rng = Random(f"{faults.seed}/gateway/{kit.kit_id}")
        outbox = Outbox(self._file, kit.kit_id)
        gateway = Gateway(outbox, pace, rng)
        gateway.on_receipts = self._count
        link = Link(
            gateway,
            Credentials.of(kit),
            sheet.broker,
            settings=self._settings,
            rng=rng,
            wire=faults.wire(kit.kit_id),
        )
        link.battery = rng.randint(35, 100)
        return _SimulatedKit(outbox, link, faults.clock_skew(kit.kit_id))

    def __enter__(self) -> Self:
        self._loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.stop(STOP_WITHIN)

    def put(self, drafts: Iterable[Draft]) -> None:
        """Keep readings taken at this moment in the kits' outboxes, on the disk together."""
        with self._file.batch():
            for draft in drafts:
                self._put(draft, datetime.now(UTC))

    def put_history(self, drafts: Iterator[Draft], start: datetime) -> None:
        """Keep readings taken before the start in the kits' outboxes, each with its own time."""
        done = False
        while not done:
            done = True
            with self._file.batch():
                for _, draft in zip(range(AT_ONCE), drafts, strict=False):
                    done = False
                    self._put(draft, start + timedelta(seconds=draft.offset))

    def set_offline(self, places: Iterable[int]) -> None:
        """Take these kits, and no others, off the network."""
        chosen = set(places)
        for place, kit in enumerate(self._kits):
            if kit.link.offline != (place in chosen):
                kit.link.offline = place in chosen

    def tally(self) -> Tally:
        """Return how far the fleet has come, over every run of these outboxes."""
        return Tally(
            kits=len(self._kits),
            online=sum(kit.link.up for kit in self._kits),
            sent=sum(kit.outbox.last_seq() for kit in self._kits),
            waiting=self.waiting(),
            stored=self._receipts[Outcome.STORED],
            duplicates=self._receipts[Outcome.DUPLICATE],
            quarantined=self._receipts[Outcome.QUARANTINED],
        )

    def waiting(self) -> int:
        """Return how many readings have no receipt yet."""
        return sum(kit.outbox.waiting() for kit in self._kits)

    def ledger(self) -> Counter[State]:
        """Return how many readings are in each state, counted from the outboxes."""
        return Counter(entry.state for kit in self._kits for entry in kit.outbox.ledger())

    def close(self) -> None:
        """Close the outboxes; what is unsent stays in them."""
        self._file.close()

    def _put(self, draft: Draft, at: datetime) -> None:
        kit = self._kits[draft.kit]
        reading_id = new_reading_id()
        if self._poison and self._poison.strikes():
            kit.outbox.put_raw(self._poison.payload(reading_id), reading_id)
            self.spoilt += 1
            return
        reading = ReadingPayload(
            reading_id=reading_id,
            outbox_epoch=kit.outbox.epoch,
            seq=0,  # the outbox gives it
            taken_at=at + kit.skew,
            resident=draft.said.resident,
            taken_by=draft.said.taken_by,
            **draft.said.content,
        )
        kit.outbox.put(reading)

    def _count(self, said: Receipts) -> None:
        self._receipts.update(receipt.outcome for receipt in said.receipts)


def sent_readings(directory: Path, kits: Sequence[KitId] | None = None) -> Iterator[SentReading]:
    """Yield every reading in the outboxes under a directory: what was sent, when first, and where it is.

    Another process may call this while a fleet runs. Latency is measured from when a reading first went to
    the broker.
    """
    file = OutboxFile(directory / OUTBOXES)
    try:
        for kit in file.kits() if kits is None else kits:
            outbox = Outbox(file, kit)
            for entry in outbox.ledger():
                history = outbox.history(entry.reading_id)
                if history is not None:
                    times = history.first_published_at, history.receipted_at
                    yield SentReading(kit, entry.reading_id, entry.state, *times)
    finally:
        with suppress(Exception):
            file.close()
