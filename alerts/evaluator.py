"""Judging new readings inside the transaction that stores them: scores, findings, escalations, questions.

Guards: a stored reading that warrants an escalation has one when the transaction commits. Results do not
depend on how readings were batched.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import numpy as np
import psycopg

from alerts import evidence, questions, recall, withdrawal
from alerts.attention import remarkable
from alerts.cases import case, notice, turn
from alerts.cases.case import Concern
from alerts.judgement import (
    Judged,
    Unscored,
    judge_each,
    judge_each_unscored,
    urgent_unscored,
    urgent_unstored,
)
from alerts.policy import LONGEST_WINDOW, PolicyBook
from alerts.questions import Question
from alerts.rules import Finding
from alerts.sets import scored_set, scores
from alerts.sets.scoring import Moments, Scored, may_be, oxygen_seen, score_readings
from alerts.standing import policies_in_force, standing
from alerts.verdicts import of_judged, of_unremarkable, of_unscored
from delegation import audit
from delegation import store as delegation_store
from delegation.authority import Authority
from delegation.people import Process
from delegation.store import Placement
from devices.reading import ReadingPayload, Unreadable
from devices.receipt import CALL_999, CALL_HUB
from ingest.arrival import NewReading, ReadingKey, Repeated, Verdict
from ingest.evaluation import Batch, Unnamed, Withdrawn

_INGEST = Process("ingest")


class Evaluator:
    """Judges readings by NEWS2 and the rules beside it, under the policies in the database."""

    @property
    def window(self) -> timedelta:
        """The longest window that a policy may set; each resident's score uses their own hub's."""
        return LONGEST_WINDOW

    def evaluate(self, conn: psycopg.Connection, batch: Batch, at: datetime) -> Mapping[ReadingKey, Verdict]:
        """Score the new readings, raise what is found, and return the verdict of each."""
        held = standing(conn, batch.residents, at)
        policies = held.policies
        unfit = {resident for resident, one in held.authorities.items() if one.no_score_reason is not None}
        fit = batch.of(held.authorities.keys() - unfit) if unfit else batch
        moments = _moments(fit, held.authorities, policies)
        scores.append(conn, moments, at)
        _cancel_air(conn, batch.new, at)
        limited = {resident for resident, one in held.authorities.items() if one.limits}
        verdicts: dict[ReadingKey, Verdict] = {}
        remarked: list[Scored] = []
        for part in moments:
            looked_at = remarkable(part, policies, held.asked | limited)
            verdicts |= of_unremarkable(part, ~looked_at, policies, at)
            remarked += [part.scored(place) for place in np.flatnonzero(looked_at).tolist()]
        judged = judge_each(conn, remarked, policies, held.authorities, at)
        unfitting = [one for one in batch.new if one.resident_id in unfit]
        unscored = judge_each_unscored(conn, unfitting, policies, held.authorities, at)
        # No reading could answer a question about a resident whom NEWS2 no longer fits.
        questions.answered(conn, held.asked & unfit)
        _settle_questions(conn, judged, policies, at)
        concerns = [_concern(one) for one in judged if one.found and one.fresh]
        concerns += [_unscored_concern(one) for one in unscored if one.found and one.fresh]
        cases = case.open_or_join(conn, concerns, policies, at)
        return verdicts | of_judged(judged, cases) | of_unscored(unscored, cases)

    def cannot_score(
        self, conn: psycopg.Connection, readings: Sequence[NewReading], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """Raise one escalation that asks a person to read values the rules could not judge.

        What goes straight to 999 is said first.
        """
        policies = policies_in_force(conn, at)
        _cancel_air(conn, readings, at)
        newest = max(readings, key=lambda one: (one.effective_at, one.arrival_number))
        policy = policies.for_hub(newest.placement.hub_id)
        urgent = {one.key: found for one in readings if (found := urgent_unscored(one, policy, at))}
        sentence = "A reading is stored that could not be scored: please read its values."
        concern = Concern(
            placement=newest.placement,
            found=[*chain.from_iterable(urgent.values()), Finding("unscored", policy.unscored, sentence)],
            evidence=[evidence.item(one.key, one.effective_at) for one in readings],
            cause_reading_id=newest.payload.reading_id,
            origin="unscored",
        )
        cases = case.open_or_join(conn, [concern], policies, at)
        escalation_id = cases[newest.resident_id]
        return {one.key: _told(escalation_id, urgent=one.key in urgent) for one in readings}

    def cannot_keep(
        self, conn: psycopg.Connection, placement: Placement, payload: ReadingPayload, at: datetime
    ) -> Verdict:
        """Raise one escalation that asks a person to find out what a reading in quarantine says."""
        policies = policies_in_force(conn, at)
        policy = policies.for_hub(placement.hub_id)
        urgent = urgent_unstored(payload, placement.resident_id, policy)
        sentence = "A reading came that could not be stored: please ask the home for its values."
        concern = Concern(
            placement=placement,
            found=[*urgent, Finding("unstored", policy.unscored, sentence)],
            cause_reading_id=payload.reading_id,
            origin="unscored",
        )
        cases = case.open_or_join(conn, [concern], policies, at)
        return _told(cases[placement.resident_id], urgent=bool(urgent))

    def take_turn(
        self, conn: psycopg.Connection, residents: Collection[UUID], homes: Collection[UUID]
    ) -> None:
        """Lock the residents' open cases, then their hubs' revisions: the one lock order."""
        turn.take(conn, residents, homes)

    def next_unstored(self, said: ReadingPayload | Unreadable) -> str:
        """Return the worker's next step when what they sent is not stored."""
        return scored_set.next_unstored(said)

    def cannot_name(self, conn: psycopg.Connection, unnamed: Sequence[Unnamed], at: datetime) -> None:
        """Give a notice to each kit's hub, or to operators where no home has the kit."""
        notice.tell(conn, unnamed, policies_in_force(conn, at), at)

    def withdraw(self, conn: psycopg.Connection, withdrawn: Withdrawn, at: datetime) -> None:
        """Judge anew what rested on a reading that was not theirs, and tell the hub."""
        withdrawal.withdraw(conn, withdrawn, policies_in_force(conn, at), at)

    def recall(
        self, conn: psycopg.Connection, repeated: Sequence[Repeated], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """Return the verdicts that these senders were to get the first time, where still fresh."""
        return recall.verdicts(conn, repeated, policies_in_force(conn, at), at)


def _told(escalation_id: UUID, *, urgent: bool) -> Verdict:
    return Verdict(next=CALL_999 if urgent else CALL_HUB, escalation_id=escalation_id, found=True)


def _moments(batch: Batch, authorities: Mapping[UUID, Authority], policies: PolicyBook) -> list[Moments]:
    """Score each resident's readings, composed within the window of their own hub."""
    hubs: dict[timedelta, set[UUID]] = {}
    for hub_id in {reading.placement.hub_id for reading in batch.new}:
        hubs.setdefault(policies.for_hub(hub_id).composition_window, set()).add(hub_id)
    return [
        score_readings(part.new, part.known, authorities, window)
        for window, some in hubs.items()
        for part in [batch if len(hubs) == 1 else batch.of(_residents(batch, some))]
    ]


def _residents(batch: Batch, hubs: set[UUID]) -> set[UUID]:
    return {reading.resident_id for reading in batch.new if reading.placement.hub_id in hubs}


def _cancel_air(conn: psycopg.Connection, new: Sequence[NewReading], at: datetime) -> None:
    """End a resident's record that no oxygen is in use when a reading contradicts it or leaves it in doubt.

    This holds even if the reading is not scored.
    """
    seen = oxygen_seen(new)
    entries = [
        (resident, at) for resident, readings in seen.items() for one in readings for at in may_be(one, one)
    ]
    for resident in delegation_store.cancel_air(conn, entries):
        audit.record(
            conn, _INGEST, "air_record.cancelled", f"resident:{resident}", at=at, resident_id=resident
        )


def _concern(one: Judged) -> Concern:
    cause = one.scored.cause
    return Concern(
        placement=cause.placement,
        found=one.found,
        evidence=evidence.rests_on(one.scored, one.found),
        low=one.scored.outcome.low,
        cause_reading_id=cause.payload.reading_id,
    )


def _unscored_concern(one: Unscored) -> Concern:
    reading = one.reading
    rests_on = evidence.of_unscored(reading, one.found)
    return Concern(reading.placement, one.found, rests_on, cause_reading_id=reading.payload.reading_id)


def _settle_questions(
    conn: psycopg.Connection, judged: Sequence[Judged], policies: PolicyBook, at: datetime
) -> None:
    """Open, keep or close each resident's question, by the last word on it in this batch.

    Only a resident's newest reading answers: a late one from an earlier hour excludes nothing now.
    """
    asked: dict[UUID, Question] = {}
    settled: set[UUID] = set()
    for one in judged:
        resident = one.scored.cause.resident_id
        if one.asks:
            policy = policies.for_hub(one.scored.cause.placement.hub_id)
            asked[resident] = questions.question_of(one.scored, at + timedelta(minutes=policy.answer_within))
        elif one.answers:
            asked.pop(resident, None)
            settled.add(resident)
    questions.answered(conn, settled)
    questions.ask(conn, list(asked.values()), at)
