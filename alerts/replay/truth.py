"""What was scripted for a simulation's residents, and how findings compare with it.

Guards: an illness counts as noticed only before its crisis. A finding is false if its resident was well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from alerts.replay.completeness import KINDS, DueSets, kinds
from alerts.replay.found import Found
from alerts.replay.intervals import Residents
from alerts.replay.sets import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Illness:
    """One illness as it was scripted; moments in microseconds since 1970."""

    resident: int
    scenario: str
    onset: int
    crisis: int
    over: int


class Truth:
    """What was scripted for whom, and how complete the sets are that were measured of it."""

    def __init__(
        self, residents: Sequence[int], span: tuple[int, int], due: DueSets, illnesses: Sequence[Illness]
    ) -> None:
        """`span`: the moments of the first reading and of the last."""
        self._codes = np.unique(residents)
        self._first, last = span
        self.every = illnesses
        self.residents = Residents(self.count)
        self.days = max(1.0, (last - self._first) / DAY)
        self.kind_of_day = self._kinds_of_days(due)
        # Nobody could have noticed an illness without sets, or one whose crisis comes after the last reading.
        counted = [(one, *_before_crisis(one, due)) for one in illnesses if one.crisis <= last]
        counted = [(one, complete, sets) for one, complete, sets in counted if sets]
        self.illnesses = [one for one, _, _ in counted]
        self.ill = self.numbers(np.array([one.resident for one in self.illnesses], dtype=np.int64))
        complete, sets = (np.array([one[part] for one in counted], dtype=np.int64) for part in (1, 2))
        self.kind_of_illness = kinds(complete, sets)

    @property
    def count(self) -> int:
        return len(self._codes)

    def numbers(self, residents: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the place of each resident among all of them."""
        return np.searchsorted(self._codes, residents)

    def day(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the day of each moment, counted from the first reading of all.

        What falls due after the last reading counts to the last day.
        """
        return np.minimum((at - self._first) // DAY, ceil(self.days) - 1)

    @cached_property
    def days_by_kind(self) -> NDArray[np.float64]:
        """How many days of each kind each resident has; the last day may be a part of one."""
        length = np.ones(ceil(self.days))
        length[-1] -= len(length) - self.days
        return np.stack([(self.kind_of_day == kind) @ length for kind in range(len(KINDS))], axis=1)

    def _kinds_of_days(self, due: DueSets) -> NDArray[np.int8]:
        """Return the kind of each day, by resident and day."""
        shape = (self.count, ceil(self.days))
        cell = self.numbers(due.resident) * shape[1] + self.day(due.moment)
        complete, every = (
            np.bincount(of, minlength=shape[0] * shape[1]) for of in (cell[due.complete], cell)
        )
        return kinds(complete, every).reshape(shape)


def _before_crisis(one: Illness, due: DueSets) -> tuple[int, int]:
    """Return how many sets were complete, and how many were due, from an illness's onset to its crisis."""
    sets = (due.resident == one.resident) & (due.moment >= one.onset) & (due.moment <= one.crisis)
    return int(due.complete[sets].sum()), int(sets.sum())


class Marked:
    """Findings with their resident's number, the kind of their day, and whether they are right."""

    def __init__(self, truth: Truth, findings: Found) -> None:
        self.findings = findings
        self.number = truth.numbers(findings.resident)
        self.kind = truth.kind_of_day[self.number, truth.day(findings.at)]
        self.right = np.zeros(len(findings), dtype=bool)
        for one in truth.every:
            ill = (findings.at >= one.onset) & (findings.at <= one.over)
            self.right |= ill & (findings.resident == one.resident)
        self.leads = np.array([self._lead(one) for one in truth.illnesses], dtype=np.float64)

    def _lead(self, one: Illness) -> float:
        """Return the hours from the first finding of an illness to its crisis; NaN if there is none."""
        found_at = self.findings.at[self.findings.resident == one.resident]
        early = found_at[(found_at >= one.onset) & (found_at <= one.crisis)]
        return (one.crisis - int(early.min())) / HOUR if len(early) else np.nan
