"""What the rules say of each scored moment, and whether that is still worth acting on.

Guards: what comes late and is neither the newest knowledge nor fresh sends nobody running, but for what goes to 999; a
kit's slow clock makes nothing look too old to act on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from alerts import rules, scored_set
from alerts.beside.drift import drifts
from alerts.beside.look_back import NOTHING_BEFORE, LookBack, beside, look_back, own_known, own_lines
from alerts.beside.own_line import OwnLine
from alerts.beside.personal_limits import outside_own_limits
from alerts.policy import Policy, PolicyBook
from alerts.rules import Finding
from alerts.scoring import Scored, may_be
from delegation.authority import Authority, PersonalLimit
from devices.reading import ReadingPayload
from devices.receipt import NOTHING
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
    set_ = scored_set.of_score(scored)
    cause, moment = scored.cause, scored.target.effective_at
    newest = _is_newest(cause, moment)
    acts = newest or _is_fresh(scored.may_be[-1], policy, at)
    urgent = rules.emergency(set_)
    old = rules.remembered_alone(set_)
    own = (
        outside_own_limits(cause.values, limits, scored.may_be, policy, old) if scored.target is cause else ()
    )
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
    set_ = scored_set.of_reading(reading)
    acts = acts_now(reading, policy, at)
    urgent = rules.emergency(set_)
    found = sorted(
        [
            *rules.unscored_findings(set_, policy),
            *drifts(set_, own, policy),
            *outside_own_limits(
                reading.values, limits, may_be(reading, reading), policy, rules.remembered_alone(set_)
            ),
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


def urgent_unscored(reading: NewReading, policy: Policy, at: datetime) -> list[Finding]:
    """What of a reading that could not be scored goes straight to 999, where it is worth acting on."""
    return (
        rules.straight_to_999(scored_set.of_reading(reading), policy) if acts_now(reading, policy, at) else []
    )


def urgent_unstored(payload: ReadingPayload, resident_id: UUID, policy: Policy) -> list[Finding]:
    """The same of one that could not be stored; only words of ours, lest they cannot be stored either."""
    return rules.straight_to_999(scored_set.of_unstored(payload, resident_id), policy)


def acts_now(reading: NewReading, policy: Policy, at: datetime) -> bool:
    """Whether a reading is worth acting on for its own moment: it is the newest knowledge, or fresh."""
    moment = reading.effective_at
    return _is_newest(reading, moment) or _is_fresh(may_be(reading, reading)[-1], policy, at)


def _is_newest(cause: NewReading, moment: datetime) -> bool:
    return moment >= cause.latest_effective_at


def _is_fresh(moment: datetime, policy: Policy, at: datetime) -> bool:
    """Whether a late reading is recent enough to act on: yesterday's must not send anybody running today."""
    return moment >= at - timedelta(minutes=policy.act_within)
