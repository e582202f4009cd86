"""Policies that are not in force as they are written, in words for whoever can have them put right.

Guards: what holds instead is said, in a sentence; which setting is wrong and what it may be is in the fault's own
words, for whoever mends it.
"""

from collections.abc import Iterable
from uuid import UUID

from alerts.policy_faults import Fault

_MORE = "`hearthwatch check` says why, and what to put right."


def told(faulty: Iterable[tuple[UUID | None, str, Fault]], here: UUID | None = None) -> list[str]:
    """Of each a sentence; where a hub is named, of its own and of the default."""
    return [
        f"{says(hub_id, version, why, here)} {_MORE}"
        for hub_id, version, why in faulty
        if here is None or hub_id in (None, here)
    ]


def says(hub_id: UUID | None, version: str, why: Fault, here: UUID | None = None) -> str:
    """Whose policy is not as it is written, and what holds."""
    instead = "what is shipped" if hub_id is None else "the default"
    policy = f"The policy {version!r}, {_whose(hub_id, here)},"
    if why.in_force:
        return f"{policy} is in force, but not as it is written."
    return f"{policy} is not in force, and {instead} holds in its place."


def _whose(hub_id: UUID | None, here: UUID | None) -> str:
    if hub_id is None:
        return "default"
    return "of this hub" if hub_id == here else f"of hub {hub_id}"
