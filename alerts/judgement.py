"""What the rules say of each scored moment, and whether that is still worth acting on.

Guards: what a reading says besides vital signs counts at its own moment only; what comes late and is neither the
newest knowledge nor fresh sends nobody running; a kit's slow clock makes nothing look too old to act on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

import psycopg

from alerts import rules
from alerts.beside.drift import drifts
from alerts.beside.look_back import NOTHING_BEFORE, LookBack, beside, look_back, own_known, own_lines
from alerts.beside.own_line import OwnLine
from alerts.beside.personal_limits import outside_own_limits
from alerts.policy import Policy, PolicyBook
from alerts.rules import Finding, Part, ScoredSet
from alerts.scoring import Scored
from delegation.authority import Authority, PersonalLimit
from devices.emergency import EMERGENCY_LABELS
from devices.reading import ReadingPayload, Unreadable
from devices.receipt import NOTHING
from devices.vital_signs import VitalSign
from ingest import pulses, quality
from ingest.arrival import NewReading


@dataclass(frozen=True, slots=True)
class Judged:
    """One scored moment with what the rules say of it. `fresh`: worth acting on now; `newest`: the last word."""

    scored: Scored
    found: Sequence[Finding]
    asks: bool
    next: str
    fresh: bool
    newest: bool

    @property
    def answers(self) -> bool:
        """Whether nothing need be asked any more: what comes late from an earlier hour excludes nothing now."""
        told = any(one.rule not in rules.OF_THEIR_OWN for one in self.found)
        return self.newest and (not self.scored.outcome.deciding or told)


@dataclass(frozen=True, slots=True)
class Unscored:
    """One reading of a resident whom NEWS2 does not fit, with what the rules say of it."""

    reading: NewReading
    found: Sequence[Finding]
    next: str
    fresh: bool


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


def judge(
    scored: Scored,
    policy: Policy,
    at: datetime,
    back: LookBack = NOTHING_BEFORE,
    limits: Sequence[PersonalLimit] = (),
) -> Judged:
    """What follows from one score, under its hub's policy.

    `back`: what was known before, where its rules look back; `limits`: the resident's own.
    """
    set_ = _as_set(scored)
    cause, moment = scored.cause, scored.target.effective_at
    newest = _is_newest(cause, moment)
    acts = newest or _is_fresh(moment + _slow_by(scored), policy, at)
    urgent = rules.emergency(set_)
    own = outside_own_limits(cause.values, limits, moment, policy) if scored.target is cause else ()
    found = sorted(
        [*rules.findings(set_, policy), *beside(set_, back, policy), *own], key=lambda one: one.severity.rank
    )
    return Judged(
        scored,
        found if acts else urgent or found,
        acts and rules.asks(set_, policy),
        rules.next_step(set_, policy) if acts else NOTHING,
        acts or bool(urgent),  # of 999 the hub is told however late it comes
        newest,
    )


def judge_each(
    conn: psycopg.Connection,
    scored: Sequence[Scored],
    policies: PolicyBook,
    authorities: Mapping[UUID, Authority],
    at: datetime,
) -> list[Judged]:
    """What follows from each of these, with what was known before it where its hub's rules look back."""
    before = look_back(conn, scored, policies)
    return [
        judge(
            one,
            policies.for_hub(one.cause.placement.hub_id),
            at,
            before.get(place, NOTHING_BEFORE),
            authorities[one.cause.resident_id].limits,
        )
        for place, one in enumerate(scored)
    ]


def judge_unscored(
    reading: NewReading,
    policy: Policy,
    at: datetime,
    own: OwnLine | None = None,
    limits: Sequence[PersonalLimit] = (),
) -> Unscored:
    """What follows from one reading where no score may.

    `own`: what is usual for them, where it is held against it; `limits`: the resident's own.
    """
    set_ = _unfit_set(reading)
    acts = acts_now(reading, policy, at)
    urgent = rules.emergency(set_)
    found = sorted(
        [
            *rules.unscored_findings(set_, policy),
            *drifts(set_, own, policy),
            *outside_own_limits(reading.values, limits, reading.effective_at, policy),
        ],
        key=lambda one: one.severity.rank,
    )
    next_ = rules.next_step(set_, policy) if acts else NOTHING
    return Unscored(reading, found if acts else urgent or found, next_, acts or bool(urgent))


