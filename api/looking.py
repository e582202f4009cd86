"""Writes down that somebody looked at a page of somebody.

Guards: in the transaction of the visit, so what was shown is written down, and what was refused is not.
"""

from uuid import UUID

from api.access import Visit
from delegation import audit


def looked(visit: Visit, resident_id: UUID, action: str) -> None:
    """At one resident's."""
    _record(visit, action, f"resident:{resident_id}", resident_id)


def looked_at_home(visit: Visit, home_id: UUID, action: str) -> None:
    """At one of a home, about several."""
    _record(visit, action, f"home:{home_id}", None)


def _record(visit: Visit, action: str, subject: str, resident_id: UUID | None) -> None:
    audit.record(
        visit.conn,
        visit.actor,
        action,
        subject,
        at=visit.at,
        resident_id=resident_id,
        request_id=visit.request_id,
    )
