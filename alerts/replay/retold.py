"""One resident's history judged again, reading by reading, as the live evaluator and the clocks do it.

Guards: it uses the very functions that judge live, in arrival order, with what was decided and recorded by then; under
the policies that ran it gives the scores and findings that are stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from alerts import evidence, questions, rules
from alerts.beside.drift import signs_to_hold
from alerts.beside.look_back import LookBack, measured, own_known
from alerts.beside.own_line import line_of_readings
from alerts.beside.rise import Earlier, may_rise
from alerts.beside.trend import signs_to_follow
from alerts.judgement import Judged, judge, judge_unscored
from alerts.policy import Policy
from alerts.questions import Question
from alerts.replay.recorded import History, Policies, Runs
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


def retell(history: History, policies: Policies, runs: Runs) -> Retold:
    """Judge it all again."""
    telling = _Telling(history, policies, runs)
    if history.no_score_reason is not None:
        for reading in history.readings:
            telling.judge_unscored(reading)
    else:
        for scored in _scores(history, policies):
            telling.judge(scored)
        telling.look_at_clocks(None)
    return telling.told


class _Telling:
    """How far the story has come: what was asked and is not answered yet."""

    def __init__(self, history: History, policies: Policies, runs: Runs) -> None:
        self.told = Retold()
        self._history = history
        self._policies = policies
        self._runs = runs
        self._asked: Question | None = None
        self._asked_at = history.placement
        self._stood: dict[ReadingKey, Earlier] = {}
        self._own = line_of_readings(history.readings)

    def judge(self, scored: Scored) -> None:
        """One score, after whatever fell due before it became known."""
        at = self._history.at(scored.cause)
        self.look_at_clocks(scored.cause)
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

    def look_at_clocks(self, before: NewReading | None) -> None:
        """Raise what the scheduler found due before this reading was known; at the end, what it found at all."""
        if self._asked is None:
            return
        place = self._runs.first_from(self._asked.answer_by)
        if place is None:
            return
        at = self._runs.at[place]
        if before is not None and not self._came_first(place, before):
            return
        asked, self._asked = self._asked, None
        where = self._asked_at
        found = rules.could_not_be_excluded(asked.low, asked.high, asked.deciding, self._policy(where, at))
        reading = evidence.item((asked.kit_id, asked.reading_id), asked.effective_at)
        if found:
            self._tell(where, at, found, asked.low, [reading])

    def _came_first(self, place: int, reading: NewReading) -> bool:
        """Whether the scheduler looked before a reading was known: as recorded, or else by the clock."""
        known = self._runs.known[place].get(reading.resident_id)
        if known is not None:
            return known < reading.arrival_number
        return self._runs.at[place] < self._history.at(reading)

    def _settle(self, judged: Judged, at: datetime, policy: Policy) -> None:
        if judged.asks:
            answer_by = at + timedelta(minutes=policy.answer_within)
            if self._asked is not None:
                answer_by = self._asked.answer_by
            self._asked = questions.question_of(judged.scored, answer_by)
            self._asked_at = judged.scored.cause.placement
        elif judged.answers:
            self._asked = None

    def _tell(
        self,
        where: Placement,
        at: datetime,
        found: Sequence[Finding],
        low: int | None,
        rests_on: Sequence[dict[str, Any]],
    ) -> None:
        self.told.found += [
            ToldAgain(
                where.resident_id, where.home_id, at, one, low if one.rule in ABOUT_SCORE else None, rests_on
            )
            for one in found
        ]

    def _policy(self, where: Placement, at: datetime) -> Policy:
        return self._policies.in_force(where.hub_id, at)


def _scores(history: History, policies: Policies) -> Iterator[Scored]:
    """Every score in the order in which it became known; readings that the same was known of are scored together."""
    done: list[NewReading] = []

    def known(reading: NewReading) -> tuple[list[ScaleAuthorisation], timedelta]:
        at = history.at(reading)
        return history.scales_by(at), policies.in_force(reading.placement.hub_id, at).composition_window

    for (_, window), group in groupby(history.readings, known):
        new = list(group)
        seen = [one.effective_at for readings in oxygen_seen(done).values() for one in readings]
        authority = history.authority(history.at(new[-1]), seen)
        resident = history.placement.resident_id
        yield from score_readings(new, [_as_known(one) for one in done], {resident: authority}, window)
        done += new


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
