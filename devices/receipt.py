"""What the platform says to a kit (receipts, config, messages) and what a kit says of itself (status).

Invariant: a receipt is the platform's word that a reading is in its database, and nothing more: no resident,
no value and no score ever travels to a kit.
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
    """Where the reading is. Each means: kept durably, the kit may forget it, but where the reason is `over_quota`."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


OVER_QUOTA = "over_quota"
"""The reason of a receipt for what is in quarantine and not whole: the kit keeps it."""

# What the kit should have its user do next.
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
    """One reading's receipt, by its id, or by the SHA-256 of what was sent where no id could be read."""

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
    """Coalesced receipts of one kit, all from one life of the database."""

    version: Literal[1] = 1
    epoch: DatabaseEpoch
    receipts: Annotated[tuple[Receipt, ...], Field(max_length=5000)]


class Config(_FromPlatform):
    """Retained. The epoch is the authority on which receipts still count."""

    version: Literal[1] = 1
    epoch: DatabaseEpoch
    listening_since: AwareDatetime | None = None
    """Since when somebody listens to this kit without a gap. Another one than before: send what has no receipt."""
    hub_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Of the hub that watches over the home this kit is lent to; absent where it is lent to none."""
    hub_telephone: Annotated[str, StringConstraints(max_length=200)] | None = None


class Message(_FromPlatform):
    """Words from the hub to the home, shown on the kit, with an acknowledgement of their own."""

    version: Literal[1] = 1
    message_id: UUID
    sent_at: AwareDatetime
    text: Annotated[str, StringConstraints(max_length=2000)]


class Status(_FromPlatform):
    """Retained, from the kit; the last will says `online: false` and nothing it cannot know."""

    version: Literal[1] = 1
    online: bool
    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    outbox_length: Annotated[int, Field(ge=0)] | None = None
    clock: AwareDatetime | None = None
    sent_seq: Annotated[int, Field(ge=0)] | None = None
    not_kept_whole: Annotated[int, Field(ge=0)] | None = None
    """How many the platform has only the beginning of: they are whole on this kit alone."""
    let_go: Annotated[int, Field(ge=0)] | None = None
    """How many of those it has deleted since, because there were too many: nobody has them whole."""
    disk_full: bool | None = None
    """Whether its disk takes nothing more, full or broken: it sends what it has, and keeps no reading that is new."""


def encode_message(message: BaseModel) -> bytes:
    """Compact JSON without what is absent."""
    return message.model_dump_json(exclude_none=True).encode()