def judge_each_unscored(
    conn: psycopg.Connection,
    readings: Sequence[NewReading],
    policies: PolicyBook,
    authorities: Mapping[UUID, Authority],
    at: datetime,
) -> list[Unscored]:
    """What follows from each of these, with what is usual for their residents where their hub's policy asks for it."""
    chosen = [(one, policies.for_hub(one.placement.hub_id)) for one in readings]
    lines = own_lines(conn, [(one.resident_id, one.effective_at, policy) for one, policy in chosen])
    judged: list[Unscored] = []
    for one, policy in chosen:
        line = lines.get(one.resident_id)
        own = None if line is None else own_known(line, one.effective_at, one.arrival_number, policy)
        judged.append(judge_unscored(one, policy, at, own, authorities[one.resident_id].limits))
    return judged


def goes_to_999(payload: ReadingPayload | Unreadable) -> bool:
    """Whether what a reading says goes straight to 999, whatever was scored or could not be read."""
    if isinstance(payload, Unreadable):
        return bool(payload.emergency_signs)
    consciousness = quality.assess(payload).values.get(VitalSign.CONSCIOUSNESS)
    return rules.goes_to_999(quality.emergency_signs(payload), consciousness)


def urgent_unscored(reading: NewReading, policy: Policy, at: datetime) -> list[Finding]:
    """What of a reading that could not be scored goes straight to 999, where it is worth acting on."""
    return rules.straight_to_999(_unfit_set(reading), policy) if acts_now(reading, policy, at) else []


def urgent_unstored(payload: ReadingPayload, resident_id: UUID, policy: Policy) -> list[Finding]:
    """The same of one that could not be stored; only words of ours, lest they cannot be stored either."""
    consciousness = quality.assess(payload).values.get(VitalSign.CONSCIOUSNESS)
    set_ = ScoredSet(
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
                sign if sign in EMERGENCY_LABELS else quality.UNREADABLE
                for sign in quality.emergency_signs(payload)
            )
        ),
        phoned_999=payload.phoned_999,
    )
    return rules.straight_to_999(set_, policy)


def acts_now(reading: NewReading, policy: Policy, at: datetime) -> bool:
    """Whether a reading is worth acting on for its own moment: it is the newest knowledge, or fresh."""
    moment = reading.effective_at
    return _is_newest(reading, moment) or _is_fresh(moment + reading.clock_slow_by, policy, at)


def _is_newest(cause: NewReading, moment: datetime) -> bool:
    return moment >= cause.latest_effective_at


def _slow_by(scored: Scored) -> timedelta:
    """What is known of the clock that timed this moment: of one kit's clock nothing follows for another's."""
    same_clock = scored.target.kit_id == scored.cause.kit_id
    return scored.cause.clock_slow_by if same_clock else timedelta(0)


def _is_fresh(moment: datetime, policy: Policy, at: datetime) -> bool:
    """Whether a late reading is recent enough to act on: yesterday's must not send anybody running today."""
    return moment >= at - timedelta(minutes=policy.act_within)


def _as_set(scored: Scored) -> ScoredSet:
    """What rules look at: what a reading says besides signs counts at its own moment only."""
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
        **words,
    )


def _words_of(reading: NewReading) -> Words:
    confirm = tuple(
        VitalSign(flag.removeprefix("confirm:")) for flag in reading.flags if flag.startswith("confirm:")
    )
    unrecordable = quality.unrecordable(reading.payload) - reading.values.keys()
    return words_of(reading.payload, unrecordable, confirm, pulses_differ=pulses.FLAG in reading.flags)


def words_of(
    payload: ReadingPayload,
    unrecordable: frozenset[VitalSign],
    confirm: tuple[VitalSign, ...],
    *,
    pulses_differ: bool,
) -> Words:
    """What the reading says besides vital signs."""
    return Words(
        unrecordable=unrecordable,
        soft_signs=tuple(sorted(sign for sign, answer in payload.soft_signs.items() if answer == "present")),
        emergency_signs=quality.emergency_signs(payload),
        phoned_999=payload.phoned_999,
        worry=str(payload.worry.by) if payload.worry else None,
        scheduled=payload.scheduled_full_set,
        confirm=confirm,
        repeat=(VitalSign.PULSE,) if pulses_differ else (),
    )


def _unfit_set(reading: NewReading) -> ScoredSet:
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
