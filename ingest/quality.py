"""Judges each value of a reading: usable, usable but surprising, or unknown.

Guards: an abnormal value is never "invalid". A value becomes unknown only if it cannot be a measurement at all, or was
not measured when the reading was taken. Its raw text is kept and flagged, and the rest of the reading stands.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from devices.emergency import UNREADABLE
from devices.reading import Measured, NotObtained, ReadingPayload, measured
from devices.vital_signs import FACTS, Consciousness, VitalSign

Value = Decimal | bool | str

AHEAD = timedelta(minutes=5)
ANCIENT = timedelta(hours=72)
USUAL_WAIT = timedelta(hours=1)
"""A reading that seems this much older than its kit says may just have waited on its way."""
BEFORE_ITS_KIT = timedelta(days=2)
"""A reading dated this long before its kit's enrolment has a wrong clock.

A web form accepts what was taken the day before.
"""

# What an instrument says of its own measurement: these mean that there was none.
_NOT_A_MEASUREMENT = frozenset({"demo", "testing", "unavailable", "invalid", "sensor_off", "non_pulsatile"})
_DOUBTFUL = frozenset(
    {
        *("low_perfusion", "poor_signal", "erratic", "irregular_pulse", "body_movement", "cuff_loose"),
        *("improper_position", "questionable", "calibrating", "early_estimate"),
        *("sensor_displaced", "malfunction"),
    }
)
_FROM_STORAGE = "from_storage"
REMEMBERED = "remembered:"
"""Flags a sign that an instrument measured before this reading.

Its raw value is kept under the flag and not under the sign, because that would clear the sign's earlier value.
"""
ANOTHER_DAY = timedelta(days=1)
"""An instrument's clock has no time zone: no two zones are further apart."""
_ANOTHER_DAY = "device_time_differs"
CLOCK_LOST = "device_clock_lost"
# Signs that a person sees or counts.
_NO_INSTRUMENTS = frozenset({VitalSign.RESPIRATION_RATE, VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS})
NO_SIGN: frozenset[VitalSign] = frozenset()
_KNOWN_STATUSES = _NOT_A_MEASUREMENT | _DOUBTFUL | {_FROM_STORAGE}
SIGN_BY_CODE = {str(sign): sign for sign in VitalSign}
_LETTERS = frozenset(str(letter) for letter in Consciousness)


class Assessed(NamedTuple):
    """A reading's values after judgement. `unusable` holds the raw text of values that became unknown.

    `instrument`: what the instrument's notification says, if the reading holds it.
    """

    values: Mapping[VitalSign, Value]
    unusable: Mapping[str, str]
    flags: tuple[str, ...]
    instrument: Mapping[str, Any] | None = None


def assess(
    payload: ReadingPayload, may_be: Sequence[datetime] = (), kit_since: datetime | None = None
) -> Assessed:
    """Judge every value of one reading.

    `may_be`: other times at which it may have been taken; by default only the time it says. `kit_since`: the result of
    the function of that name, if known.
    """
    said = measured(payload)
    not_measured = not said.statuses.isdisjoint(_NOT_A_MEASUREMENT)
    from_storage = _FROM_STORAGE in said.statuses
    moments = may_be or [payload.taken_at]
    of_clock = _of_its_clock(said.instrument, moments, None if from_storage else kit_since)
    old = _of_instruments(said) if from_storage or _ANOTHER_DAY in of_clock else NO_SIGN
    doubted = _of_instruments(said) if CLOCK_LOST in of_clock else NO_SIGN
    values: dict[VitalSign, Value] = {}
    unusable: dict[str, str] = dict(said.unknown)
    flags = _remarks(payload, said) + of_clock
    for code, raw in said.values.items():
        sign = SIGN_BY_CODE.get(code)
        if sign is None:
            flags.append(f"unknown_code:{code[:60]}")
            unusable.setdefault(code[:60], _text(raw))
            continue
        value, surprising = _UNKNOWN if not_measured else _judged(sign, raw)
        if value is None:
            flags.append(f"unusable:{code}")
            unusable[code] = _text(raw)
        elif sign in old:
            flags.append(f"{REMEMBERED}{code}")
            unusable[f"{REMEMBERED}{code}"] = str(value)
        else:
            values[sign] = value
            if surprising or code in said.differing or sign in doubted:
                flags.append(f"confirm:{code}")
    if _pressures_cross(values):
        flags.append("systolic_not_above_diastolic")
    return Assessed(values, unusable, tuple(flags), said.instrument)


