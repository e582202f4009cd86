"""Strategies and examples of readings."""

import math
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import strategies as st

from devices.reading import (
    Auscultation,
    Device,
    DeviceKind,
    Gatt,
    NotObtained,
    OperatorKnownBy,
    ReadingPayload,
    SoftSign,
    Worry,
    WorryFrom,
)
from devices.vital_signs import VitalSign

ID = UUID("01890000-0000-7000-8000-00000000000a")
EPOCH = UUID("01890000-0000-4000-8000-00000000000b")
RESIDENT = UUID("01890000-0000-4000-8000-00000000000c")
TAKEN_AT = "2026-11-22T09:30:00Z"


def wire(**changes: object) -> dict[str, object]:
    """A sound reading as a JSON object, with changes; a change to ... leaves the field out."""
    whole: dict[str, object] = {
        "version": 1,
        "reading_id": str(ID),
        "outbox_epoch": str(EPOCH),
        "seq": 7,
        "taken_at": TAKEN_AT,
        "resident": str(RESIDENT),
        "values": {"systolic": 120, "diastolic": 70, "pulse": 64},
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_codes = _text.filter(bool)
_numbers = st.integers(-(10**6), 10**6) | st.floats()
_scalars = st.none() | st.booleans() | _numbers | _text
_values = st.dictionaries(st.sampled_from(list(map(str, VitalSign))) | _codes, _scalars, max_size=6)
_moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  (hypothesis wants naive bounds and adds the zone)
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-3))]),
)
_devices = st.builds(Device, kind=st.none() | st.sampled_from(DeviceKind), model=_text, serial=_text)
_auscultations = st.builds(
    Auscultation,
    site=_text,
    recording_sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    seconds=st.floats(0.5, 600),
    quality=st.none() | _text,
)
_gatts = st.builds(
    Gatt,
    characteristic=st.sampled_from(
        ["2a35", "0x2A1C", "2A5E", "2a36", "00002a5f-0000-1000-8000-00805f9b34fb"]
    ),
    value=st.binary(max_size=24).map(bytes.hex),
)

READINGS = st.builds(
    ReadingPayload,
    reading_id=st.uuids(),
    outbox_epoch=st.uuids(),
    seq=st.integers(0, 2**63 - 1),
    taken_at=_moments,
    resident=st.uuids(),
    taken_by=st.none() | st.uuids(),
    operator_known_by=st.none() | st.sampled_from(OperatorKnownBy),
    device=_devices,
    values=_values,
    not_obtained=st.dictionaries(_codes, st.sampled_from(NotObtained), max_size=3),
    soft_signs=st.dictionaries(_codes, st.sampled_from(SoftSign), max_size=3),
    worry=st.none() | st.builds(Worry, by=st.sampled_from(WorryFrom)),
    note=st.none() | _text,
    auscultation=st.none() | _auscultations,
    gatt=st.none() | _gatts,
    method=st.dictionaries(_codes, _text | st.booleans(), max_size=2),
    quality=st.dictionaries(_codes, _text | st.booleans(), max_size=2),
    scheduled_full_set=st.booleans(),
)


def same(one: object, other: object) -> bool:
    """Equal, where NaN equals itself and 37 equals 37.0."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other
