"""One resident: who they are, what is known now, and what was measured when.

Guards: history is read between two moments, never as a whole. Every look is audited.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from api.access import Visit, needs
from api.looking import looked
from api.problems import RefusedError, not_found
from api.queries import readings, scores
from api.queries.reading_place import after_all, place_of
from api.queries.readings import MOST_READINGS
from api.queries.resident import Decisions, Resident, decisions
from api.queries.score_history import ScoreOfMoment, scores_between
from api.reach import resident_seen
from delegation.rights import READ, Record

router = APIRouter(prefix="/api/v1/residents", tags=["residents"])

ResidentVisit = Annotated[Visit, needs(READ, Record.RESIDENTS)]
ReadingsVisit = Annotated[Visit, needs(READ, Record.READINGS)]

USUAL_SPAN = timedelta(hours=72)
LONGEST_SPAN = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a clinician looks at first."""

    resident: Resident
    decisions: Decisions
    current: readings.Current
    score: scores.Score | None


@router.get("/{resident_id}")
def summary(resident_id: UUID, visit: ResidentVisit) -> Summary:
    """The resident with what was decided for them, their vital signs now, and the newest score of three days."""
    found = resident_seen(visit, resident_id)
    looked(visit, resident_id, "resident.seen")
    return Summary(
        resident=found,
        decisions=decisions(visit.conn, resident_id, visit.at),
        current=readings.current(visit.conn, resident_id),
        score=scores.latest(visit.conn, resident_id, visit.at - USUAL_SPAN),
    )


@router.get("/{resident_id}/readings")
def readings_between(
    request: Request,
    response: Response,
    resident_id: UUID,
    visit: ReadingsVisit,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
    older_than: Annotated[str | None, Query()] = None,
) -> list[readings.Reading]:
    """Readings after `since` and up to `until`, newest first; the last three days if neither is said.

    At most 500: where there are more, the header `Link` has the address of those that come next, `rel="next"`.
    """
    since, until = _span(since, until, visit.at)
    before = after_all(until) if older_than is None else place_of(older_than)
    if before is None:
        raise not_found("place among the readings")
    _seen(visit, resident_id)
    before = min(before, after_all(until))
    found = readings.readings(visit.conn, resident_id, since, before, MOST_READINGS + 1)
    shown = found[:MOST_READINGS]
    if len(found) > MOST_READINGS:
        span = {"since": since.isoformat(), "until": until.isoformat()}
        onward = urlencode(span | {"older_than": shown[-1].place.written})
        response.headers["Link"] = f'<{request.url.path}?{onward}>; rel="next"'
    return shown


@router.get("/{resident_id}/scores")
def scores_of(
    resident_id: UUID,
    visit: ReadingsVisit,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
) -> list[ScoreOfMoment]:
    """Every score of a moment after `since` and up to `until`, newest first."""
    since, until = _span(since, until, visit.at)
    _seen(visit, resident_id)
    return scores_between(visit.conn, resident_id, since, until)


def _span(since: datetime | None, until: datetime | None, at: datetime) -> tuple[datetime, datetime]:
    # A kit's clock may be a little ahead of ours.
    until = until or at + timedelta(minutes=5)
    since = since or until - USUAL_SPAN
    if since >= until:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "`since` must be before `until`.")
    if until - since > LONGEST_SPAN:
        raise RefusedError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"Ask for at most {LONGEST_SPAN.days} days at a time."
        )
    return since, until


def _seen(visit: Visit, resident_id: UUID) -> None:
    resident_seen(visit, resident_id)
    looked(visit, resident_id, "resident.history_seen")