def _remarks(payload: ReadingPayload, said: Measured) -> list[str]:
    """Remarks on a reading before its values are judged."""
    flags = [f"not_understood:{part}" for part in sorted(payload.not_understood)]
    if said.statuses:
        flags += [f"device:{status}" for status in sorted(said.statuses & _KNOWN_STATUSES)]
    return [*flags, *said.flags, *(f"unusable:{code}" for code in said.unknown)]


def effective(
    taken_at: datetime,
    arrived_at: datetime,
    enrolled_at: datetime,
    age_s: float | None = None,
    waited_at_most: timedelta | None = timedelta(0),
) -> tuple[datetime, tuple[str, ...]]:
    """Return the time a reading is ordered by, and what is odd about the time it claims.

    A clock that was not set since it was switched on says 1970, or its date of manufacture: a reading of now would look
    too old to act on. A clock that resumed where it was switched off, days ago, is checked against `age_s`. That is how
    long before sending the reading was taken, in seconds, by a clock that nobody sets; None if the kit has no such
    clock. A message that waited at the broker looks the same, so what the wait can explain, or what nobody knows the
    wait of, is believed. Readings from before their kit's enrolment waited in quarantine until then.
    """
    since = kit_since(enrolled_at, arrived_at)
    by_age = max(since, arrived_at - timedelta(seconds=age_s or 0))
    if taken_at > by_age + AHEAD:
        return by_age, ("clock_ahead",)
    if taken_at < since or (age_s is not None and _is_lost(by_age - taken_at, waited_at_most)):
        return by_age, ("clock_lost",)
    if taken_at < arrived_at - ANCIENT:
        return taken_at, ("ancient",)
    return taken_at, ()


def _is_lost(seems_slow: timedelta, waited_at_most: timedelta | None) -> bool:
    return waited_at_most is not None and seems_slow > max(USUAL_WAIT, waited_at_most)


def kit_since(enrolled_at: datetime, arrived_at: datetime) -> datetime:
    """No clock that was ever set dates a measurement with this kit before this time."""
    return min(enrolled_at, arrived_at) - BEFORE_ITS_KIT


def clock(skew_s: float | None, *, believed: bool) -> tuple[timedelta, tuple[str, ...]]:
    """Return how slow a kit's clock is known to be, and what is odd about it; a few minutes are not.

    A slow clock makes a fresh reading look old. It changes no time that a reading is ordered by. `believed`: the
    reading is ordered by the kit's clock. Otherwise it is ordered by its arrival, which the clock cannot make look old.
    """
    if skew_s is None or abs(skew_s) <= AHEAD.total_seconds():
        return timedelta(0), ()
    if skew_s > 0:
        return timedelta(0), ("clock_ahead",)
    return timedelta(seconds=-skew_s if believed else 0), ("clock_behind",)


def _of_instruments(said: Measured) -> frozenset[VitalSign]:
    """The signs an instrument measured: those in its notification, or else all that a person does not observe."""
    codes = (said.instrument or {}).get("as_sent", said.values)
    return frozenset(SIGN_BY_CODE[code] for code in codes if code in SIGN_BY_CODE) - _NO_INSTRUMENTS


def _of_its_clock(
    instrument: Mapping[str, Any] | None, may_be: Sequence[datetime], since: datetime | None
) -> list[str]:
    """What is odd about the instrument's own clock, if it says a possible time.

    A clock that was never set does not tell when a value was measured: it may well be now.
    """
    if instrument is None or "device_time" not in instrument:
        return []
    try:
        said = datetime.fromisoformat(instrument["device_time"]).replace(tzinfo=UTC)
    except ValueError:
        return []
    if since is not None and said < since:
        return [CLOCK_LOST]
    return [_ANOTHER_DAY] if all(abs(said - moment) > ANOTHER_DAY for moment in may_be) else []


