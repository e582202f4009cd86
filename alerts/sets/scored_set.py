"""What the rules look at: a score with what its reading says besides, or a reading without a score.

Guards: what a reading says besides vital signs counts at its own moment only. From a reading that could not
be stored, only words of ours are repeated.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from alerts import rules
from alerts.policy import SHIPPED
from alerts.rules import Part, ScoredSet
from alerts.sets.scoring import Scored, low_alone
from devices.emergency import EMERGENCY_LABELS, UNREADABLE
from devices.reading import ReadingPayload, Unreadable
from devices.receipt import CALL_999, CALL_HUB, NOTHING
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import NewReading
from ingest.quality import Value
from ingest.storage import pulses


class Words(TypedDict, total=False):
    """The part of a scored set that is no vital sign."""

    unrecordable: frozenset[VitalSign]
    soft_signs: tuple[str, ...]
    emergency_signs: tuple[str, ...]
    phoned_999: bool
    worry: str | None
    scheduled: bool
    confirm: tuple[VitalSign, ...]
    repeat: tuple[VitalSign, ...]
    remembered: Mapping[VitalSign, Decimal]
    clock_unset: bool


def of_score(scored: Scored) -> ScoredSet:
    """Return a score with what its reading says besides."""
    words = _words_of(scored.cause) if scored.target is scored.cause else Words()
    return ScoredSet(
        resident_id=scored.cause.resident_id,
        effective_at=scored.target.effective_at,
        low=scored.outcome.low,
        high=scored.outcome.high,
        red=scored.outcome.red,
        complete=scored.outcome.complete,
        deciding=scored.outcome.deciding,
        parts=scored.parts,
        spo2_scale=scored.spo2_scale,
        assumed_air=scored.assumed_air,
        **words,
    )


def of_reading(reading: NewReading) -> ScoredSet:
    """Return a reading that is given no score, as a set whose score is unknown."""
    parts = {
        sign: Part(0, 0, value, reading.effective_at, *reading.key) for sign, value in reading.values.items()
    }
    return ScoredSet(
        resident_id=reading.resident_id,
        effective_at=reading.effective_at,
        low=0,
        high=20,
        red="unknown",
        complete=False,
        deciding=(),
        parts=parts,
        **_words_of(reading),
    )


def of_unstored(payload: ReadingPayload, resident_id: UUID) -> ScoredSet:
    """Return a reading that could not be stored, as a set whose score is unknown.

    It holds only words of ours: the sender's may be why the reading could not be stored.
    """
    consciousness = quality.assess(payload).values.get(VitalSign.CONSCIOUSNESS)
    return ScoredSet(
        resident_id=resident_id,
        effective_at=payload.taken_at,
        low=0,
        high=20,
        red="unknown",
        complete=False,
        deciding=(),
        parts={VitalSign.CONSCIOUSNESS: Part(0, 0, consciousness)},
        emergency_signs=tuple(
            dict.fromkeys(
                sign if sign in EMERGENCY_LABELS else UNREADABLE for sign in quality.emergency_signs(payload)
            )
        ),
        phoned_999=payload.phoned_999,
    )


def words_of(
    payload: ReadingPayload,
    measured: Collection[VitalSign],
    flags: Collection[str],
    unusable: Mapping[str, str],
) -> Words:
    """Return what the reading says besides vital signs, and what of it was flagged or unusable."""
    return Words(
        unrecordable=quality.unrecordable(payload).difference(measured),
        soft_signs=tuple(sorted(sign for sign, answer in payload.soft_signs.items() if answer == "present")),
        emergency_signs=quality.emergency_signs(payload),
        phoned_999=payload.phoned_999,
        worry=str(payload.worry.by) if payload.worry else None,
        scheduled=payload.scheduled_full_set,
        confirm=tuple(
            VitalSign(flag.removeprefix("confirm:")) for flag in flags if flag.startswith("confirm:")
        ),
        repeat=(VitalSign.PULSE,) if pulses.FLAG in flags else (),
        remembered=quality.remembered(flags, unusable),
        clock_unset=quality.CLOCK_LOST in flags,
    )


def goes_to_999(payload: ReadingPayload | Unreadable) -> bool:
    """Return whether a reading goes straight to 999, whatever was scored or could not be read."""
    if isinstance(payload, Unreadable):
        return rules.goes_to_999(payload.urgent.emergency_signs, payload.urgent.consciousness)
    consciousness = quality.assess(payload).values.get(VitalSign.CONSCIOUSNESS)
    return rules.goes_to_999(quality.emergency_signs(payload), consciousness)


def next_unstored(said: ReadingPayload | Unreadable) -> str:
    """Return the worker's next step for what is not stored, from what it says alone.

    Nothing is known of whose it is, so scale 1 and the shipped policy apply. The worker may be sent to the
    telephone once too often.
    """
    if goes_to_999(said):
        return CALL_999
    return CALL_HUB if any(low_alone(one) >= SHIPPED.high_from for one in _sets_of(said)) else NOTHING


def _sets_of(said: ReadingPayload | Unreadable) -> list[dict[VitalSign, Value]]:
    """Return the sets of values that may have been measured together.

    Remembered values count: the worker is not asked to repeat them here, and clocks may be wrong.
    """
    if isinstance(said, Unreadable):
        return [quality.usable(one) for one in said.urgent.sets]
    assessed = quality.assess(said)
    return [{**quality.remembered(assessed.flags, assessed.unusable), **assessed.values}]


def _words_of(reading: NewReading) -> Words:
    return words_of(reading.payload, reading.values, reading.flags, reading.unusable)
