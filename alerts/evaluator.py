"""Judges new readings inside the transaction that stores them: scores, findings, escalations, questions.

Guards: a stored reading that warrants an escalation has one when the transaction commits; results do not depend
on how readings were batched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from alerts import case, questions, rules, scoring, store
from alerts.case import Concern
from alerts.policy import Policy, PolicyBook
from alerts.questions import Question
from alerts.rules import Finding, ScoredSet
from alerts.scoring import Scored
from delegation import store as delegation_store
from devices.receipt import CALL_HUB
from devices.vital_signs import VitalSign
from ingest.arrival import NewReading, ReadingKey, Verdict
from ingest.evaluation import Batch


@dataclass(frozen=True, slots=True)
class _Judged:
    """One scored moment with what the rules say of it."""

    scored: Scored
    found: Sequence[Finding]
    asks: bool
    next: str


class Evaluator:
    """NEWS2 and the rules beside it, under the policies in the database."""

    def __init__(self, window: timedelta = timedelta(minutes=30)) -> None:
        self._window = window

    @property
    def window(self) -> timedelta:
        return self._window

    def evaluate(self, conn: psycopg.Connection, batch: Batch, at: datetime) -> Mapping[ReadingKey, Verdict]:
        """Score, find and escalate; returns the verdict of each new reading."""
        policies = store.policies_in_force(conn, at)
        authorities = delegation_store.authorities(conn, batch.residents)
        unfit = {resident for resident, one in authorities.items() if one.no_score_reason is not None}
        fit = batch.of([resident for resident in batch.residents if resident not in unfit])
        scores = scoring.score_readings(fit.new, fit.known, authorities, self._window)
        store.append_scores(conn, (scoring.row_of(one, at) for one in scores))
        judged = [_judge(one, policies.for_hub(one.cause.placement.hub_id)) for one in scores]
        unscored = [reading for reading in batch.new if reading.resident_id in unfit]
        _settle_questions(conn, judged, policies, at)
        concerns = _concerns(judged, policies, at) + _unfit_concerns(unscored, policies)
        cases = case.open_or_join(conn, concerns, policies, at)
        return _verdicts(judged, unscored, cases)

    def cannot_score(
        self, conn: psycopg.Connection, readings: Sequence[NewReading], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """One escalation that asks a person to read values no rule could."""
        policies = store.policies_in_force(conn, at)
        newest = max(readings, key=lambda one: (one.effective_at, one.arrival_number))
        severity = policies.for_hub(newest.placement.hub_id).unscored
        sentence = "A reading is stored that could not be scored: please read its values."
        concern = Concern(
            placement=newest.placement,
            found=[Finding("unscored", severity, sentence)],
            evidence=[_evidence(one.kit_id, one.payload.reading_id, one.effective_at) for one in readings],
            cause_reading_id=newest.payload.reading_id,
            origin="unscored",
        )
        cases = case.open_or_join(conn, [concern], policies, at)
        verdict = Verdict(next=CALL_HUB, escalation_id=cases[newest.resident_id])
        return {one.key: verdict for one in readings}


def _judge(scored: Scored, policy_: Policy) -> _Judged:
    set_ = _as_set(scored)
    return _Judged(
        scored,
        rules.findings(set_, policy_),
        rules.asks(set_, policy_),
        rules.next_step(set_, policy_),
    )


def _as_set(scored: Scored) -> ScoredSet:
    """What rules look at: what a reading says besides signs counts at its own moment only."""
    set_ = ScoredSet(
        resident_id=scored.cause.resident_id,
        effective_at=scored.target.effective_at,
        low=scored.low,
        high=scored.high,
        red=scored.red,
        complete=scored.complete,
        deciding=scored.deciding,
        parts=scored.parts,
    )
    return _with_words(set_, scored.cause) if scored.target is scored.cause else set_


def _with_words(set_: ScoredSet, reading: NewReading) -> ScoredSet:
    payload = reading.payload
    return replace(
        set_,
        unrecordable=reading.cleared - reading.values.keys(),
        soft_signs=tuple(sorted(sign for sign, answer in payload.soft_signs.items() if answer == "present")),
        worry=str(payload.worry.by) if payload.worry else None,
        scheduled=payload.scheduled_full_set,
        confirm=tuple(
            VitalSign(flag.removeprefix("confirm:")) for flag in reading.flags if flag.startswith("confirm:")
        ),
    )


def _concerns(judged: Sequence[_Judged], policies: PolicyBook, at: datetime) -> list[Concern]:
    """What is worth an escalation: the newest knowledge, or fresh enough to act on."""
    concerns: list[Concern] = []
    for one in judged:
        cause, target = one.scored.cause, one.scored.target
        act_within = timedelta(minutes=policies.for_hub(cause.placement.hub_id).act_within)
        is_newest = target.effective_at >= cause.latest_effective_at
        if one.found and (is_newest or target.effective_at >= at - act_within):
            concerns.append(
                Concern(
                    placement=cause.placement,
                    found=one.found,
                    evidence=_evidence_of(one.scored),
                    low=one.scored.low,
                    high=one.scored.high,
                    cause_reading_id=cause.payload.reading_id,
                )
            )
    return concerns


def _unfit_concerns(readings: Sequence[NewReading], policies: PolicyBook) -> list[Concern]:
    concerns: list[Concern] = []
    for reading in readings:
        set_ = _unfit_set(reading)
        found = rules.unscored_findings(set_, policies.for_hub(reading.placement.hub_id))
        if found:
            evidence = [_evidence(reading.kit_id, reading.payload.reading_id, reading.effective_at)]
            concerns.append(
                Concern(reading.placement, found, evidence, cause_reading_id=reading.payload.reading_id)
            )
    return concerns


def _unfit_set(reading: NewReading) -> ScoredSet:
    parts = {
        sign: rules.Part(0, 0, value, reading.effective_at, *reading.key)
        for sign, value in reading.values.items()
    }
    bare = ScoredSet(
        resident_id=reading.resident_id,
        effective_at=reading.effective_at,
        low=0,
        high=20,
        red="unknown",
        complete=False,
        deciding=(),
        parts=parts,
    )
    return _with_words(bare, reading)


def _settle_questions(
    conn: psycopg.Connection, judged: Sequence[_Judged], policies: PolicyBook, at: datetime
) -> None:
    """The last word per resident in this batch: asked, answered, or as it was."""
    asked: dict[UUID, Question] = {}
    settled: set[UUID] = set()
    for one in judged:
        resident = one.scored.cause.resident_id
        if one.asks:
            policy_ = policies.for_hub(one.scored.cause.placement.hub_id)
            asked[resident] = _question(one.scored, at + timedelta(minutes=policy_.answer_within))
            settled.discard(resident)
        elif not one.scored.deciding or one.found:
            asked.pop(resident, None)
            settled.add(resident)
    questions.answered(conn, settled)
    questions.ask(conn, list(asked.values()), at)


def _question(scored: Scored, answer_by: datetime) -> Question:
    kit_id, reading_id = scored.cause.key
    return Question(
        resident_id=scored.cause.resident_id,
        kit_id=kit_id,
        reading_id=reading_id,
        effective_at=scored.target.effective_at,
        deciding=tuple(str(sign) for sign in scored.deciding),
        low=scored.low,
        high=scored.high,
        answer_by=answer_by,
    )


def _evidence_of(scored: Scored) -> list[dict[str, Any]]:
    """The readings whose values carry points, and the one that caused the score."""
    readings = {scored.cause.key: scored.cause.effective_at}
    for part in scored.parts.values():
        if part.low >= 1 and part.kit_id and part.reading_id and part.effective_at:
            readings[part.kit_id, part.reading_id] = part.effective_at
    return [_evidence(kit_id, reading_id, moment) for (kit_id, reading_id), moment in readings.items()]


def _evidence(kit_id: UUID, reading_id: UUID, effective_at: datetime) -> dict[str, Any]:
    return {"kit": str(kit_id), "reading": str(reading_id), "effective_at": effective_at.isoformat()}


def _verdicts(
    judged: Sequence[_Judged], unscored: Sequence[NewReading], cases: Mapping[UUID, UUID]
) -> dict[ReadingKey, Verdict]:
    verdicts = {
        one.scored.cause.key: Verdict(
            next=one.next,
            low=one.scored.low,
            high=one.scored.high,
            complete=one.scored.complete,
            deciding=tuple(str(sign) for sign in one.scored.deciding),
            escalation_id=cases.get(one.scored.cause.resident_id),
        )
        for one in judged
        if one.scored.target is one.scored.cause
    }
    return verdicts | {one.key: Verdict(escalation_id=cases.get(one.resident_id)) for one in unscored}
