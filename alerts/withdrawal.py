"""What becomes of a resident's scores, question and cases once a reading turns out not to be theirs.

Guards: scores that rested on it are appended anew; none is rewritten. A hub with a case that rested on it is
told to look again; no case closes itself. A finding of the resident's own that is as grave is still shown.
Only a score that is worse than was known raises anything.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from alerts import evidence, questions
from alerts.cases import case, store
from alerts.cases.case import Concern
from alerts.cases.escalation import EventKind, OpenEscalation, rank
from alerts.cases.store import Change, NewFinding
from alerts.judgement import Judged, judge_each
from alerts.policy import PolicyBook, Severity
from alerts.rescoring import asked_anew, rescore
from alerts.rules import NOT_THEIRS, RULES_VERSION, YIELDING, Finding
from alerts.sets import scores
from alerts.standing import standing
from delegation.authority import Authority
from devices.identifiers import new_uuid7
from ingest.arrival import NewReading
from ingest.evaluation import Withdrawn

_LONDON = ZoneInfo("Europe/London")

# The cases that rest on a reading, whether the sentence they show does, and when the last that does was found.
_RESTING: LiteralString = """
SELECT escalation_id, coalesce(bool_or(finding_id = why_finding), false), max(found_at)
FROM alerts.finding JOIN alerts.escalation USING (escalation_id)
WHERE escalation.resident_id = %(resident)s AND finding.evidence @> %(reading)s
GROUP BY escalation_id
"""
# Findings as grave as the case that rest neither on this reading nor on another that was not theirs.
_THEIRS: LiteralString = (
    """
SELECT finding_id, rule, low FROM alerts.finding
WHERE escalation_id = %(case)s AND severity = %(severity)s AND rule <> 'not_theirs' AND NOT evidence @> %(reading)s
  AND ("""
    + evidence.STANDS
    + """)
ORDER BY found_at, finding_id
"""
)


def withdraw(conn: psycopg.Connection, withdrawn: Withdrawn, policies: PolicyBook, at: datetime) -> None:
    """Judge anew what rested on the reading, and tell the hub."""
    gone = withdrawn.reading
    authorities = standing(conn, [gone.resident_id], at).authorities
    worse: list[Judged] = []
    if authorities[gone.resident_id].no_score_reason is None:
        worse = _score_anew(conn, withdrawn, authorities, policies, at)
    _tell(conn, gone, policies, at)
    case.open_or_join(conn, [_concern(one) for one in worse if one.found and one.fresh], policies, at)


def _score_anew(
    conn: psycopg.Connection,
    withdrawn: Withdrawn,
    authorities: Mapping[UUID, Authority],
    policies: PolicyBook,
    at: datetime,
) -> list[Judged]:
    """Append the scores that changed; return those that are worse than was known."""
    gone = withdrawn.reading
    window = policies.for_hub(gone.placement.hub_id).composition_window
    rescored = rescore(withdrawn, authorities, window)
    scores.append(conn, [rescored.moments.caused_by(gone, rescored.places)], at)
    asked = questions.open_question(conn, gone.resident_id)
    if asked is not None and rescored.touches(asked, withdrawn):
        wanted = asked_anew(
            judge_each(conn, list(rescored.moments), policies, authorities, at), asked.answer_by
        )
        questions.answered(conn, [gone.resident_id])
        questions.ask(conn, [wanted] if wanted else [], at)
    return judge_each(conn, rescored.worse, policies, authorities, at)


def _tell(conn: psycopg.Connection, gone: NewReading, policies: PolicyBook, at: datetime) -> None:
    """Join a finding to the open case. If there is none but a closed case rested on the reading, open one.

    What a batch found while this waited for the resident's lock is taken back too, whatever its clock said.
    """
    resident = gone.resident_id
    moved, cases = store.hold(conn, [resident])
    open_ = cases.get(resident)
    reading = Jsonb([{"kit": str(gone.kit_id), "reading": str(gone.payload.reading_id)}])
    rows = conn.execute(_RESTING, {"resident": resident, "reading": reading}).fetchall()
    resting: dict[UUID, tuple[bool, datetime]] = {case_id: (reword, last) for case_id, reword, last in rows}
    if open_ is not None:
        rests = open_.escalation_id in resting
        reword, last = resting.get(open_.escalation_id, (False, at))
        at = max(at, last)
        alone = reword and not _says_what_is_theirs(conn, open_, reading)
        joined = _join(conn, gone, open_, rests=rests, alone=alone, at=at)
        store.announce(conn, [*moved, joined], at)
    elif resting:
        words = f"{_named(gone)}, on which a closed escalation rests, was not theirs: look again."
        concern = Concern(
            gone.placement,
            [Finding(NOT_THEIRS, Severity.CONCERN, words)],
            [evidence.item(gone.key, gone.effective_at)],
            cause_reading_id=gone.payload.reading_id,
        )
        case.open_or_join(conn, [concern], policies, at)


def _says_what_is_theirs(conn: psycopg.Connection, open_: OpenEscalation, reading: Jsonb) -> bool:
    """Have the case show a finding of the resident's own that is as grave; return False if there is none."""
    asked = {"case": open_.escalation_id, "severity": open_.severity, "reading": reading}
    theirs = conn.execute(_THEIRS, asked).fetchall()
    if not theirs:
        return False
    said, rule, _ = min(theirs, key=lambda one: rank(one[1], one[2]))
    store.say_again(conn, open_.escalation_id, said, yields=rule in YIELDING)
    return True


def _join(
    conn: psycopg.Connection,
    gone: NewReading,
    open_: OpenEscalation,
    *,
    rests: bool,
    alone: bool,
    at: datetime,
) -> Change:
    """Join a finding to the case, as grave as the case if that rests on the reading.

    So nobody closes the case without having seen it. `alone`: the case has nothing else left to say.
    """
    part = "on which this rests" if alone else "on which part of this rested" if rests else "stored for them"
    words = f"{_named(gone)}, {part}, was not theirs: look again."
    severity = open_.severity if rests else Severity.CONCERN
    finding = NewFinding(
        finding_id=new_uuid7(),
        escalation_id=open_.escalation_id,
        resident_id=gone.resident_id,
        rule_version=RULES_VERSION,
        finding=Finding(NOT_THEIRS, severity, words),
        evidence=[evidence.item(gone.key, gone.effective_at)],
    )
    if alone:
        # The case's score rests on the reading too, so it has none until a finding of the resident's own
        # gives one.
        store.say(conn, open_.escalation_id, words, finding.finding_id, yields=True)
    store.add_findings(conn, [finding], at)
    reading_id = gone.payload.reading_id
    return Change(open_.hub_id, open_.escalation_id, EventKind.JOINED, cause_reading_id=reading_id)


def _named(gone: NewReading) -> str:
    return f"A reading of {gone.effective_at.astimezone(_LONDON):%d %B at %H:%M}"


def _concern(one: Judged) -> Concern:
    return Concern(
        placement=one.scored.cause.placement,
        found=one.found,
        evidence=evidence.without_cause(one.scored),
        low=one.scored.outcome.low,
        cause_reading_id=one.scored.cause.payload.reading_id,
    )
