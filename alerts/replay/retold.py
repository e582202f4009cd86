"""One resident's history judged again, reading by reading, as the live evaluator and the clocks do it.

Guards: it uses the very functions that judge live, in arrival order, with what was decided and recorded by then; under
the policies that ran it gives the scores and findings that are stored.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from alerts import evidence, questions, rules, silence
from alerts.beside.drift import signs_to_hold
from alerts.beside.look_back import LookBack, measured, own_known
from alerts.beside.own_line import line_of_readings
from alerts.beside.rise import Earlier, may_rise
from alerts.beside.trend import signs_to_follow
from alerts.judgement import Judged, judge, judge_unscored
from alerts.policy import Policy
from alerts.questions import Question
from alerts.replay.clock import Clock
from alerts.replay.on_record import OF_SILENCE, UNJUDGED
from alerts.replay.recorded import History, Policies
from alerts.replay.watched import NEVER, Heard
from alerts.rules import ABOUT_SCORE, Finding
from alerts.scoring import Scored, oxygen_seen, score_readings
from delegation.authority import ScaleAuthorisation
from delegation.store import Placement
from ingest.arrival import KnownReading, NewReading, ReadingKey


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
    """What became of one history: every score, and every finding in the order in which they were made."""

    scores: list[Scored] = field(default_factory=list)
    found: list[ToldAgain] = field(default_factory=list)


def retell(history: History, policies: Policies, clock: Clock) -> Retold:
    """Judge it all again."""
    telling = _Telling(history, policies, clock)
    for reading, scores in _in_turn(history, policies):
        telling.come_to(reading)
        if scores is None:
            telling.judge_unscored(reading)
        else:
            for scored in scores:
                telling.judge(scored)
    telling.come_to(None)
    return telling.told


class _Telling:
    """How far the story has come: what was heard, and what was asked and is not answered yet."""

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
        self._stood: dict[ReadingKey, Earlier] = {}
        self._own = line_of_readings(history.readings)

    def come_to(self, reading: NewReading | None) -> None:
        """Whatever fell due before a reading was known; at the end, whatever did at all."""
        at = NEVER if reading is None else self._history.at(reading)
        while (look := self._clock.next(reading, at, self._due)) is not None:
            self._look(look)
        if reading is not None:
            self._heard = self._heard.then(reading)
            self._last = reading
            self._now = max(at, self._now)

    def judge(self, scored: Scored) -> None:
        """One score."""
        at = self._history.at(scored.cause)
        policy = self._policy(scored.cause.placement, at)
        judged = judge(scored, policy, at, self._before(scored, policy), self._history.limits_by(at))
        self.told.scores.append(scored)
        self._stood[scored.target.key] = Earlier(
            scored.target.effective_at, scored.outcome.high, scored.target.key
        )
        if judged.found and judged.fresh:
            rests_on = evidence.rests_on(scored, judged.found)
            self._tell(scored.cause.placement, at, judged.found, scored.outcome.low, rests_on)
        self._settle(judged, at, policy)

    def _before(self, scored: Scored, policy: Policy) -> LookBack:
        """What the evaluator reads of the database."""
        moment = scored.target.effective_at
        signs = signs_to_follow(scored.parts, moment, policy)
        held = signs_to_hold(scored.parts, moment, policy)
        return LookBack(
            earlier=list(self._stood.values()) if may_rise(scored.outcome.low, policy) else (),
            measured=measured(self._history.readings, scored, signs) if signs else {},
            own=own_known(self._own, moment, scored.cause.arrival_number, policy) if held else None,
        )

    def judge_unscored(self, reading: NewReading) -> None:
        """One reading where no score may."""
        at = self._history.at(reading)
        policy = self._policy(reading.placement, at)
        own = own_known(self._own, reading.effective_at, reading.arrival_number, policy)
        judged = judge_unscored(reading, policy, at, own, self._history.limits_by(at))
        if judged.found and judged.fresh:
            rests_on = evidence.of_unscored(reading, judged.found)
            self._tell(reading.placement, at, judged.found, None, rests_on)

    def _due(self, until: datetime) -> datetime | None:
        """The next moment at which anything is due, or may be under another policy, up to one."""
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
        """Whatever is due: what is on record, a question nobody answered, and that nothing came."""
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
            found = rules.could_not_be_excluded(asked.low, asked.high, asked.deciding, policy)
            reading = evidence.item((asked.kit_id, asked.reading_id), asked.effective_at)
            if found:
                self._tell(where, at, found, asked.low, [reading])
        if silent is not None:
            self._tell(where, at, [self._nothing_came(at)])

    def _nothing_came(self, at: datetime) -> Finding:
        since = self._history.watched.quiet_from(self._heard, at) or at
        return silence.nothing_came(since, self._heard.news_at is not None, self._heard.in_vain)

    def _where(self, at: datetime) -> Placement:
        """Where they lived: where their last reading came from, unless they have moved since."""
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


Turn = tuple[NewReading, Sequence[Scored] | None]


def _in_turn(history: History, policies: Policies) -> Iterator[Turn]:
    """Every reading as it became known, with the scores that follow from it; None where NEWS2 does not fit.

    Readings that the same was known of are scored together.
    """
    done: list[NewReading] = []

    def known(reading: NewReading) -> tuple[bool, list[ScaleAuthorisation], timedelta]:
        at = history.at(reading)
        window = policies.in_force(reading.placement.hub_id, at).composition_window
        return history.fits(reading), history.scales_by(at), window

    for (fits, _, window), group in groupby(history.readings, known):
        new = list(group)
        if fits:
            yield from _scored(history, new, done, window)
        else:
            yield from ((reading, None) for reading in new)
        done += new


def _scored(
    history: History, new: Sequence[NewReading], done: Sequence[NewReading], window: timedelta
) -> Iterator[Turn]:
    seen = [one.effective_at for readings in oxygen_seen(done).values() for one in readings]
    authority = history.authority(history.at(new[-1]), seen)
    resident = history.placement.resident_id
    scores = score_readings(new, [_as_known(one) for one in done], {resident: authority}, window)
    for reading, (_, some) in zip(new, groupby(scores, lambda one: one.cause.key), strict=True):
        yield reading, [] if reading.key in history.on_record.unscored else list(some)


def _as_known(reading: NewReading) -> KnownReading:
    return KnownReading(
        kit_id=reading.kit_id,
        reading_id=reading.payload.reading_id,
        resident_id=reading.resident_id,
        effective_at=reading.effective_at,
        arrival_number=reading.arrival_number,
        values=reading.values,
        cleared=reading.cleared,
    )
