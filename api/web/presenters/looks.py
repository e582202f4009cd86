"""Who looked at whose record, in words.

Guards: a look by broken glass is marked in words. A name that may not be seen is not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.looks import Look
from api.web.presenters import escalations
from api.web.presenters.moments import clock
from delegation.audit import Purpose

ROLES = {
    "care_worker": "care worker",
    "carer": "family or unpaid carer",
    "home_manager": "home manager",
    "hub_clinician": "hub clinician",
    "hub_lead": "hub lead",
    "trainer": "trainer",
    "delegating_professional": "delegating professional",
    "commissioner": "commissioner",
    "operator": "operator",
}
PURPOSES = {
    Purpose.DIRECT_CARE: "Care",
    Purpose.HUB_ANSWER: "The hub's work",
    Purpose.CORRECTION: "Putting a record right",
    Purpose.BREAK_GLASS: "Opened from outside their hub",
    Purpose.RECORD_KEEPING: "Keeping records",
    Purpose.TRAINING: "Training",
    Purpose.SIGNING_IN: "Signing in",
    Purpose.AUDIT: "Seeing who looked",
    Purpose.OPERATION: "Looking after Hearthwatch",
}
_ACTIONS = {
    "resident.seen": "Opened the record",
    "resident.history_seen": "Read earlier readings or scores",
    "resident.records_seen": "Opened the page on keeping the records",
    "resident.scale_two_seen": "Opened the page on scale 2",
    "resident.limits_seen": "Opened the page on their own limits",
    "resident.ceiling_seen": "Opened the page on their ceiling of treatment",
    "resident.air_seen": "Opened the page on oxygen where they live",
    "resident.pause_seen": "Opened the page on a pause of their monitoring",
    "resident.details_seen": "Opened the page on who they are, or where they live",
    "resident.queue_seen": "Saw them on the hub’s queue",
    "resident.reviews_seen": "Saw them on the hub’s list of reviews",
    "resident.found": "Found their name for somebody who rang",
    "resident.added": "Added them to the home",
    "resident.details_corrected": "Put right who they are",
    "resident.now_16": "Uses NEWS2 from now on: they are 16",
    "resident.moved": "Recorded that they moved to another home",
    "resident.known_elsewhere": "Gave an NHS number that is known elsewhere",
    "resident.asked_too_often": "Gave too many NHS numbers in an hour",
    "resident.form_opened": "Opened the form for observations",
    "escalation.seen": "Opened an escalation",
    "escalation.claimed": "Claimed an escalation",
    "escalation.released": "Released an escalation",
    "escalation.closed": "Answered an escalation",
    "escalation.reopened": "Took the answer to an escalation back",
    "escalation.raised_by_hand": "Raised an escalation from a phone call",
    "scale_two.authorised": "Recorded scale 2",
    "scale_two.reviewed": "Recorded a review of scale 2",
    "scale_two.revoked": "Revoked scale 2",
    "personal_limit.decided": "Recorded a limit of their own",
    "personal_limit.reviewed": "Recorded a review of a limit of their own",
    "personal_limit.revoked": "Revoked a limit of their own",
    "ceiling.decided": "Recorded a ceiling of treatment",
    "ceiling.reviewed": "Recorded a ceiling of treatment in the place of another",
    "ceiling.revoked": "Revoked a ceiling of treatment",
    "pause.recorded": "Recorded a pause of their monitoring",
    "pause.changed": "Changed the pause of their monitoring",
    "pause.ended": "Ended the pause of their monitoring",
    "air_record.recorded": "Recorded “no oxygen in use at this address”",
    "air_record.withdrawn": "Ended “no oxygen in use at this address”",
    "air_record.cancelled": "Ended “no oxygen in use at this address”: oxygen was recorded",
    "care.ended": "Recorded that care has ended",
    "care.end_withdrawn": "Recorded that care goes on",
    "records.held": "Had the records held",
    "records.released": "Lifted a hold of the records",
    "records.exported": "Took a copy of all that is held on them",
    "records.export_refused": "Was to be given a copy of all that is held on them, and may not have one",
    "reading.seen": "Opened the page that says whose a reading is",
    "home.seen": "Opened the home's day",
    "home.round_seen": "Opened the round of observations",
    "home.residents_named": "Opened the names of those who live there, to say whose a reading is",
    "home.people_seen": "Opened the list of who works at the home, and who cares for whom",
    "home.records_seen": "Opened the list of those whose care has ended",
    "audit.seen": "Opened this page",
    "reading.captured": "Sent observations",
    "reading.corrected": "Said whose a reading is",
    "reading.replayed": "Filed observations that were in quarantine",
    "break_glass.opened": "Opened the record, with a reason",
    "break_glass.seen": "Looked for records that were opened from outside",
    "break_glass.acknowledged": "Said they have seen that it was opened from outside",
    "break_glass.not_needed": "Tried to open the record from outside; they see it anyway",
}


@dataclass(frozen=True, slots=True)
class LookRow:
    """One row of the page."""

    who: str
    role: str
    purpose: str
    by_glass: bool
    what: str
    when: str
    resident_id: UUID | None
    resident: str


def rows(looks: Sequence[Look], me: UUID, now: datetime) -> list[LookRow]:
    """Return the looks in the order given."""
    return [_row(one, me, now) for one in looks]


def _row(one: Look, me: UUID, now: datetime) -> LookRow:
    return LookRow(
        who=_who(one, me),
        role=" and ".join(ROLES.get(role, role) for role in one.role.split(",")) if one.role else "",
        purpose=PURPOSES.get(Purpose(one.purpose), one.purpose),
        by_glass=one.purpose == Purpose.BREAK_GLASS,
        what=_ACTIONS.get(one.action, _plain(one.action)),
        when=_when(one, now),
        resident_id=one.resident_id,
        resident=one.resident_name or "The home as a whole",
    )


def _who(one: Look, me: UUID) -> str:
    kind, _, name = one.actor.partition(":")
    if kind == "process":
        return f"Hearthwatch itself ({name})"
    words = escalations.named(one.person_name, UUID(name), me)
    return f"{words[0].upper()}{words[1:]}"


def _when(one: Look, now: datetime) -> str:
    if one.times == 1:
        return clock(one.last_at, now)
    return f"{clock(one.last_at, now)}; {one.times} times since {clock(one.first_at, now)}"


def _plain(action: str) -> str:
    words = action.replace(".", ": ").replace("_", " ")
    return f"{words[0].upper()}{words[1:]}"
