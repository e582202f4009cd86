"""A hub's queue, and what its clinicians do with an escalation.

Guards: the desk and the database decide who may see or do what; this file only translates to HTTP.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from pydantic import BaseModel, Field

from alerts.cases import desk
from alerts.cases.desk import Seen
from alerts.cases.escalation import Disposition
from alerts.policy import Severity
from api.access import Visit, needs
from api.looking import Shown, looked, looked_at_list
from api.problems import not_found
from api.queries import queue, reviews
from api.queries.course import Course, courses
from api.queries.escalation import Escalation, escalation
from api.queries.findings import Finding, Step, findings_of, steps_of
from api.queries.resident import Ceiling, decisions
from api.reach import hub_of
from delegation.rights import ADD, CHANGE, READ, Record

router = APIRouter(prefix="/api/v1", tags=["queue"])

MOST_FINDINGS = 50

QueueVisit = Annotated[Visit, needs(READ, Record.QUEUE)]
CaseVisit = Annotated[Visit, needs(READ, Record.CASES)]
AnsweringVisit = Annotated[Visit, needs(CHANGE, Record.CASES)]
RaisingVisit = Annotated[Visit, needs(ADD, Record.CASES)]


@dataclass(frozen=True, slots=True)
class InQueue:
    """One escalation of the queue with how its resident has been since, and its newest findings, at most 50."""

    escalation: queue.Waiting
    course: Course
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Queue:
    """A hub's open escalations, at most 200. The stream goes on from `revision`."""

    hub: queue.Hub
    revision: int
    totals: queue.Totals
    escalations: list[InQueue]


@dataclass(frozen=True, slots=True)
class Whole:
    """One escalation with how its resident has been while it was open, its findings and its history.

    `ceiling`: the resident's ceiling of treatment now; null: nobody has recorded one.
    """

    escalation: Escalation
    ceiling: Ceiling | None
    course: Course
    findings: list[Finding]
    steps: list[Step]


class Closing(BaseModel):
    disposition: Disposition
    note: Annotated[str, Field(min_length=1, max_length=4000)]
    seen: Annotated[int, Field(ge=0, le=2**62, description="The escalation's `revision` as it was last read")]
    seen_ceiling: Annotated[
        UUID | None,
        Field(description="The `ceiling_id` as it was last read with the escalation; null: there was none"),
    ]


class PhoneCall(BaseModel):
    severity: Severity
    words: Annotated[
        str,
        Field(min_length=1, max_length=2000, description="The hub and the home read them, no family carer"),
    ]
    stays_at_hub: Annotated[bool, Field(description="The home reads only that somebody phoned")] = False


@dataclass(frozen=True, slots=True)
class Raised:
    escalation_id: UUID


@router.get("/hubs/{hub_id}/reviews")
def reviews_due(
    request: Request, later: BackgroundTasks, hub_id: UUID, visit: QueueVisit
) -> list[reviews.Review]:
    """Authorisations of SpO2 scale 2, limits and ceilings to be reviewed within 30 days, longest overdue first."""
    hub = hub_of(visit, hub_id)
    due = reviews.due(visit.conn, hub.hub_id, visit.at)
    shown = Shown(f"hub:{hub_id}", "reviews", {one.resident_id for one in due})
    later.tasks.append(looked_at_list(request, visit, shown))
    return due


