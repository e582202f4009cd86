"""The model of a reading, and its encoding.

Guards: the model checks form only. NaN, infinity, text and impossible values pass through as sent.

Numbers arrive as int or float. `repr` of such a float is the decimal the sender wrote (up to 15 significant digits), so
`Decimal(repr(value))` is exact where `Decimal(value)` is not.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from devices.identifiers import KitId, OutboxEpoch, PersonId, ReadingId, ResidentId
from devices.profiles import shortened

VERSION = 1
MAX_READINGS = 100
MAX_BYTES = 256 * 1024
OLDEST_S = 10 * 366 * 86_400
"""Ten years: no machine runs longer without a restart."""

ShortText = Annotated[str, StringConstraints(max_length=120)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Scalar = str | bool | int | float | None


class DeviceKind(StrEnum):
    """The instrument, or `person` for what a person saw, counted or asked."""

    BLOOD_PRESSURE_MONITOR = "blood_pressure_monitor"
    THERMOMETER = "thermometer"
    PULSE_OXIMETER = "pulse_oximeter"
    STETHOSCOPE = "stethoscope"
    PERSON = "person"


class NotObtained(StrEnum):
    """Why a sign that was looked for has no value. It is unknown, never normal."""

    REFUSED = "refused"
    ABSENT = "absent"
    UNRECORDABLE = "unrecordable"
    EQUIPMENT = "equipment"


class OperatorKnownBy(StrEnum):
    """How the person who took the reading was identified, so how far to believe it."""

    KIT = "kit"
    PIN = "pin"
    SESSION = "session"


class SoftSign(StrEnum):
    """The answer about a soft sign. A sign that was not asked about is not in the reading."""

    PRESENT = "present"
    ABSENT = "absent"


class WorryFrom(StrEnum):
    """Who is worried."""

    RESIDENT = "resident"
    FAMILY = "family"
    STAFF = "staff"


class _WirePart(BaseModel):
    """Part of the contract. Unknown fields belong to a later version and are ignored; NaN survives encoding."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")


class Device(_WirePart):
    """The instrument that measured. An unknown kind becomes None, and is kept in `not_understood`."""

    kind: DeviceKind | None = None
    model: ShortText | None = None
    serial: ShortText | None = None


class Worry(_WirePart):
    """A worry can be escalated by itself, whatever the score."""

    by: WorryFrom


class Auscultation(_WirePart):
    """A stethoscope recording, kept on the kit and named by its digest. Never scored."""

    site: ShortText
    recording_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    seconds: Annotated[float, Field(gt=0, le=3600)]
    quality: ShortText | None = None


def _as_digits(value: str) -> str:
    return "".join(value.split()).lower()


class Gatt(_WirePart):
    """One notification of a Bluetooth instrument, undecoded: the characteristic, and its octets in hexadecimal.

    Both are normalised: "0x2A35" and its 128-bit form become "2a35".
    """

    characteristic: Annotated[str, StringConstraints(max_length=64), AfterValidator(shortened)]
    value: Annotated[str, StringConstraints(max_length=1024), AfterValidator(_as_digits)]
    """At most 512 octets: no attribute holds more."""


def _on_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for the first and last year, where UTC may be outside the calendar."""
    if not 1 < moment.year < 9999:
        raise ValueError("this is outside the calendar")
    return moment.astimezone(UTC)


def _age(said: Any) -> float | None:
    """The age, or None if it cannot be read: it is not part of what the reading says."""
    is_age = isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= OLDEST_S
    return float(said) if is_age else None


class ReadingPayload(_WirePart):
    """What one device or person sends at one moment."""

    # Factories, not {}: pydantic would deep-copy each default for every reading, and take twice as long.
    version: Literal[1] = 1
    reading_id: ReadingId
    outbox_epoch: OutboxEpoch
    seq: Annotated[int, Field(ge=0, lt=2**63)]
    taken_at: Annotated[AwareDatetime, AfterValidator(_on_utc)]
    age_s: Annotated[Annotated[float, Field(ge=0, le=OLDEST_S)] | None, BeforeValidator(_age)] = None
    """Seconds from taking to sending, by a clock that nobody sets; absent if the kit has no such clock."""
    resident: ResidentId
    kit: KitId | None = None
    """The kit's own claim of its id; the topic is the authority."""
    taken_by: PersonId | None = None
    operator_known_by: OperatorKnownBy | None = None
    device: Device = Device()
    values: dict[str, Any] = Field(default_factory=dict)
    """Raw values by vital-sign code, not judged. Unknown codes are kept too."""
    gatt: Gatt | None = None
    """What the instrument itself sent, undecoded. It takes precedence over `values` for the signs it holds."""
    not_obtained: dict[Code, NotObtained] = Field(default_factory=dict)
    soft_signs: dict[Code, SoftSign] = Field(default_factory=dict)
    emergency_signs: dict[Code, SoftSign] = Field(default_factory=dict)
    """Signs that need 999 at once, by code. An unknown code counts as well."""
    phoned_999: bool = False
    """Whether the sender has phoned 999 already."""
    worry: Worry | None = None
    note: Annotated[str, StringConstraints(max_length=2000)] | None = None
    auscultation: Auscultation | None = None
    method: dict[Code, Scalar] = Field(default_factory=dict)
    quality: dict[Code, Scalar] = Field(default_factory=dict)
    scheduled_full_set: bool = False
    not_understood: dict[str, Any] = Field(default_factory=dict)
    """Parts that made no sense, as sent, by field name: set aside by decoding, for people to see."""


class Refusal(StrEnum):
    """Why a payload, or one item of it, cannot be read at all."""

    NOT_JSON = "not_json"
    UNKNOWN_VERSION = "unknown_version"
    MISSING_IDS = "missing_ids"
    UNREADABLE_TIME = "unreadable_time"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    NOT_A_READING = "not_a_reading"


def encode_one(reading: ReadingPayload) -> bytes:
    """Encode one reading as a compact JSON object without default values."""
    body = reading.model_dump_json(exclude_defaults=True).encode()
    return b'{"version":1,' + body[1:]


def with_age(encoded: bytes, age_s: float) -> bytes:
    """Append the reading's age to the result of `encode_one`; no other octet changes at a later sending."""
    return encoded[:-1] + b',"age_s":%.1f}' % min(max(0.0, age_s), OLDEST_S)


def encode(readings: Sequence[ReadingPayload]) -> bytes:
    """Encode one reading as an object, several as an array. The sender must keep the limits: see MAX_READINGS."""
    if len(readings) == 1:
        return encode_one(readings[0])
    return b"[" + b",".join(map(encode_one, readings)) + b"]"
