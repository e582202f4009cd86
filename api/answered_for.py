"""The resident, or the home, that somebody answers for: its manager, or the lead of its hub.

Guards: of what the actor does not see there is no word; who sees it and does not answer for it is told why not.
"""

from http import HTTPStatus
from uuid import UUID

from api.access import Visit
from api.problems import RefusedError, not_found
from api.queries import home, records
from api.queries.home import Home
from api.queries.resident import Resident, resident


def resident_answered_for(visit: Visit, resident_id: UUID, why_not: str) -> Resident:
    """Somebody whose records the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    if not records.answers_for(visit.conn, resident_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found


def home_answered_for(visit: Visit, home_id: UUID, why_not: str) -> Home:
    """A home that the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = home.home(visit.conn, home_id)
    if found is None:
        raise not_found("home")
    if not records.answers_for_home(visit.conn, home_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found
