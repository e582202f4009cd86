"""Decodes bytes from a kit into readings, or says why it cannot.

Guards: `decode` never raises, answers for every item, and one bad item rejects no other. Only an item whose form, ids
or time cannot be read is `Unreadable`. Any other part that makes no sense is moved to `not_understood`, and the rest of
the reading stands.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from devices.identifiers import ReadingId
from devices.reading.payload import MAX_BYTES, MAX_READINGS, VERSION, ReadingPayload, Refusal
from devices.reading.urgent import Urgent, urgent

_ESSENTIAL = {
    "reading_id": Refusal.MISSING_IDS,
    "outbox_epoch": Refusal.MISSING_IDS,
    "seq": Refusal.MISSING_IDS,
    "resident": Refusal.MISSING_IDS,
    "taken_at": Refusal.UNREADABLE_TIME,
}
_MAX_DIGITS = 400  # more than any double has, so a longer integer becomes infinite
_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item for quarantine: the bytes, their digest, and a sentence that says what is wrong.

    `sha256` is of the whole payload if the item came alone, or of the item as compact JSON. A receipt names it if the
    reading's id cannot be read. `urgent`: what the item says of an emergency, as far as that can be read.
    """

    reason: Refusal
    detail: str
    reading_id: ReadingId | None
    sha256: bytes
    raw: bytes
    urgent: Urgent


class _RefusedError(Exception):
    """This item cannot be read."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def decode(payload: bytes) -> list[ReadingPayload | Unreadable]:
    """Read one reading or an array of them. Returns one answer for each item, in order."""
    document: Any = None
    try:
        document = _parse(payload)
        _check_size(payload)
        _check_number(document)
    except _RefusedError as refused:
        return [_unreadable(refused, payload, document)]
    if isinstance(document, list):
        return [_item(item, None) for item in document]
    return [_item(document, payload)]


def _check_size(payload: bytes) -> None:
    if len(payload) > MAX_BYTES:
        detail = f"The payload has {len(payload)} bytes; the limit is {MAX_BYTES}."
        raise _RefusedError(Refusal.TOO_LARGE, detail)


def _check_number(document: Any) -> None:
    if document == []:
        raise _RefusedError(Refusal.NOT_A_READING, "The array holds no reading.")
    if isinstance(document, list) and len(document) > MAX_READINGS:
        detail = f"The array holds {len(document)} items; the limit is {MAX_READINGS}."
        raise _RefusedError(Refusal.TOO_MANY, detail)


def _item(item: Any, payload: bytes | None) -> ReadingPayload | Unreadable:
    try:
        return _reading(item)
    except _RefusedError as refused:
        return _unreadable(refused, _compact(item) if payload is None else payload, item)


def _unreadable(refused: _RefusedError, raw: bytes, document: Any) -> Unreadable:
    digest = hashlib.sha256(raw).digest()
    return Unreadable(refused.reason, refused.detail, _legible_id(document), digest, raw, urgent(document))


def _reading(item: Any) -> ReadingPayload:
    if not isinstance(item, dict):
        raise _RefusedError(Refusal.NOT_A_READING, f"A reading is a JSON object; this is {_kind(item)}.")
    version = item.get("version")
    if type(version) is not int or version != VERSION:
        raise _RefusedError(
            Refusal.UNKNOWN_VERSION, f"The version is {version!r:.40}; known here: {VERSION}."
        )
    try:
        reading = ReadingPayload.model_validate(item)
    except ValidationError as error:
        reading = _mended(item, error)
    _check_time(item["taken_at"])
    return reading


def _mended(item: dict[str, Any], error: ValidationError) -> ReadingPayload:
    """The reading without the parts that make no sense; those are kept in `not_understood` as sent."""
    sound = {name: dict(part) if isinstance(part, dict) else part for name, part in item.items()}
    aside: dict[str, Any] = {}
    for problem in error.errors(include_url=False, include_context=False):
        _set_aside(sound, aside, problem)
    earlier = sound.get("not_understood")
    sound["not_understood"] = (earlier if isinstance(earlier, dict) else {}) | aside
    try:
        return ReadingPayload.model_validate(sound)
    except ValidationError as still:
        detail = f"The reading makes no sense even in part: {still.errors(include_url=False)[0]['msg']}."
        raise _RefusedError(Refusal.NOT_A_READING, detail) from None


def _set_aside(sound: dict[str, Any], aside: dict[str, Any], problem: ErrorDetails) -> None:
    field, *inner = problem["loc"]
    name = str(field)
    if name in _ESSENTIAL:
        raise _RefusedError(_ESSENTIAL[name], f"{name} cannot be read: {problem['msg']}.")
    if not inner or name in _WHOLE or not isinstance(sound.get(name), dict):
        if name in sound:
            aside[name] = sound.pop(name)
        return
    key = str(inner[0])
    if key in sound[name]:
        aside[f"{name}.{key}"] = sound[name].pop(key)


# Parts of these mean nothing alone.
_WHOLE = frozenset({"worry", "auscultation", "gatt"})


def _check_time(sent: Any) -> None:
    """Accept RFC 3339 text only: a bare number could be seconds or milliseconds."""
    if not isinstance(sent, str) or sent[4:5] != "-":
        raise _RefusedError(Refusal.UNREADABLE_TIME, f"taken_at is {sent!r:.60}; expected RFC 3339 text.")


def _parse(payload: bytes) -> Any:
    try:
        return _json(payload)
    except (ValueError, RecursionError) as error:
        _check_size(payload)
        raise _RefusedError(Refusal.NOT_JSON, f"The payload is not JSON: {error}.") from None


def _json(payload: bytes) -> Any:
    try:
        document = from_json(payload, allow_inf_nan=True)
    except ValueError:
        # The strict, fast parser also refuses what a lenient one can read: a number of thousands of digits, half a
        # surrogate pair, a byte order mark. None of these should cost the rest of a reading.
        return _storable(json.loads(payload, parse_int=_bounded_int), 0)
    return _storable(document, 0) if b"\\u0000" in payload else document


def _bounded_int(digits: str) -> int | float:
    if len(digits) > _MAX_DIGITS:
        return float("-inf") if digits.startswith("-") else float("inf")
    return int(digits)


def _storable(value: Any, depth: int) -> Any:
    """The value with U+FFFD for characters that UTF-8 or a database cannot hold."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested more than {_MAX_DEPTH} deep")
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_storable(key, depth): _storable(item, depth + 1) for key, item in value.items()}
    return value


def _legible_id(item: Any) -> ReadingId | None:
    try:
        return ReadingId(UUID(item["reading_id"]))
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _compact(item: Any) -> bytes:
    return json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode()


def _kind(item: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(item), "a number")
