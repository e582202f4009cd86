"""The hub whose desk somebody opens.

Guards: to whoever does not work at it there is no such hub.
"""

from uuid import UUID

from api.access import Visit
from api.problems import not_found
from api.queries.queue import Hub, hub


def hub_of(visit: Visit, hub_id: UUID) -> Hub:
    """The hub, where the actor works at it. Raises RefusedError (404)."""
    found = hub(visit.conn, hub_id)
    if found is None:
        raise not_found("hub")
    return found