def remembered(flags: Collection[str], unusable: Mapping[str, str]) -> dict[VitalSign, Decimal]:
    """The values that `assess` flagged as measured before the reading was taken: known to be old, but not how old."""
    return {
        VitalSign(flag.removeprefix(REMEMBERED)): Decimal(unusable[flag])
        for flag in flags
        if flag.startswith(REMEMBERED)
    }


def cleared(not_obtained: Collection[str], unusable: Collection[str]) -> frozenset[VitalSign]:
    """The signs that could not be obtained or used: what was known of them before no longer holds.

    An earlier value must not stand in for one that was refused, could not be had or made no sense.
    """
    if not not_obtained and not unusable:
        return NO_SIGN
    return frozenset(SIGN_BY_CODE[code] for code in (*not_obtained, *unusable) if code in SIGN_BY_CODE)


def unrecordable(payload: ReadingPayload) -> frozenset[VitalSign]:
    """Signs that gave no signal: a fact in itself, whatever the score."""
    return frozenset(
        sign
        for code, why in payload.not_obtained.items()
        if why is NotObtained.UNRECORDABLE and (sign := SIGN_BY_CODE.get(code))
    )


def emergency_signs(payload: ReadingPayload) -> tuple[str, ...]:
    """The emergency signs said to be present, and UNREADABLE if an answer about one could not be read."""
    present = sorted(sign for sign, answer in payload.emergency_signs.items() if answer == "present")
    unread = any(part.startswith("emergency_signs") for part in payload.not_understood)
    return (*present, UNREADABLE) if unread else tuple(present)


def usable(values: Mapping[str, Any]) -> dict[VitalSign, Value]:
    """The values, given by code and without a reading, that can be measurements."""
    judged = {sign: _judged(sign, raw)[0] for code, raw in values.items() if (sign := SIGN_BY_CODE.get(code))}
    return {sign: value for sign, value in judged.items() if value is not None}


def _judged(sign: VitalSign, raw: Any) -> tuple[Value | None, bool]:
    """The value, or None if it cannot be one, and whether it is surprising enough to be measured again."""
    if isinstance(raw, _NUMBERS):
        return _decoded(sign, raw)
    if isinstance(raw, Decimal):  # from the instrument itself
        return _plausible(sign, raw)
    is_letter = sign is VitalSign.CONSCIOUSNESS and isinstance(raw, str) and raw in _LETTERS
    return (raw, False) if is_letter else _UNKNOWN


# The same few hundred numbers recur. `typed`: 37 and 37.0 are stored differently, and 1 is not true.
@lru_cache(maxsize=8192, typed=True)
def _decoded(sign: VitalSign, raw: float) -> tuple[Value | None, bool]:
    if isinstance(raw, bool):
        return (raw if sign is VitalSign.ON_OXYGEN else None), False
    if sign in _NO_NUMBERS:
        return _UNKNOWN
    return _plausible(sign, Decimal(raw) if isinstance(raw, int) else Decimal(repr(raw)))


_NUMBERS = (int, float)
_NO_NUMBERS = (VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS)
_UNKNOWN = None, False


def _plausible(sign: VitalSign, number: Decimal) -> tuple[Decimal | None, bool]:
    facts = FACTS[sign]
    if facts.possible is not None and not facts.possible.holds(number):
        return None, False
    return number, facts.unsurprising is not None and not facts.unsurprising.holds(number)


def _text(raw: Any) -> str:
    text = raw if isinstance(raw, str) else str(raw) if isinstance(raw, Decimal) else repr(raw)
    return text[:200]


def _pressures_cross(values: Mapping[VitalSign, Value]) -> bool:
    systolic, diastolic = values.get(VitalSign.SYSTOLIC), values.get(VitalSign.DIASTOLIC)
    return isinstance(systolic, Decimal) and isinstance(diastolic, Decimal) and systolic <= diastolic
