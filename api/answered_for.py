"""The resident or home that the actor answers for, as its manager or the lead of its hub.

Guards: what the actor may not see is answered as if it did not exist. What they see and do not answer for is refused
with the reason.
"""

from http import HTTPStatus
from uuid import UUID

from api.access import Visit
from api.problems import RefusedError, not_found
from api.queries import home, records
from api.queries.home import Home
from api.queries.resident import Resident, resident


def resident_answered_for(visit: Visit, resident_id: UUID, why_not: str) -> Resident:
    """Return a resident whose records the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    if not records.answers_for(visit.conn, resident_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found


def home_answered_for(visit: Visit, home_id: UUID, why_not: str) -> Home:
    """Return a home that the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = home.home(visit.conn, home_id)
    if found is None:
        raise not_found("home")
    if not records.answers_for_home(visit.conn, home_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found
