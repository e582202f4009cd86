"""Policies that are not in force as they are written, in words for those who can have them corrected.

Guards: what is in force instead is said. The fault's own words name the setting and what it may be.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from alerts.policy_faults import Fault

_ASK = "Ask whoever runs Hearthwatch to put it right."
_LOOK = "On the command line, hearthwatch check says why, and what to put right."


def to_lead(faulty: Iterable[tuple[UUID | None, str, Fault]], here: UUID) -> list[str]:
    """Return a sentence each for faults in the hub's own policy and in the default."""
    return [
        f"{says(hub_id, version, why, {here: 'this hub'})} {_ASK}"
        for hub_id, version, why in faulty
        if hub_id in (None, here)
    ]


def to_operator(faulty: Iterable[tuple[UUID | None, str, Fault]], hubs: Mapping[UUID, str]) -> list[str]:
    """Return a sentence for each fault, with its hub's name."""
    return [f"{says(*one, hubs)} {_LOOK}" for one in faulty]


def says(hub_id: UUID | None, version: str, why: Fault, hubs: Mapping[UUID, str]) -> str:
    """Return whose policy is not in force as written, and what holds.

    A hub not in `hubs` is named by its id.
    """
    whose, instead = "default", "what is shipped"
    if hub_id is not None:
        whose, instead = f"of {hubs.get(hub_id, f'hub {hub_id}')}", "the default"
    policy = f"The policy '{version}', {whose},"
    if why.in_force:
        return f"{policy} is in force, but not as it is written."
    return f"{policy} is not in force, and {instead} holds in its place."
