"""What a reading measured: the app's decoded values combined with the instrument's notification.

Guards: the instrument takes precedence over the app. If the notification holds a sign, its number is the value; if it
says there is none, there is none. A decoded value that differs is kept beside it, and the sign is to be measured again.
Only if the notification cannot be read is the decoded value used alone.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from devices.profiles import Measurement, decode
from devices.reading.payload import ReadingPayload
from devices.vital_signs import FACTS, VitalSign


class Measured(NamedTuple):
    """Values by code, not yet judged: a Decimal from the instrument, or as sent by the app.

    `unknown`: signs looked for that have no value, with what was there instead. `differing`: signs on which app and
    instrument disagree. `instrument`: everything decoded, to be stored.
    """

    values: Mapping[str, Any]
    unknown: Mapping[str, str]
    differing: frozenset[str]
    statuses: frozenset[str]
    flags: tuple[str, ...]
    instrument: Mapping[str, Any] | None


def measured(payload: ReadingPayload) -> Measured:
    """Combine the two. Never raises, whatever the octets are."""
    statuses = _said_true(payload.quality) if payload.quality else _NONE
    if payload.gatt is None:
        return Measured(payload.values, {}, _NONE, statuses, (), None)
    said = decode(payload.gatt.characteristic, payload.gatt.value)
    differing = _differing(payload.values, said)
    values, unknown = _joined(payload.values, said)
    also = {sign: repr(payload.values[sign])[:200] for sign in sorted(differing)}
    instrument = {**payload.gatt.model_dump(), **said.told, **({"decoded_by_app": also} if also else {})}
    flags = said.flags + tuple(f"gatt:differs:{sign}" for sign in sorted(differing))
    return Measured(values, unknown, differing, statuses | said.statuses, flags, instrument)


_NONE: frozenset[str] = frozenset()


def _said_true(quality: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(status for status, said in quality.items() if said is True)


def _joined(decoded: Mapping[str, Any], said: Measurement) -> tuple[dict[str, Any], dict[str, str]]:
    values = {**decoded, **{str(sign): number for sign, number in said.values.items()}}
    unknown = {str(sign): why for sign, why in said.no_number.items()}
    unknown |= {str(sign): "unreadable" for sign in said.unread if sign not in decoded}
    unknown |= {str(sign): repr(decoded[sign])[:200] for sign in said.never if sign in decoded}
    for sign in unknown:
        values.pop(sign, None)
    return values, unknown


def _differing(decoded: Mapping[str, Any], said: Measurement) -> frozenset[str]:
    both = [sign for sign in said.values if sign in decoded]
    unlike = {str(sign) for sign in both if not _alike(sign, decoded[sign], said.values[sign])}
    return frozenset(unlike | {str(sign) for sign in (*said.no_number, *said.never) if sign in decoded})


def _alike(sign: VitalSign, decoded: Any, number: Decimal) -> bool:
    """Whether both are equal when rounded for the sign's chart: an app may round what it converts."""
    if isinstance(decoded, bool) or not isinstance(decoded, int | float):
        return False
    grid = Decimal(1).scaleb(-FACTS[sign].decimals)
    sent = Decimal(decoded) if isinstance(decoded, int) else Decimal(repr(decoded))
    try:
        return _on(grid, sent) == _on(grid, number)
    except ArithmeticError:  # infinite, or too large for any chart
        return False


def _on(grid: Decimal, number: Decimal) -> Decimal:
    return number.quantize(grid, ROUND_HALF_UP)
