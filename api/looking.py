"""Record in the audit that somebody looked at a page about a resident, and for what purpose.

Guards: the event is in the visit's transaction, so what was shown is recorded and what was refused is not. An actor
without a role over the resident's home sees them only by broken glass, and the purpose says so.
"""

from typing import LiteralString
from uuid import UUID

from api.access import Visit
from delegation import audit
from delegation.audit import Purpose

_ROLES_OVER: LiteralString = "SELECT delegation.roles_over(%s)"
_OF_HUBS = "hub_"


def looked(visit: Visit, resident_id: UUID, action: str, purpose: Purpose | None = None) -> None:
    """Record a look at one resident. The purpose, if not given, follows from the role in which they look."""
    row = visit.conn.execute(_ROLES_OVER, (resident_id,)).fetchone()
    roles = row[0].split(",") if row and row[0] else []
    if not roles:
        purpose = Purpose.BREAK_GLASS
    _record(visit, action, f"resident:{resident_id}", purpose or _caring(roles), resident_id)


def looked_at_place(visit: Visit, place: str, action: str, purpose: Purpose | None = None) -> None:
    """Record a look at several residents of one home or hub (`home:<id>`)."""
    _record(visit, action, place, purpose or _caring([held.role for held in visit.actor.roles]), None)


def _caring(roles: list[str]) -> Purpose:
    at_hub = any(role.startswith(_OF_HUBS) for role in roles)
    return Purpose.HUB_ANSWER if at_hub else Purpose.DIRECT_CARE


def _record(visit: Visit, action: str, subject: str, purpose: Purpose, resident_id: UUID | None) -> None:
    audit.record(
        visit.conn, visit.actor, action, subject, at=visit.at, purpose=purpose, resident_id=resident_id
    )
