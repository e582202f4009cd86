"""What people decide and do over the days of a stretch: limits, scales, policies, pauses, calls, answers.

Invariant: each is recorded at the moment it is done, one of them for a time that is over by then.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any, LiteralString
from uuid import UUID

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from alerts.policy import Severity
from delegation.decisions import monitoring_pause
from delegation.decisions.monitoring_pause import Away
from devices import registry
from devices.receipt import Status
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import Ward

PREGNANT = n.CORA
ON_SCALE_2 = n.BRAM
WELL, ALSO_WELL, IN_HOSPITAL, GONE = (UUID(int=number) for number in range(401, 405))
CORRECTED = (n.AMARA, ON_SCALE_2, PREGNANT, WELL, ALSO_WELL)
HOURS_BETWEEN_CORRECTIONS = 17
OF_NOBODY = 0.2
BY_MISTAKE = 0.4  # of the corrections: the next one takes them back
ANSWERED = 0.28  # of the open cases, every hour
PHONES = 0.02  # somebody, every hour

LOOKS_BACK = {
    "rise": {"points": 2, "within_hours": 24, "severity": "concern"},
    "trend": {"readings": 4, "within_hours": 72, "severity": "concern", "change": {"spo2": -2, "pulse": 12}},
    "drift": {
        "readings": 2,
        "within_hours": 10,
        "lasting_hours": 0,
        "usual_days": 3,
        "usual_readings": 5,
        "usual_since_days": 1,
        "severity": "concern",
        "below": {"spo2": 1, "systolic": 5},
        "above": {"pulse": 5, "temperature": "0.3"},
    },
    "soft_signs": {"at_least": 1, "severity": "concern"},
}
STRICTER = {"medium_from": 4, "window": 60, "silent_after_hours": 20} | LOOKS_BACK

_AUTHORISE: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by, recorded_at)
VALUES (%s, 'Dr Synthetic', 'GMC', '1234567', 'Confirmed hypercapnic respiratory failure', %s, %s, %s, %s, %s)
"""
_REVOKE: LiteralString = """
UPDATE delegation.spo2_scale_authorisation SET revoked_at = %s, revoked_by = %s, revoked_because = 'Review'
WHERE resident_id = %s AND revoked_at IS NULL
"""
_LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, low, high, clinician_name, regulator, regulator_number,
    reason, decided_at, starts_at, review_by, recorded_by, recorded_at)
VALUES (%s, %s, %s, %s, 'Dr Synthetic', 'GMC', '1234567', 'Heart failure', %s, %s, %s, %s, %s)
"""
_NO_LIMIT: LiteralString = """
UPDATE delegation.personal_limit SET revoked_at = %s, revoked_by = %s, revoked_because = 'No longer needed'
WHERE resident_id = %s
"""
_AIR: LiteralString = (
    "INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s)"
)
_NO_MORE_AIR: LiteralString = """
UPDATE delegation.air_record SET withdrawn_at = %s, withdrawn_by = %s WHERE resident_id = ANY (%s)
"""
_POLICY: LiteralString = """
INSERT INTO alerts.policy (hub_id, version, body, in_force_from, recorded_at)
SELECT %s, %s, body || %s::jsonb, %s, %s FROM alerts.policy WHERE hub_id IS NULL
"""
_END: LiteralString = """
INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
VALUES (%s, %s, 'moved_away', %s, %s)
"""
_PREGNANT: LiteralString = (
    "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s"
)
_OPEN: LiteralString = """
SELECT escalation_id FROM alerts.escalation WHERE state <> 'closed' AND hub_id = %s ORDER BY resident_id
"""
# Of what was corrected before, what is theirs now. First what another of their moments rests on.
_NEWEST_OF: LiteralString = """
SELECT kit_id, reading_id, coalesce(last.correction_id, 0)
FROM ingest.reading LEFT JOIN LATERAL (
    SELECT said.correction_id, said.resident_id FROM ingest.reading_correction said
    WHERE said.kit_id = reading.kit_id AND said.reading_id = reading.reading_id
    ORDER BY said.correction_id DESC LIMIT 1
) last ON true
WHERE CASE WHEN last.correction_id IS NULL THEN reading.resident_id ELSE last.resident_id END = %s
ORDER BY EXISTS (SELECT FROM alerts.score, jsonb_each(score.parts) AS part
                 WHERE score.resident_id = reading.resident_id AND score.reading_id <> reading.reading_id
                   AND score.effective_at BETWEEN reading.effective_at AND reading.effective_at + interval '1 hour'
                   AND (part.value ->> 'reading')::uuid = reading.reading_id) DESC, reading.effective_at DESC LIMIT 1
