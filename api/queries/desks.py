"""Where the actor works: the hubs, homes and residents that their roles open.

Guards: a desk is offered only for a role in force.
"""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class Place:
    """Something with a name that the actor may open."""

    place_id: UUID
    name: str


_HUBS: LiteralString = """
SELECT hub_id, name FROM delegation.hub WHERE hub_id IN (SELECT delegation.visible_hubs()) ORDER BY name
"""
_HOMES_MANAGED: LiteralString = """
SELECT DISTINCT home.home_id, home.name
FROM delegation.home JOIN delegation.roles_in_force() held
    ON held.role = 'home_manager'
   AND (held.home_id = home.home_id OR held.organisation_id = home.organisation_id)
ORDER BY home.name
"""
_RESIDENTS_CARED_FOR: LiteralString = """
SELECT resident.resident_id, resident.name
FROM delegation.resident JOIN delegation.roles_in_force() held
    ON held.role = 'carer' AND held.resident_id = resident.resident_id
ORDER BY resident.name
"""


def hubs(conn: psycopg.Connection[Any]) -> list[Place]:
    """Hubs whose queue the actor works on."""
    return [Place(*row) for row in conn.execute(_HUBS).fetchall()]


def homes_managed(conn: psycopg.Connection[Any]) -> list[Place]:
    """Homes the actor manages."""
    return [Place(*row) for row in conn.execute(_HOMES_MANAGED).fetchall()]


def residents_cared_for(conn: psycopg.Connection[Any]) -> list[Place]:
    """Residents the actor is a family or unpaid carer of."""
    return [Place(*row) for row in conn.execute(_RESIDENTS_CARED_FOR).fetchall()]
