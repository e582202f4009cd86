"""Writes down that somebody looked at a page of somebody, and what for.

Guards: in the transaction of the visit, so what was shown is written down, and what was refused is not. Whoever has
nothing to do with the resident's home sees them by broken glass alone, and it is written down as that.
"""

from typing import LiteralString
from uuid import UUID

from api.access import Visit
from delegation import audit
from delegation.audit import Purpose

_ROLES_OVER: LiteralString = "SELECT delegation.roles_over(%s)"
_OF_HUBS = "hub_"


def looked(visit: Visit, resident_id: UUID, action: str, purpose: Purpose | None = None) -> None:
    """At one resident's. The purpose goes by the role in which they look, where none is named."""
    row = visit.conn.execute(_ROLES_OVER, (resident_id,)).fetchone()
    roles = row[0].split(",") if row and row[0] else []
    if not roles:
        purpose = Purpose.BREAK_GLASS
    _record(visit, action, f"resident:{resident_id}", purpose or _caring(roles), resident_id)


def looked_at_place(visit: Visit, place: str, action: str, purpose: Purpose | None = None) -> None:
    """At one of a home or a hub (`home:<id>`), about several."""
    _record(visit, action, place, purpose or _caring([held.role for held in visit.actor.roles]), None)


def _caring(roles: list[str]) -> Purpose:
    at_hub = any(role.startswith(_OF_HUBS) for role in roles)
    return Purpose.HUB_ANSWER if at_hub else Purpose.DIRECT_CARE


def _record(visit: Visit, action: str, subject: str, purpose: Purpose, resident_id: UUID | None) -> None:
    audit.record(
        visit.conn, visit.actor, action, subject, at=visit.at, purpose=purpose, resident_id=resident_id
    )
