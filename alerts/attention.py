"""Which moments of a batch the rules look at one by one; the others are settled all at once.

Guards: the rules look at all of a resident's moments in the batch or at none. They look if one moment may
concern them, or if a question about the resident is open. They go in order of arrival.
"""

from collections.abc import Set as AbstractSet
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from alerts import news2
from alerts.policy import PolicyBook
from alerts.screen import looks_from, may_speak
from alerts.sets.scoring import Moments, Reading, arrived
from ingest.arrival import NewReading


def remarkable(moments: Moments, policies: PolicyBook, asked: AbstractSet[UUID]) -> NDArray[np.bool_]:
    """Return, for each of m moments, whether the rules look at it.

    `asked`: residents with an open question.
    """
    may = may_speak(
        news2.score_packed(moments.codes),
        said=_at_its_own(moments, [says_more(row) for row in moments.rows]),
        scheduled=_at_its_own(moments, [_is_scheduled(row) for row in moments.rows]),
        looks_from=_looks_from(moments, policies),
    )
    looked_at = np.array([resident in asked for resident in moments.residents], np.bool_)
    looked_at[moments.resident[may]] = True
    return looked_at[moments.resident]


def _looks_from(moments: Moments, policies: PolicyBook) -> int | NDArray[np.int64]:
    """Return the least score the rules look at: one number, or m where hubs differ.

    Each moment goes by its own hub's policy, so one hub's choice costs the others nothing.
    """
    of_hub = {hub: looks_from(policy) for hub, policy in policies.of_hub.items()}
    default = looks_from(policies.default)
    if set(of_hub.values()) <= {default}:
        return default
    hubs = [arrived(moments.rows[place]).placement.hub_id for place in moments.cause.tolist()]
    return np.array([of_hub.get(hub, default) for hub in hubs], np.int64)


def says_more(row: Reading) -> bool:
    """Return whether a reading says anything besides signs that were measured and are easy to believe."""
    if not isinstance(row, NewReading):
        return False
    said = row.payload
    return bool(
        row.flags
        or said.not_obtained
        or said.soft_signs
        or said.emergency_signs
        or said.worry
        or said.not_understood
    )


def _is_scheduled(row: Reading) -> bool:
    return isinstance(row, NewReading) and row.payload.scheduled_full_set


def _at_its_own(moments: Moments, of_row: list[bool]) -> NDArray[np.bool_]:
    """Return, for each of m moments, what its reading says; False at moments other than the reading's own."""
    return moments.own & np.array(of_row, np.bool_)[moments.target]