@router.get("/hubs/{hub_id}/escalations")
def open_escalations(
    request: Request,
    response: Response,
    later: BackgroundTasks,
    hub_id: UUID,
    visit: QueueVisit,
    *,
    high_first: bool = True,
    after: UUID | None = None,
) -> Queue:
    """The open escalations of the hub, claimed ones too, by deadline.

    High severity is on top unless `high_first` is false; residents who are only silent come last. At most 200: where
    there are more, the header `Link` has the address of the next, `rel="next"`. New cases are placed in this order, so
    they may be on top: ask for that without `after`.
    """
    hub = hub_of(visit, hub_id)
    # Read first: the stream has what happens afterwards, so nothing is lost in between.
    revision = queue.revision(visit.conn, hub_id)
    waiting = queue.waiting(visit.conn, hub_id, high_first=high_first, after=after)
    cases = [one.escalation_id for one in waiting.rows]
    if waiting.more:
        onward = urlencode({"high_first": str(high_first).lower(), "after": cases[-1]})
        response.headers["Link"] = f'<{request.url.path}?{onward}>; rel="next"'
    shown = Shown(f"hub:{hub_id}", "queue", {one.resident_id for one in waiting.rows})
    later.tasks.append(looked_at_list(request, visit, shown))
    went, findings = courses(visit.conn, cases, visit.at), findings_of(visit.conn, cases, MOST_FINDINGS)
    return Queue(
        hub=hub,
        revision=revision,
        totals=queue.totals(visit.conn, hub_id, visit.at),
        escalations=[
            # A case without a course has left the hub since it was read, with its resident or their records.
            InQueue(one, went[one.escalation_id], findings.get(one.escalation_id, []))
            for one in waiting.rows
            if one.escalation_id in went
        ],
    )


@router.get("/escalations/{escalation_id}")
def one_escalation(escalation_id: UUID, visit: CaseVisit) -> Whole:
    """One escalation of a resident in your care or in the homes of your hub."""
    return _whole(escalation_id, visit)


@router.post("/escalations/{escalation_id}/claim")
def claim(escalation_id: UUID, visit: AnsweringVisit) -> Whole:
    """Claim it; 409 if a colleague was first."""
    desk.claim(visit.conn, visit.actor, escalation_id, visit.at)
    return _whole(escalation_id, visit)


@router.post("/escalations/{escalation_id}/release")
def release(escalation_id: UUID, visit: AnsweringVisit) -> Whole:
    """Give it back to the queue."""
    desk.release(visit.conn, visit.actor, escalation_id, visit.at)
    return _whole(escalation_id, visit)


@router.post("/escalations/{escalation_id}/close")
def close(escalation_id: UUID, closing: Closing, visit: AnsweringVisit) -> Whole:
    """Close it, with a disposition and a note for the home.

    409 if since it was read it has worsened, or the ceiling of treatment has changed.
    """
    desk.close(
        visit.conn,
        visit.actor,
        escalation_id,
        closing.disposition,
        closing.note,
        visit.at,
        seen=Seen(closing.seen, closing.seen_ceiling),
    )
    return _whole(escalation_id, visit)


@router.post("/escalations/{escalation_id}/undo")
def undo(escalation_id: UUID, visit: AnsweringVisit) -> Whole:
    """Take back your own closing within ten minutes, or your own claim."""
    desk.undo(visit.conn, visit.actor, escalation_id, visit.at)
    return _whole(escalation_id, visit)


@router.post("/residents/{resident_id}/escalations", status_code=201)
def raise_by_hand(resident_id: UUID, call: PhoneCall, visit: RaisingVisit) -> Raised:
    """Raise an escalation from a phone call; it joins an open one."""
    return Raised(
        desk.raise_by_hand(
            visit.conn,
            visit.actor,
            resident_id,
            call.severity,
            call.words,
            visit.at,
            stays_at_hub=call.stays_at_hub,
        )
    )


def _whole(escalation_id: UUID, visit: Visit) -> Whole:
    found = escalation(visit.conn, escalation_id)
    course = courses(visit.conn, [escalation_id], visit.at).get(escalation_id)
    if found is None or course is None:
        raise not_found("escalation")
    findings = findings_of(visit.conn, [escalation_id]).get(escalation_id, [])
    looked(visit, found.resident_id, "escalation.seen")
    ceiling = decisions(visit.conn, found.resident_id, visit.at).ceiling
    return Whole(found, ceiling, course, findings, steps_of(visit.conn, escalation_id))
