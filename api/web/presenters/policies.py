"""Policies that are not in force as they are written, in words for whoever can have them put right.

Guards: what holds instead is said, in a sentence; which setting is wrong and what it may be is in the fault's own
words, for whoever mends it.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from alerts.policy_faults import Fault

_ASK = "Ask whoever runs Hearthwatch to put it right."
_LOOK = "On the command line, hearthwatch check says why, and what to put right."


def to_lead(faulty: Iterable[tuple[UUID | None, str, Fault]], here: UUID) -> list[str]:
    """Of their hub's own policy and of the default, a sentence each."""
    return [
        f"{says(hub_id, version, why, {here: 'this hub'})} {_ASK}"
        for hub_id, version, why in faulty
        if hub_id in (None, here)
    ]


def to_operator(faulty: Iterable[tuple[UUID | None, str, Fault]], hubs: Mapping[UUID, str]) -> list[str]:
    """Of each a sentence, by the name of its hub."""
    return [f"{says(*one, hubs)} {_LOOK}" for one in faulty]


def says(hub_id: UUID | None, version: str, why: Fault, hubs: Mapping[UUID, str]) -> str:
    """Whose policy is not as it is written, and what holds. A hub that is not in `hubs` is named by its id."""
    whose, instead = "default", "what is shipped"
    if hub_id is not None:
        whose, instead = f"of {hubs.get(hub_id, f'hub {hub_id}')}", "the default"
    policy = f"The policy '{version}', {whose},"
    if why.in_force:
        return f"{policy} is in force, but not as it is written."
    return f"{policy} is not in force, and {instead} holds in its place."
