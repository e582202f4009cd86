"""Record in the audit that somebody looked at a page about a resident, and for what purpose.

Guards: the event is in the visit's transaction, so what was shown is recorded and what was refused is not. An actor
without a role over the resident's home sees them only by broken glass, and the purpose says so. Whoever a hub's list
shows is written down by name, once an hour for each session.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, LiteralString
from uuid import UUID

from fastapi import Request
from starlette.background import BackgroundTask

from api.access import Visit
from api.parts import parts_of
from delegation import audit
from delegation.audit import Look, Purpose

_ROLES_OVER: LiteralString = "SELECT resident_id, roles FROM delegation.roles_over_each(%s)"
_OF_HUBS = "hub_"


@dataclass(frozen=True, slots=True)
class Shown:
    """A hub's list as one answer shows it: which hub's (`hub:<id>`), which list, and who is in it."""

    place: str
    kind: Literal["queue", "reviews"]
    residents: Collection[UUID]


def looked(visit: Visit, resident_id: UUID, action: str, purpose: Purpose | None = None) -> None:
    """Record a look at one resident. The purpose, if not given, follows from the role in which they look."""
    looked_at_each(visit, [resident_id], action, purpose)


def looked_at_each(
    visit: Visit, residents: Collection[UUID], action: str, purpose: Purpose | None = None
) -> None:
    """Record a look at each of these residents, in one statement."""
    if not residents:
        return
    roles = dict(visit.conn.execute(_ROLES_OVER, (list(residents),)).fetchall())
    looks = [Look(one, roles.get(one), _purpose(roles.get(one), purpose)) for one in residents]
    audit.record_looks(visit.conn, visit.actor, action, looks, at=visit.at)


def looked_at_place(visit: Visit, place: str, action: str, purpose: Purpose | None = None) -> None:
    """Record a look at several residents of one home or hub (`home:<id>`)."""
    purpose = purpose or _caring([held.role for held in visit.actor.roles])
    audit.record(visit.conn, visit.actor, action, place, at=visit.at, purpose=purpose)


def looked_at_list(request: Request, visit: Visit, shown: Shown, *, opened: bool = True) -> BackgroundTask:
    """Record a look at a hub's list, and at each resident whom it shows to this session anew within the hour.

    Returns what is to run once the answer was sent. A list that was not opened, but fetched again, is itself a look
    only each hour.
    """
    refreshes, session_id = parts_of(request).refreshes, visit.session.session_id
    residents = {f"{shown.kind}/resident:{one}": one for one in shown.residents}
    lists = [f"{shown.kind}/{shown.place}"]
    new_lists = lists if opened else refreshes.new_looks(session_id, lists, visit.at)
    new_residents = refreshes.new_looks(session_id, residents, visit.at)
    if new_lists:
        looked_at_place(visit, shown.place, f"hub.{shown.kind}_seen")
    looked_at_each(visit, [residents[one] for one in new_residents], f"resident.{shown.kind}_seen")
    return refreshes.sent(session_id, [*new_lists, *new_residents], visit.at)


def _purpose(roles: str | None, given: Purpose | None) -> Purpose:
    if not roles:
        return Purpose.BREAK_GLASS
    return given or _caring(roles.split(","))


def _caring(roles: list[str]) -> Purpose:
    at_hub = any(role.startswith(_OF_HUBS) for role in roles)
    return Purpose.HUB_ANSWER if at_hub else Purpose.DIRECT_CARE
