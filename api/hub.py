"""The hub whose desk somebody opens, and the residents it watches over.

Guards: somebody who does not work at a hub gets no sign that it exists. A resident of another hub cannot be changed; an
actor who broke the glass is told so.
"""

from http import HTTPStatus
from uuid import UUID

from api.access import Visit
from api.problems import RefusedError, not_found
from api.queries.queue import Hub, hub
from api.queries.resident import Resident, resident

READ_ONLY = (
    "You can read this record, and change nothing in it: that is for the hub that watches over the resident."
)


def hub_of(visit: Visit, hub_id: UUID) -> Hub:
    """Return the hub, where the actor works at it. Raises RefusedError (404)."""
    found = hub(visit.conn, hub_id)
    if found is None:
        raise not_found("hub")
    return found


def resident_at_my_hub(visit: Visit, resident_id: UUID) -> Resident:
    """Return a resident of a hub the actor works at. Raises RefusedError (404; 403 if they only read)."""
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    if not found.at_my_hub:
        raise RefusedError(HTTPStatus.FORBIDDEN, READ_ONLY)
    return found
