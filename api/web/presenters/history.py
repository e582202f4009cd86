"""A resident's readings as rows, and their escalations with their histories.

Guards: each reading shows who took it, how that is known and the competence label. Late, corrected and odd readings are
marked in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.cases.desk import UNDO_WITHIN
from api.queries.escalation import Case, Event
from api.queries.readings import Reading, TakenBy
from api.web.presenters import escalations, instruments, signs, soft_signs
from api.web.presenters.answers import AnswerView, answer
from api.web.presenters.competence import competence_words
from api.web.presenters.corrections import corrected
from api.web.presenters.course import CourseView, course_view
from api.web.presenters.emergencies import emergency
from api.web.presenters.moments import Deadline, Moment, clock, deadline, moment, span
from api.web.presenters.vitals import operator
from devices.vital_signs import VitalSign

LATE = timedelta(minutes=5)
_IN_WORDS = (VitalSign.SYSTOLIC, VitalSign.DIASTOLIC, VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS)
_DOUBTED = frozenset({"lapsed", "not_signed_off", "operator_unknown"})


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading."""

    taken: Moment
    device: str
    values: tuple[str, ...]
    remarks: tuple[str, ...]
    who: str
    competence: str
    doubted: bool
    corrected: str | None
    counts: bool
    correct_at: str | None
    """Where to correct whose it is, for somebody who may."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One escalation with its findings and its history."""

    escalation_id: UUID
    severity: str
    severity_words: str
    why: str
    course: CourseView
    origin: str | None
    wait: Deadline
    open: bool
    claimed: bool
    state: str
    raised: Moment
    answer: AnswerView | None
    findings: tuple[str, ...]
    events: tuple[str, ...]
    may_claim: bool
    may_release: bool
    may_close: bool
    may_undo: bool


def reading_row(one: Reading, now: datetime, *, may_correct: bool = False) -> ReadingRow:
    """Return one reading in words."""
    return ReadingRow(
        taken=moment(one.effective_at, now),
        device=signs.DEVICES.get(one.device_kind, signs.plain(one.device_kind)),
        values=tuple(_values(one)),
        remarks=tuple(_remarks(one, now)),
        who=operator(TakenBy(one.taken_by, one.taken_by_name, one.operator_known_by, one.competence)),
        competence=competence_words(one.competence, one.competence_lacking or {}),
        doubted=one.competence in _DOUBTED,
        corrected=corrected(one, now),
        counts=one.counts,
        correct_at=f"readings/{one.kit_id}/{one.reading_id}/correct" if may_correct else None,
    )


def _values(one: Reading) -> list[str]:
    said = [
        f"{signs.label(sign)} {signs.with_unit(sign, getattr(one, sign))}"
        for sign in VitalSign
        if sign not in _IN_WORDS and getattr(one, sign) is not None
    ]
    if one.consciousness is not None:
        said.append(signs.quantity("consciousness", one.consciousness))
    if one.systolic is not None or one.diastolic is not None:
        upper, lower = signs.quantity("systolic", one.systolic), signs.quantity("diastolic", one.diastolic)
        said.append(f"Blood pressure {upper}/{lower} mmHg")
    if one.on_oxygen is not None:
        said.append(signs.quantity("on_oxygen", one.on_oxygen))
    sound = (one.observations or {}).get("auscultation")
    if isinstance(sound, Mapping):
        where = signs.plain(str(sound.get("site") or "site not said")).lower()
        said.append(f"Lung sounds, {where}, {sound.get('seconds')} seconds (never scored)")
    return said


def _remarks(one: Reading, now: datetime) -> list[str]:
    told = one.observations or {}
    remarks = [
        f"{signs.label(sign)}: {signs.NOT_OBTAINED.get(why, why)}"
        for sign, why in (one.not_obtained or {}).items()
    ]
    remarks += [signs.flag(flag, one.unusable or {}) for flag in one.flags]
    remarks += instruments.remarks(told.get("gatt"), one.flags)
    late = one.arrived_at - one.effective_at
    if late > LATE:
        remarks.append(f"Arrived {span(late)} late, {clock(one.arrived_at, now)}")
    if one.taken_at != one.effective_at:
        remarks.append(f"Claims to be taken {clock(one.taken_at, now)}")
    present = [code for code, said in told.get("soft_signs", {}).items() if said == "present"]
    if present:
        remarks.append(f"Changes seen: {soft_signs.changes(present)}")
    present = [code for code, said in told.get("emergency_signs", {}).items() if said == "present"]
    if urgent := emergency(present, phoned=bool(told.get("phoned_999"))):
        remarks.insert(0, urgent)
    if told.get("worry"):
        remarks.append(f"Worried: {soft_signs.WORRIED.get(told['worry'], told['worry'])}")
    if told.get("note"):
        remarks.append(f"Note: {told['note']}")
    return remarks


def case_view(case: Case, me: UUID, now: datetime, *, at_my_hub: bool, lead: bool = False) -> CaseView:
    """Return one escalation as this person sees it, with what they may do."""
    one = case.escalation
    mine = one.claimed_by == me
    undo_within = one.closed_at is not None and now - one.closed_at <= UNDO_WITHIN
    return CaseView(
        escalation_id=one.escalation_id,
        severity=one.severity,
        severity_words=escalations.SEVERITIES.get(one.severity, signs.plain(one.severity)),
        why=one.why,
        course=course_view(case.course, me, now, is_open=one.state != "closed"),
        origin=None if one.origin == "rule" else escalations.ORIGINS[one.origin],
        wait=deadline(one.raised_at, one.deadline_at, now),
        open=one.state != "closed",
        claimed=one.state == "claimed",
        state=_state(case, me, now),
        raised=moment(one.raised_at, now),
        answer=answer(one, me, now),
        findings=tuple(f"{clock(found.found_at, now)}: {found.sentence}" for found in case.findings),
        events=tuple(_event(event, me, now) for event in case.events),
        may_claim=at_my_hub and one.state == "open",
        may_release=at_my_hub and one.state == "claimed" and (mine or lead),
        may_close=at_my_hub and one.state == "claimed" and mine,
        may_undo=at_my_hub and one.state == "closed" and one.closed_by == me and undo_within,
    )


def _state(case: Case, me: UUID, now: datetime) -> str:
    one = case.escalation
    if one.state == "closed":
        return f"Closed by {escalations.named(one.closed_by_name, one.closed_by, me)}"
    if one.state == "claimed" and one.claimed_at is not None:
        by = escalations.named(one.claimed_by_name, one.claimed_by, me)
        return f"Claimed by {by}, {clock(one.claimed_at, now)}"
    return "Not claimed"


def _event(event: Event, me: UUID, now: datetime) -> str:
    words = escalations.EVENTS.get(event.kind, signs.plain(event.kind))
    by = "" if event.actor_id is None else f" by {escalations.named(event.actor_name, event.actor_id, me)}"
    said = f": {event.words}" if event.words else ""
    return f"{clock(event.at, now)} {words}{by}{said}"


def reading_rows(
    readings: Sequence[Reading], now: datetime, may_correct: Callable[[Reading], bool]
) -> tuple[ReadingRow, ...]:
    """Return readings in words, in the order given."""
    return tuple(reading_row(one, now, may_correct=may_correct(one)) for one in readings)
