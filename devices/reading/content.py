"""The digest of what a reading says: it tells the same reading sent again from another one with the same id.

Guards: the digest depends on what was said, not on how it was encoded.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from devices.reading.payload import Auscultation, Device, Gatt, ReadingPayload, Worry


def content_digest(reading: ReadingPayload) -> bytes:
    """SHA-256 of what the reading says, however it was encoded, batched or numbered in an outbox.

    The digest covers the fields that are not empty or false, as JSON with sorted keys, no spaces and ASCII escapes. Ids
    are 32 hex digits, `taken_at` is UTC with microseconds, and a whole number has no point. So another time zone, 37.0
    for 37, or a default left out gives the same digest.
    """
    written = [
        f"{name}{text}"
        for (name, write), value in zip(_WRITERS, _content_of(reading.__dict__), strict=True)
        if value and (text := write(value)) != "{}"
    ]
    return hashlib.sha256(f"{{{','.join(written)}}}".encode()).digest()


_dump = json.JSONEncoder(separators=(",", ":"), sort_keys=True, check_circular=False).encode
_NUMBERS = (int, float)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    return _number(value) if isinstance(value, _NUMBERS) else _dump(_canonical(value))


# The same few hundred numbers recur. `typed`: 1 and true differ.
@lru_cache(maxsize=8192, typed=True)
def _number(value: float) -> str:
    return _dump(_canonical(value))


def _id(identifier: UUID) -> str:
    return f'"{identifier.int:032x}"'


def _moment(moment: datetime) -> str:
    return f'"{moment.astimezone(UTC).isoformat(timespec="microseconds")}"'


def _values(values: dict[str, Any]) -> str:
    written = [f"{encode_basestring_ascii(code)}:{_written(raw)}" for code, raw in sorted(values.items())]
    return f"{{{','.join(written)}}}"


def _device(device: Device) -> str:
    return _part(tuple(device.__dict__.items()))


@lru_cache(maxsize=8192)
def _part(said: tuple[tuple[str, Any], ...]) -> str:
    return _dump({name: value for name, value in said if value is not None})


def _canonical(value: Any) -> Any:
    form = _FORMS.get(type(value))
    return value if form is None else form(value)


def _canonical_part(part: BaseModel) -> dict[str, Any]:
    return {name: _canonical(item) for name, item in part.__dict__.items() if item is not None}


_FORMS: dict[type, Callable[[Any], Any]] = {
    float: lambda number: int(number) if number.is_integer() else number,
    dict: lambda said: {key: _canonical(item) for key, item in said.items()},
    list: lambda items: [_canonical(item) for item in items],
    Worry: _canonical_part,
    Gatt: _canonical_part,
    Auscultation: _canonical_part,
}
_ENVELOPE = frozenset({"version", "outbox_epoch", "seq", "age_s"})
_SPECIAL: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("reading_id", "resident", "kit", "taken_by"), _id),
    "taken_at": _moment,
    "device": _device,
    "values": _values,
}
_CONTENT = sorted(ReadingPayload.model_fields.keys() - _ENVELOPE)
_content_of = itemgetter(*_CONTENT)
_WRITERS = [(f'"{name}":', _SPECIAL.get(name, _written)) for name in _CONTENT]
