"""The resident about whom their home's manager, or the hub that watches over them, records something.

Guards: of what the actor does not see there is no word; who sees it and is neither is told why not.
"""

from uuid import UUID

from api.access import Visit
from api.problems import not_found
from api.queries.resident import Resident, resident
from delegation import decision
from delegation.decision import HOME_OR_HUB


def resident_of_home_or_hub(visit: Visit, resident_id: UUID, about: str) -> Resident:
    """Somebody of whom the actor records this. Raises RefusedError (404), DecisionRefusedError (403)."""
    found = resident(visit.conn, resident_id)
    if found is None:
        raise not_found("resident")
    decision.check(visit.conn, visit.actor, resident_id, about, HOME_OR_HUB)
    return found
