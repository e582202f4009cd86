"""A reading on the wire, version 1: its model, its decoding, and the digest of its content.

Guards: nothing readable is refused, and nothing unreadable is dropped.
"""

from devices.reading.content import content_digest
from devices.reading.decoding import Unreadable, decode
from devices.reading.measured import Measured, measured
from devices.reading.payload import (
    MAX_BYTES,
    MAX_READINGS,
    OLDEST_S,
    VERSION,
    Auscultation,
    Device,
    DeviceKind,
    Gatt,
    NotObtained,
    OperatorKnownBy,
    ReadingPayload,
    Refusal,
    SoftSign,
    Worry,
    WorryFrom,
    encode,
    encode_one,
    with_age,
)
from devices.reading.urgent import Urgent

__all__ = [
    "MAX_BYTES",
    "MAX_READINGS",
    "OLDEST_S",
    "VERSION",
    "Auscultation",
    "Device",
    "DeviceKind",
    "Gatt",
    "Measured",
    "NotObtained",
    "OperatorKnownBy",
    "ReadingPayload",
    "Refusal",
    "SoftSign",
    "Unreadable",
    "Urgent",
    "Worry",
    "WorryFrom",
    "content_digest",
    "decode",
    "encode",
    "encode_one",
    "measured",
    "with_age",
]
