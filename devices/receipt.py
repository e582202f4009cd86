"""What the platform sends a kit (receipts, config, messages), and what a kit says of itself (status).

Guards: a receipt says that a reading is in the database, and nothing more. No resident, value or score is ever sent to
a kit.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from devices.identifiers import DatabaseEpoch, ReadingId
from devices.vital_signs import VitalSign

_Reason = Annotated[str, StringConstraints(max_length=64)]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Outcome(StrEnum):
    """Where the reading is kept durably. The kit may delete it, unless the reason is `over_quota`."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


OVER_QUOTA = "over_quota"
"""A receipt's reason when only the beginning is in quarantine: the kit keeps the whole."""

# What the kit should ask its user to do next.
NOTHING = "nothing"
CALL_HUB = "call_hub"
CALL_999 = "call_999"
MEASURE_PREFIX = "measure:"

NextStep = Annotated[
    str, StringConstraints(pattern=rf"^({NOTHING}|{CALL_HUB}|{CALL_999}|{MEASURE_PREFIX}[a-z0-9_]{{1,40}})$")
]


def measure(sign: VitalSign) -> NextStep:
    """The next step that asks for one sign to be measured."""
    return f"{MEASURE_PREFIX}{sign}"


class _FromPlatform(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Receipt(_FromPlatform):
    """The receipt of one reading, named by its id, or by the SHA-256 of what was sent if no id could be read."""

    reading_id: ReadingId | None = None
    payload_sha256: _Sha256 | None = None
    outcome: Outcome
    reason: _Reason | None = None
    next: NextStep = NOTHING

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.reading_id is None) == (self.payload_sha256 is None):
            raise ValueError("A receipt names a reading_id or a payload_sha256, one of them.")
        return self


class Receipts(_FromPlatform):
    """Receipts of one kit, sent together, all from one epoch of the database."""

    version: Literal[1] = 1
    epoch: DatabaseEpoch
    receipts: Annotated[tuple[Receipt, ...], Field(max_length=5000)]


class Config(_FromPlatform):
    """Retained. Only receipts of this epoch count."""

    version: Literal[1] = 1
    epoch: DatabaseEpoch
    listening_since: AwareDatetime | None = None
    """Since when a worker has listened to this kit without a gap. If it changes, send what has no receipt."""
    hub_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    """The hub of the home this kit is lent to; absent if it is lent to none."""
    hub_telephone: Annotated[str, StringConstraints(max_length=200)] | None = None


class Message(_FromPlatform):
    """A message from the hub to the home, shown on the kit, with its own acknowledgement."""

    version: Literal[1] = 1
    message_id: UUID
    sent_at: AwareDatetime
    text: Annotated[str, StringConstraints(max_length=2000)]


class Status(_FromPlatform):
    """Retained, from the kit. The last will says only `online: false`, because it cannot know the rest."""

    version: Literal[1] = 1
    online: bool
    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    outbox_length: Annotated[int, Field(ge=0)] | None = None
    clock: AwareDatetime | None = None
    sent_seq: Annotated[int, Field(ge=0)] | None = None
    not_kept_whole: Annotated[int, Field(ge=0)] | None = None
    """How many readings the platform has only the beginning of: only this kit has them whole."""
    let_go: Annotated[int, Field(ge=0)] | None = None
    """How many of those it has deleted since, because there were too many: nobody has them whole."""
    disk_full: bool | None = None
    """Whether its disk takes no more, full or broken. It sends what it has, and keeps no new reading."""


def encode_message(message: BaseModel) -> bytes:
    """Encode as compact JSON, without absent fields."""
    return message.model_dump_json(exclude_none=True).encode()
