"""Policies that are not in force as they are written, in words for whoever can have them put right.

Guards: what holds instead is said first; which setting is wrong, and what it may be, is the fault's own sentence.
"""

from collections.abc import Iterable
from uuid import UUID

from alerts.policy_faults import Fault


def worded(faulty: Iterable[tuple[UUID | None, str, Fault]], here: UUID | None = None) -> list[str]:
    """Each of them; where a hub is named, its own and the default."""
    return [_worded(*one, here) for one in faulty if here is None or one[0] in (None, here)]


def _worded(hub_id: UUID | None, version: str, why: Fault, here: UUID | None) -> str:
    instead = "what is shipped" if hub_id is None else "the default"
    policy = f"The policy {version!r}, {_whose(hub_id, here)},"
    if why.in_force:
        return f"{policy} is in force, but not as it is written. {why}"
    return f"{policy} is not in force, and {instead} holds in its place. {why}"


def _whose(hub_id: UUID | None, here: UUID | None) -> str:
    if hub_id is None:
        return "default"
    return "of this hub" if hub_id == here else f"of hub {hub_id}"
