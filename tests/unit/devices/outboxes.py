"""Outboxes in a folder, and readings to put into them."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from devices.gateway.clocks import Clocks
from devices.gateway.outbox import Outbox
from devices.gateway.outbox_file import OutboxFile
from devices.identifiers import KitId, OutboxEpoch, ResidentId, new_reading_id
from devices.reading import ReadingPayload

KIT = KitId(UUID("01890000-0000-7000-8000-000000000001"))
START = 1_795_339_800.0


def some_reading(note: str | None = None, taken_at: datetime | None = None) -> ReadingPayload:
    return ReadingPayload(
        reading_id=new_reading_id(),
        outbox_epoch=OutboxEpoch(UUID(int=0)),
        seq=0,
        taken_at=taken_at or datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        resident=ResidentId(UUID(int=1)),
        values={"pulse": 64},
        note=note,
    )


@dataclass(slots=True)
class Running:
    """A machine that runs, and whose clock is set, or not. In seconds."""

    seconds: float = 0.0
    asleep: float = 0.0
    slow_by: float = 0.0
    start: str | None = "first"

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.asleep += seconds

    def awake(self) -> float:
        return self.seconds - self.asleep

    def wall(self) -> float:
        return START + self.seconds - self.slow_by

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)

    @property
    def clocks(self) -> Clocks:
        return Clocks(self, self.start, self.wall, self.awake)


def open_outbox(path: Path, running: Running | None = None) -> tuple[OutboxFile, Outbox]:
    file = OutboxFile(path)
    return file, Outbox(file, KIT, running.clocks if running else None)


def as_the_disk_has_it(path: Path, to: Path) -> Path:
    """What a killed process leaves behind: the files as they are now, with no farewell from SQLite."""
    to.mkdir()
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copy(source, to / source.name)
    return to / path.name
