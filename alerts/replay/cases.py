"""How findings would fill a hub's queue: one open case a resident, which findings join.

Guards: as live, a case is as grave as the gravest finding in it. Nobody answers in a replay, so a case counts
as closed a fixed time after it was raised. That time is the same for every policy, so that two can be
compared.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.replay.found import Found


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Escalations, by resident and moment. `rule` is that of the first of a case's gravest findings."""

    resident: NDArray[np.int64]
    home: NDArray[np.int64]
    raised_at: NDArray[np.int64]
    rule: NDArray[np.int8]
    severity: NDArray[np.int8]  # rank

    def __len__(self) -> int:
        return len(self.resident)


def cases(found: Found, open_for: int) -> Cases:
    """Return the cases that these findings, in order, would raise; `open_for` in microseconds."""
    raised = np.array(_first_of_each(found.resident, found.at, open_for), dtype=np.intp)
    if not len(raised):
        return Cases(found.resident, found.home, found.at, found.rule, found.severity)
    # The first of a case's gravest findings names its rule.
    weight = found.severity.astype(np.int64) * len(found) + np.arange(len(found))
    gravest = np.minimum.reduceat(weight, raised) % len(found)
    return Cases(
        resident=found.resident[raised],
        home=found.home[raised],
        raised_at=found.at[raised],
        rule=found.rule[gravest],
        severity=found.severity[gravest],
    )


def _first_of_each(resident: NDArray[np.int64], at: NDArray[np.int64], open_for: int) -> list[int]:
    places: list[int] = []
    whose, until = -1, 0
    for place, (one, moment) in enumerate(zip(resident.tolist(), at.tolist(), strict=True)):
        if one != whose or moment >= until:
            places.append(place)
            whose, until = one, moment + open_for
    return places
