"""The resident, home or hub that a page or route is about, as far as the actor's reach goes.

Guards: a record the actor may not see is answered as if it did not exist. A record they see but may not change is
refused with the reason.
"""

from http import HTTPStatus
from uuid import UUID

from api.access import Visit
from api.problems import RefusedError, not_found
from api.queries import glass, records
from api.queries.home import Home, home
from api.queries.queue import Hub, hub
from api.queries.resident import Resident, resident
from delegation.decisions import decision
from delegation.decisions.decision import HOME_OR_HUB

READ_ONLY = (
    "You can read this record, and change nothing in it: that is for the hub that watches over the resident."
)


def resident_seen(visit: Visit, resident_id: UUID) -> Resident:
    """Return a resident whom the actor may see. Raises RefusedError (404)."""
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    return found


def resident_at_my_hub(visit: Visit, resident_id: UUID) -> Resident:
    """Return a resident whom the actor's hub watches over. Raises RefusedError (404, or 403 if they only read)."""
    found = resident_seen(visit, resident_id)
    if not found.at_my_hub:
        raise RefusedError(HTTPStatus.FORBIDDEN, READ_ONLY)
    return found


def resident_answered_for(visit: Visit, resident_id: UUID, why_not: str) -> Resident:
    """Return a resident whose records the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = resident_seen(visit, resident_id)
    if not records.answers_for(visit.conn, resident_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found


def resident_of_home_or_hub(visit: Visit, resident_id: UUID, about: str) -> Resident:
    """Return a resident of the actor's home or hub, to record something `about` them.

    Raises RefusedError (404, or 403 if they only read) or DecisionRefusedError (403).
    """
    found = resident_seen(visit, resident_id)
    if glass.open_until(visit.conn, resident_id) is not None:
        raise RefusedError(HTTPStatus.FORBIDDEN, READ_ONLY)
    decision.check(visit.conn, visit.actor, resident_id, about, HOME_OR_HUB)
    return found


def home_answered_for(visit: Visit, home_id: UUID, why_not: str) -> Home:
    """Return a home that the actor answers for. Raises RefusedError (404, or 403 with `why_not`)."""
    found = home(visit.conn, home_id)
    if found is None:
        raise not_found("home")
    if not records.answers_for_home(visit.conn, home_id):
        raise RefusedError(HTTPStatus.FORBIDDEN, why_not)
    return found


def hub_of(visit: Visit, hub_id: UUID) -> Hub:
    """Return a hub where the actor works. Raises RefusedError (404)."""
    found = hub(visit.conn, hub_id)
    if found is None:
        raise not_found("hub")
    return found
