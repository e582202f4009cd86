"""The resident about whom their home's manager or their hub records something.

Guards: a resident the actor may not see is answered as if they did not exist. An actor with neither role is told why
not, and one who only broke the glass that they may only read.
"""

from http import HTTPStatus
from uuid import UUID

from api.access import Visit
from api.hub import READ_ONLY
from api.problems import RefusedError, not_found
from api.queries import glass
from api.queries.resident import Resident, resident
from delegation import decision
from delegation.decision import HOME_OR_HUB


def resident_of_home_or_hub(visit: Visit, resident_id: UUID, about: str) -> Resident:
    """Return a resident for whom the actor may record this.

    Raises RefusedError (404; 403 if they only read), DecisionRefusedError (403).
    """
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    if glass.open_until(visit.conn, resident_id) is not None:
        raise RefusedError(HTTPStatus.FORBIDDEN, READ_ONLY)
    decision.check(visit.conn, visit.actor, resident_id, about, HOME_OR_HUB)
    return found
