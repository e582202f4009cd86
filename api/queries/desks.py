"""Where the actor works: the hubs, homes and residents that their roles open.

Guards: a desk is offered only for a role in force.
"""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class Place:
    """A hub, home or resident that the actor may open, with its name."""

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
_HUBS_LED: LiteralString = """
SELECT DISTINCT hub.hub_id, hub.name FROM delegation.hub JOIN delegation.roles_in_force() held USING (hub_id)
WHERE held.role = 'hub_lead' ORDER BY hub.name
"""
_HUBS_COUNTED: LiteralString = """
SELECT DISTINCT hub.hub_id, hub.name FROM delegation.hub JOIN delegation.roles_in_force() held USING (hub_id)
WHERE held.role = 'commissioner' ORDER BY hub.name
"""
_HUB_NAMES: LiteralString = "SELECT hub_id, name FROM delegation.hub_names()"
_HOME_OF: LiteralString = "SELECT home_id FROM delegation.resident WHERE resident_id = %s"
_RESIDENTS_CARED_FOR: LiteralString = """
SELECT resident.resident_id, resident.name
FROM delegation.resident JOIN delegation.roles_in_force() held
    ON held.role = 'carer' AND held.resident_id = resident.resident_id
ORDER BY resident.name
"""


def hubs(conn: psycopg.Connection[Any]) -> list[Place]:
    """Return the hubs whose queue the actor works on."""
    return [Place(*row) for row in conn.execute(_HUBS).fetchall()]


def homes_managed(conn: psycopg.Connection[Any]) -> list[Place]:
    """Return the homes the actor manages."""
    return [Place(*row) for row in conn.execute(_HOMES_MANAGED).fetchall()]


def hubs_led(conn: psycopg.Connection[Any]) -> list[Place]:
    """Return the hubs the actor leads."""
    return [Place(*row) for row in conn.execute(_HUBS_LED).fetchall()]


def hubs_counted(conn: psycopg.Connection[Any]) -> list[Place]:
    """Return the hubs whose counts the actor sees as a commissioner."""
    return [Place(*row) for row in conn.execute(_HUBS_COUNTED).fetchall()]


def hub_names(conn: psycopg.Connection[Any]) -> dict[UUID, str]:
    """Return every hub's name, for an operator; nothing for anybody else."""
    return dict(conn.execute(_HUB_NAMES).fetchall())


def home_of(conn: psycopg.Connection[Any], resident_id: UUID) -> UUID:
    """Return the home of a resident whom the actor sees."""
    [(home_id,)] = conn.execute(_HOME_OF, (resident_id,)).fetchall()
    return home_id


def residents_cared_for(conn: psycopg.Connection[Any]) -> list[Place]:
    """Return the residents of whom the actor is a family or unpaid carer."""
    return [Place(*row) for row in conn.execute(_RESIDENTS_CARED_FOR).fetchall()]
