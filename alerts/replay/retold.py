"""Judging one resident's history again, reading by reading, as the evaluator and the clocks do live.

Guards: it calls the functions that judge live, in arrival order, with what was decided and recorded by then.
Under the policies that ran it gives the scores and findings that are stored.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

from alerts import evidence, questions, rules, silence
from alerts.beside.drift import signs_to_hold
from alerts.beside.look_back import Given, LookBack, measured, own_known, standing_at
from alerts.beside.own_line import line_of_readings
from alerts.beside.rise import may_rise
from alerts.beside.trend import signs_to_follow
from alerts.judgement import Judged, judge, judge_unscored
from alerts.policy import Policy
from alerts.questions import Question
from alerts.replay.clock import Clock
from alerts.replay.on_record import OF_SILENCE, UNJUDGED
from alerts.replay.recorded import History, Policies
from alerts.replay.turns import Came, Went, in_turn, oxygen_by
from alerts.replay.watched import NEVER, Heard
from alerts.rescoring import asked_anew, rescore
from alerts.rules import ABOUT_SCORE, Finding
from alerts.sets.scoring import Scored
from delegation.store import Placement
from ingest.arrival import NewReading


@dataclass(frozen=True, slots=True)
class ToldAgain:
    """One finding, as it would be stored."""

    resident_id: UUID
    home_id: UUID
    found_at: datetime
    finding: Finding
    low: int | None
    evidence: Sequence[dict[str, Any]]


@dataclass(slots=True)
class Retold:
    """What came of one history: every score, and every finding in the order in which they were made."""

    scores: list[Scored] = field(default_factory=list)
    found: list[ToldAgain] = field(default_factory=list)


def retell(history: History, policies: Policies, clock: Clock) -> Retold:
    """Judge the whole history again."""
    telling = _Telling(history, policies, clock)
    for turn in in_turn(history, policies):
        telling.look_until(turn)
        if isinstance(turn, Went):
            telling.withdraw(turn)
        else:
            telling.hear(turn)
    telling.look_until(None)
    return telling.told


class _Telling:
    """How far the history has been judged: what was heard, and which question is still open."""

    def __init__(self, history: History, policies: Policies, clock: Clock) -> None:
        self.told = Retold()
        self._history = history
        self._policies = policies
        self._clock = clock
        self._asked: Question | None = None
        self._events = deque(history.on_record.events)
        self._heard = Heard()
        self._last: NewReading | None = None
        self._now = clock.since
        self._given: list[Given] = []
        self._readings = history.readings
        self._own = line_of_readings(self._readings)

    def look_until(self, turn: Came | Went | None) -> None:
        """Look at the clocks up to a turn; without one, up to the end."""
        reading, at = (None, NEVER) if turn is None else (turn.reading, turn.at)
        while (look := self._clock.next(reading, at, self._due)) is not None:
            self._look(look)
        if turn is not None:
            self._now = max(at, self._now)

    def hear(self, came: Came) -> None:
        """Judge a reading that came. If NEWS2 does not fit, the open question is dropped."""
        self._heard = self._heard.then(came.reading)
        self._last = came.reading
        if came.scores is None:
            self._asked = None
            self._judge_unscored(came.reading, came.at)
        for scored in came.scores or ():
            self._judge(scored, came.at)

    def withdraw(self, went: Went) -> None:
        """Judge anew what rested on a reading that turned out not to be theirs."""
        self._forget(went)
        at, where = went.at, self._where(went.at)
        if not self._history.fits(went.reading) or at in self._history.on_record.unjudged_at:
            return
        policy, withdrawn = self._policy(where, at), went.withdrawn(where)
        authority = self._history.authority(at, oxygen_by(self._history, went.reading.arrival_number))
        rescored = rescore(withdrawn, {where.resident_id: authority}, policy.composition_window)
        for one in rescored.changed:
            self._note(one)
        if self._asked is not None and rescored.touches(self._asked, withdrawn):
            judged = (self._judged(one, at, policy) for one in rescored.moments)
            self._asked = asked_anew(judged, self._asked.answer_by)
        for one in rescored.worse:
            judged = self._judged(one, at, policy)
            if judged.found and judged.fresh:
                self._tell(where, at, judged.found, one.outcome.low, evidence.without_cause(one))

    def _forget(self, went: Went) -> None:
        """Leave what is known as if the reading had never come."""
        key, number = went.reading.key, went.reading.arrival_number
        self._readings = [one for one in self._readings if one.key != key or one.arrival_number > number]
        self._own = line_of_readings(self._readings)
        self._given = [one for one in self._given if one[0] != key]
        self._heard = reduce(Heard.then, went.left, Heard())

    def _judge(self, scored: Scored, at: datetime) -> None:
        policy = self._policy(scored.cause.placement, at)
        judged = self._judged(scored, at, policy)
        self._note(scored)
        if judged.found and judged.fresh:
            rests_on = evidence.rests_on(scored, judged.found)
            self._tell(scored.cause.placement, at, judged.found, scored.outcome.low, rests_on)
        self._settle(judged, at, policy)

    def _judged(self, scored: Scored, at: datetime, policy: Policy) -> Judged:
        return judge(scored, policy, at, self._before(scored, policy), self._history.limits_by(at))

    def _note(self, scored: Scored) -> None:
        self.told.scores.append(scored)
        target, by = scored.target, scored.cause.arrival_number
        self._given.append((target.key, target.effective_at, by, scored.outcome.high))

    def _before(self, scored: Scored, policy: Policy) -> LookBack:
        """Return what the evaluator would read from the database."""
        moment, number = scored.target.effective_at, scored.cause.arrival_number
        signs = signs_to_follow(scored.parts, moment, policy)
        held = signs_to_hold(scored.parts, moment, policy)
        return LookBack(
            earlier=standing_at(self._given, number) if may_rise(scored.outcome.low, policy) else (),
            measured=measured(self._readings, scored, signs) if signs else {},
            own=own_known(self._own, moment, number, policy) if held else None,
        )

    def _judge_unscored(self, reading: NewReading, at: datetime) -> None:
        policy = self._policy(reading.placement, at)
        own = own_known(self._own, reading.effective_at, reading.arrival_number, policy)
        judged = judge_unscored(reading, policy, at, own, self._history.limits_by(at))
        if judged.found and judged.fresh:
            rests_on = evidence.of_unscored(reading, judged.found)
            self._tell(reading.placement, at, judged.found, None, rests_on)

    def _due(self, until: datetime) -> datetime | None:
        """Return the next moment up to `until` at which something is due, or may be because the policy changes."""
        policy = self._policy(self._where(self._now), self._now)
        after = silence.silent_for(policy)
        moments = [
            self._history.watched.silent_from(self._heard, after, self._now, until, self._clock.cases),
            self._asked.answer_by if self._asked is not None else None,
            self._events[0].at if self._events else None,
            self._policies.changed_after(self._now),
        ]
        due = min((one for one in moments if one is not None), default=None)
        return due if due is not None and due <= until else None

    def _look(self, at: datetime) -> None:
        """Make the findings that are due: those on record, an unanswered question, and silence."""
        self._now = max(at, self._now)
        where = self._where(at)
        policy = self._policy(where, at)
        silent = self._history.watched.silent_from(
            self._heard, silence.silent_for(policy), at, at, self._clock.cases
        )
        while self._events and self._events[0].at <= at:
            event = self._events.popleft()
            severity = policy.unscored if event.rule in UNJUDGED else event.severity
            self._tell(where, event.at, [Finding(event.rule, severity, "")])
        if self._asked is not None and self._asked.answer_by <= at:
            asked, self._asked = self._asked, None
            key = (asked.kit_id, asked.reading_id)
            found = rules.could_not_be_excluded(asked.low, asked.high, asked.deciding, policy)
            reading = evidence.item(key, asked.effective_at)
            if found and self._history.fitted_when_due(key):
                self._tell(where, at, found, asked.low, [reading])
        if silent is not None:
            self._tell(where, at, [self._nothing_came(at)])

    def _nothing_came(self, at: datetime) -> Finding:
        since = self._history.watched.quiet_from(self._heard, at) or at
        return silence.nothing_came(since, self._heard.news_at is not None, self._heard.in_vain)

    def _where(self, at: datetime) -> Placement:
        """Return where the resident lived: in the home of their last reading, unless they have moved since."""
        now = self._history.placement
        if self._last is None or self._last.arrived_at < self._history.watched.lives_here_from <= at:
            return now
        return self._last.placement

    def _settle(self, judged: Judged, at: datetime, policy: Policy) -> None:
        if judged.asks:
            answer_by = at + timedelta(minutes=policy.answer_within)
            if self._asked is not None:
                answer_by = self._asked.answer_by
            self._asked = questions.question_of(judged.scored, answer_by)
        elif judged.answers:
            self._asked = None

    def _tell(
        self,
        where: Placement,
        at: datetime,
        found: Sequence[Finding],
        low: int | None = None,
        rests_on: Sequence[dict[str, Any]] = (),
    ) -> None:
        self._clock.told(at, of_silence=found[0].rule in OF_SILENCE)
        self.told.found += [
            ToldAgain(
                where.resident_id, where.home_id, at, one, low if one.rule in ABOUT_SCORE else None, rests_on
            )
            for one in found
        ]

    def _policy(self, where: Placement, at: datetime) -> Policy:
        return self._policies.in_force(where.hub_id, at)
