"""What arrives at the door, and its outcome.

Guards: every arrival gets exactly one outcome, and no outcome says "stored" of a reading that is not.

These are named tuples because one of each is made for every reading. A frozen dataclass takes four times as long to
make.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from delegation.competence import Labelled
from delegation.store import Placement
from devices.reading import ReadingPayload, Unreadable
from devices.receipt import NOTHING, Outcome
from devices.registry import LentKit
from devices.vital_signs import VitalSign
from ingest.quality import Value

ReadingKey = tuple[UUID, UUID]
"""(kit id, reading id): what identifies a reading."""

# Sort ids in the database's order. Comparing the ids themselves gives the same order at ten times the cost.
BY_NUMBER = attrgetter("int")


class Arrival(NamedTuple):
    """One item as it was delivered. `kit_id` comes from the topic; it is None if the topic cannot be read."""

    kit_id: UUID | None
    topic: str
    item: ReadingPayload | Unreadable
    arrived_at: datetime
    waited_at_most: timedelta | None = timedelta(0)
    """The longest it can have waited at the broker; None if nobody knows."""


class Sound(NamedTuple):
    """An arrival that can be stored: a reading from a kit that may report on this resident."""

    place: int
    """Its index in the batch."""
    arrival: Arrival
    payload: ReadingPayload
    kit: LentKit
    placement: Placement
    key: ReadingKey
    effective_at: datetime
    oddities: tuple[str, ...]
    """What is odd about the time the sender gave."""


class NewReading(NamedTuple):
    """A reading stored for the first time, numbered while its resident is locked."""

    payload: ReadingPayload
    kit_id: UUID
    placement: Placement
    arrival_number: int
    arrived_at: datetime
    effective_at: datetime
    competence: Labelled
    values: Mapping[VitalSign, Value]
    unusable: Mapping[str, str]
    cleared: frozenset[VitalSign]
    flags: tuple[str, ...]
    latest_effective_at: datetime
    """The resident's latest effective time, this reading included."""
    clock_slow_by: timedelta = timedelta(0)
    """How slow the kit's clock is known to be: the reading was taken this much later than it says."""
    instrument: Mapping[str, Any] | None = None
    """What the instrument's notification says, if the kit sent it."""

    @property
    def key(self) -> ReadingKey:
        return self.kit_id, self.payload.reading_id

    @property
    def resident_id(self) -> UUID:
        return self.payload.resident

    @property
    def is_news(self) -> bool:
        """Whether the reading says how the resident is: a usable value, a sign asked about, or a worry.

        A failed instrument or a refused measurement says nothing of how the resident is.
        """
        said = self.payload
        return bool(self.values or said.soft_signs or said.emergency_signs or said.worry)


class KnownReading(NamedTuple):
    """The part of an earlier reading that composing a score needs."""

    kit_id: UUID
    reading_id: UUID
    resident_id: UUID
    effective_at: datetime
    arrival_number: int
    values: Mapping[VitalSign, Value]
    cleared: frozenset[VitalSign] = frozenset()
    clock_slow_by: timedelta = timedelta(0)

    @property
    def key(self) -> ReadingKey:
        return self.kit_id, self.reading_id


class Repeated(NamedTuple):
    """A stored reading that was sent again unchanged: its sender may not have received the first answer."""

    payload: ReadingPayload
    kit_id: UUID
    placement: Placement
    effective_at: datetime
    clock_slow_by: timedelta = timedelta(0)

    @property
    def key(self) -> ReadingKey:
        return self.kit_id, self.payload.reading_id


class Verdict(NamedTuple):
    """The result of evaluating one reading, as its sender is told.

    `complete`: no vital sign is missing. `assumed_air`: nobody said whether oxygen is in use, and a record says it is
    not. `found`: a rule concluded something. `old`: the reading was no longer fresh and newer ones were known, so it
    raised nothing.
    """

    next: str = NOTHING
    low: int | None = None
    high: int | None = None
    complete: bool = False
    assumed_air: bool = False
    deciding: tuple[str, ...] = ()
    escalation_id: UUID | None = None
    found: bool = False
    old: bool = False


class Settled(NamedTuple):
    """The outcome of one arrival: what its receipt says, and its verdict if it is stored."""

    arrival: Arrival
    outcome: Outcome
    reason: str | None = None
    verdict: Verdict = Verdict()