"""


class Decisions:
    """Done one after the other as time goes on; later ones come in a longer stretch only."""

    def __init__(self, ward: Ward, starts_at: datetime, days: int, seed: int) -> None:
        self._ward = ward
        self._starts_at = starts_at
        self._rng = Random(f"{seed}/decisions")
        self._undone: Correction | None = None
        hour = timedelta(hours=1)
        change = ward.change
        self._to_come: list[tuple[datetime, Any]] = [
            (starts_at + hours * hour, act)
            for hours, act in [
                (10, self._limit(n.AMARA, "temperature", 30, 36)),
                (12, self._limit(PREGNANT, "systolic", 90, 115)),
                (20, self._say_clock_is_slow),
                (26, lambda at: self._authorise(at, since=at - 20 * hour)),
                (30, self._pause),
                (36, lambda at: self._policy(at, "second", STRICTER)),
                (40, lambda at: change(_AIR, n.AMARA, n.CLINICIAN, at)),
                (44, lambda at: change(_NO_MORE_AIR, at, n.CLINICIAN, [n.AMARA, WELL])),
                (52, lambda at: change(_AIR, WELL, n.CLINICIAN, at)),
                (58, self._end_pause),
                (60, lambda at: change(_NO_LIMIT, at, n.CLINICIAN, n.AMARA)),
                (24 * 9, lambda at: change(_REVOKE, at, n.CLINICIAN, ON_SCALE_2)),
                (24 * 15, lambda at: self._policy(at, "third", LOOKS_BACK | {"answer_within": 90})),
                (24 * 17, lambda at: self._authorise(at, since=at)),
                (24 * 20, self._limit(n.AMARA, "pulse", 55, 85)),
                (24 * 21, lambda at: change(_END, GONE, at, n.MANAGER, at)),
            ]
            if hours <= days * 24
        ]
        self._to_come += [
            (starts_at + hours * hour, self._correct)
            for hours in range(50, days * 24, HOURS_BETWEEN_CORRECTIONS)
        ]
        self._to_come.sort(key=itemgetter(0))

    def before(self, on_air: Sequence[UUID]) -> None:
        """What holds when it begins."""
        self._ward.change(_PREGNANT, PREGNANT)
        for resident in on_air:
            self._ward.change(_AIR, resident, n.CLINICIAN, n.LONG_AGO)

    def until(self, at: datetime) -> None:
        """What is to be done by this moment."""
        while self._to_come and self._to_come[0][0] <= at:
            self._to_come.pop(0)[1](at)
        for (case,) in self._ward.rows(_OPEN, n.HUB):
            if self._rng.random() < ANSWERED:
                self._ward.act(desk.claim, case, at)
                self._ward.act(desk.close, case, Disposition.ADVICE_GIVEN, "Telephoned the home.", at)
        if self._rng.random() < PHONES:
            caller = self._rng.choice((n.AMARA, ON_SCALE_2, PREGNANT, IN_HOSPITAL))
            severity = self._rng.choice((Severity.CONCERN, Severity.MEDIUM))
            self._ward.act(desk.raise_by_hand, caller, severity, "The daughter is worried.", at)

    def _limit(self, resident: UUID, sign: str, low: int, high: int) -> Any:
        def decide(at: datetime) -> None:
            review = at + timedelta(hours=30)  # overdue soon, which ends nothing
            self._ward.change(_LIMIT, resident, sign, low, high, at, at, review, n.CLINICIAN, at)

        return decide

    def _authorise(self, at: datetime, since: datetime) -> None:
        review = at + timedelta(days=90)
        self._ward.change(_AUTHORISE, ON_SCALE_2, at, since, review, n.CLINICIAN, at)

    def _pause(self, at: datetime) -> None:
        """They have been away for a while when it is recorded, and are back before its end."""
        hour = timedelta(hours=1)
        away = Away(reason="In hospital", starts_at=at - 6 * hour, ends_at=at + 40 * hour)
        self._paused = self._ward.act(monitoring_pause.begin, IN_HOSPITAL, away, at, None, by=n.MANAGER)

    def _end_pause(self, at: datetime) -> None:
        self._ward.act(monitoring_pause.end, IN_HOSPITAL, self._paused, at)

    def _policy(self, at: datetime, version: str, more: dict[str, Any]) -> None:
        self._ward.change(_POLICY, n.HUB, version, json.dumps(more), at, at)

    def _say_clock_is_slow(self, at: datetime) -> None:
        with self._ward.database.connect("hearthwatch_ingest") as conn:
            for moment in (at - n.minutes(1), at):
                clock = moment - timedelta(hours=5)
                registry.note_status(conn, n.SECOND_KIT, Status(online=True, clock=clock), moment)

    def _correct(self, at: datetime) -> None:
        """A reading of one is said to be another's, or nobody's, or after all theirs: no line is as it was."""
        if self._undone is not None and self._rng.random() < BY_MISTAKE:
            said, self._undone = self._undone, None
        else:
            held, taken_from = self._rng.sample(CORRECTED, 2)
            [(kit, reading, seen)] = self._ward.rows(_NEWEST_OF, held)
            of = None if self._rng.random() < OF_NOBODY else taken_from
            said = Correction((kit, reading), seen, of, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
            self._undone = replace(said, seen=seen + 1, taken_from=held, reason=Reason.CORRECTED_BY_MISTAKE)
        with self._ward.database.connect("hearthwatch_ingest") as conn:
            correct(conn, Evaluator(), said, at)
