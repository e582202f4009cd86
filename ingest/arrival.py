"""What comes to the door, and what becomes of it.

Guards: every item that arrives gets exactly one outcome, and no outcome says "stored" of what is not. Named tuples, not
dataclasses: there is one of each for every reading, and a frozen dataclass takes four times as long to make.
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
"""(kit id, reading id): what a reading is known by."""

# Sorts ids as the database does. Comparing ids themselves gives the same order at ten times the price.
BY_NUMBER = attrgetter("int")


class Arrival(NamedTuple):
    """One item as it was delivered. `kit_id` is the topic's, None where that cannot be read."""

    kit_id: UUID | None
    topic: str
    item: ReadingPayload | Unreadable
    arrived_at: datetime


class Sound(NamedTuple):
    """An arrival that can be stored: a reading from a kit that may speak for the resident."""

    place: int
    """Where it stands in its batch."""
    arrival: Arrival
    payload: ReadingPayload
    kit: LentKit
    placement: Placement
    key: ReadingKey
    effective_at: datetime
    oddities: tuple[str, ...]
    """What is odd about the time it claims."""


class NewReading(NamedTuple):
    """A reading that is stored for the first time, numbered under its resident's lock."""

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
    """The latest effective time known of the resident once this reading had arrived: its own, or a later one."""
    clock_slow_by: timedelta = timedelta(0)
    """By how much its kit's clock was known to be slow: it was taken so much later than it says."""
    instrument: Mapping[str, Any] | None = None
    """What the instrument's own octets say, where they were sent."""

    @property
    def key(self) -> ReadingKey:
        return self.kit_id, self.payload.reading_id

    @property
    def resident_id(self) -> UUID:
        return self.payload.resident

    @property
    def is_news(self) -> bool:
        """Whether it says anything of the resident: a value that can be used, a sign asked about, a worry.

        An instrument that fails, or a hand that was pushed away, is no word of how somebody is.
        """
        said = self.payload
        return bool(self.values or said.soft_signs or said.emergency_signs or said.worry)


class KnownReading(NamedTuple):
    """What an earlier reading still tells: the part of it that composition needs."""

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
    """A reading that is stored already, sent again with the same words: the first answer may not have arrived."""

    payload: ReadingPayload
    kit_id: UUID
    placement: Placement
    effective_at: datetime
    clock_slow_by: timedelta = timedelta(0)

    @property
    def key(self) -> ReadingKey:
        return self.kit_id, self.payload.reading_id


class Verdict(NamedTuple):
    """What evaluation makes of one reading, as its sender is told.

    `complete`: nothing is missing; `assumed_air`: but oxygen, of which nobody spoke, and which a record says is not in
    use. `found`: a rule concluded something. `old`: newer knowledge had come and it was no longer fresh, so nothing was
    raised whatever it says.
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
    """The outcome of one arrival: what its receipt says, and the verdict where it is stored."""

    arrival: Arrival
    outcome: Outcome
    reason: str | None = None
    verdict: Verdict = Verdict()
