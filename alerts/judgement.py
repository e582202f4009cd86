"""What the rules say of each scored moment, and whether it is still worth acting on.

Guards: a late reading raises nothing unless it is the resident's newest or still fresh; what goes to 999 is
raised however late. A reading does not count as too old because its kit's clock is slow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from alerts import rules
from alerts.beside.drift import drifts
from alerts.beside.look_back import NOTHING_BEFORE, LookBack, beside, look_back, own_known, own_lines
from alerts.beside.own_line import OwnLine
from alerts.beside.personal_limits import outside_own_limits
from alerts.policy import Policy, PolicyBook
from alerts.rules import Finding
from alerts.sets import scored_set
from alerts.sets.scoring import Scored, may_be
from delegation.authority import Authority, PersonalLimit
from devices.reading import ReadingPayload
from devices.receipt import NOTHING
from ingest.arrival import NewReading


@dataclass(frozen=True, slots=True)
class Judged:
    """One scored moment with what the rules say of it.

    `fresh`: worth acting on now. `newest`: no later moment of the resident is known.
    """

    scored: Scored
    found: Sequence[Finding]
    asks: bool
    next: str
    fresh: bool
    newest: bool

    @property
    def answers(self) -> bool:
        """Whether this ends an open question: it is the newest moment, and no sign decides or a rule has
        found something.

        A late reading from an earlier hour excludes nothing now. Rules about the resident's own values do not
        count here: they say nothing about missing signs.
        """
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
    """Return what follows from one score, under its hub's policy.

    `back`: what was known before, for the rules that look back. `limits`: the resident's own.
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
        acts or bool(urgent),  # the hub is told of 999 however late the reading
        newest,
    )


def judge_each(
    conn: psycopg.Connection,
    scored: Sequence[Scored],
    policies: PolicyBook,
    authorities: Mapping[UUID, Authority],
    at: datetime,
) -> list[Judged]:
    """Return what follows from each score, after reading what was known before it where the hub's rules look back."""
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
    """Return what follows from one reading that is given no score.

    `own`: the resident's own readings, if the policy follows drift. `limits`: the resident's own.
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
    """Return what follows from each reading, with the resident's own readings where the policy follows drift."""
    chosen = [(one, policies.for_hub(one.placement.hub_id)) for one in readings]
    lines = own_lines(conn, [(one.resident_id, one.effective_at, policy) for one, policy in chosen])
    judged: list[Unscored] = []
    for one, policy in chosen:
        line = lines.get(one.resident_id)
        own = None if line is None else own_known(line, one.effective_at, one.arrival_number, policy)
        judged.append(judge_unscored(one, policy, at, own, authorities[one.resident_id].limits))
    return judged


def urgent_unscored(reading: NewReading, policy: Policy, at: datetime) -> list[Finding]:
    """Return what goes straight to 999 in a reading that could not be scored, if it is worth acting on."""
    return (
        rules.straight_to_999(scored_set.of_reading(reading), policy) if acts_now(reading, policy, at) else []
    )


def urgent_unstored(payload: ReadingPayload, resident_id: UUID, policy: Policy) -> list[Finding]:
    """Return what goes straight to 999 in a reading that could not be stored.

    It repeats only words of ours: the sender's may be why the reading could not be stored.
    """
    return rules.straight_to_999(scored_set.of_unstored(payload, resident_id), policy)


def acts_now(reading: NewReading, policy: Policy, at: datetime) -> bool:
    """Return whether a reading is worth acting on for its own moment: it is the resident's newest, or fresh."""
    moment = reading.effective_at
    return _is_newest(reading, moment) or _is_fresh(may_be(reading, reading)[-1], policy, at)


def _is_newest(cause: NewReading, moment: datetime) -> bool:
    return moment >= cause.latest_effective_at


def _is_fresh(moment: datetime, policy: Policy, at: datetime) -> bool:
    """Return whether a late reading is recent enough to act on: yesterday's must not send anybody running today."""
    return moment >= at - timedelta(minutes=policy.act_within)
