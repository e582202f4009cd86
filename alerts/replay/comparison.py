"""What another policy would change: escalations that appear, disappear or change severity, counted.

Guards: each case of either policy is counted once. Two cases of one resident, one of each policy, are the
same case if they are open at the same time.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.replay.cases import Cases
from alerts.replay.found import RULES
from alerts.replay.sets import HOUR
from alerts.severity import Severity

_LONDON = ZoneInfo("Europe/London")
_SEVERITIES = len(list(Severity))


class Kind(IntEnum):
    """What is counted about cases."""

    OLD = 0
    NEW = 1
    APPEARS = 2
    DISAPPEARS = 3
    GRAVER = 4
    MILDER = 5


_KINDS = len(Kind)


def _of_each_kind() -> NDArray[np.int64]:
    return np.zeros(_KINDS, dtype=np.int64)


def _zeros(columns: int) -> NDArray[np.int64]:
    return np.zeros((_KINDS, columns), dtype=np.int64)


@dataclass(slots=True)
class Counts:
    """How many cases of each kind there are, by rule, by severity, by hour of the day in London, and by home."""

    by_rule: NDArray[np.int64] = field(default_factory=lambda: _zeros(len(RULES)))
    by_severity: NDArray[np.int64] = field(default_factory=lambda: _zeros(_SEVERITIES))
    by_hour: NDArray[np.int64] = field(default_factory=lambda: _zeros(24))
    by_home: dict[int, NDArray[np.int64]] = field(default_factory=lambda: defaultdict(_of_each_kind))

    def total(self, kind: Kind) -> int:
        return int(self.by_rule[kind].sum())

    def add(self, old: Cases, new: Cases, open_for: int) -> None:
        """Count the cases of some residents under both policies."""
        ours, theirs = same(old, new, open_for)
        changed = new.severity[theirs].astype(np.int64) - old.severity[ours]
        self._count(Kind.OLD, old, np.arange(len(old)))
        self._count(Kind.NEW, new, np.arange(len(new)))
        self._count(Kind.APPEARS, new, _without(len(new), theirs))
        self._count(Kind.DISAPPEARS, old, _without(len(old), ours))
        self._count(Kind.GRAVER, new, theirs[changed < 0])
        self._count(Kind.MILDER, new, theirs[changed > 0])

    def join(self, other: "Counts") -> None:
        """Add what was counted of other residents."""
        self.by_rule += other.by_rule
        self.by_severity += other.by_severity
        self.by_hour += other.by_hour
        for home, counts in other.by_home.items():
            self.by_home[home] += counts

    def _count(self, kind: Kind, of: Cases, rows: NDArray[np.intp]) -> None:
        self.by_rule[kind] += np.bincount(of.rule[rows], minlength=len(RULES))
        self.by_severity[kind] += np.bincount(of.severity[rows], minlength=_SEVERITIES)
        self.by_hour[kind] += np.bincount(_hours(of.raised_at[rows]), minlength=24)
        homes, counts = np.unique(of.home[rows], return_counts=True)
        for home, count in zip(homes.tolist(), counts.tolist(), strict=True):
            self.by_home[home][kind] += count


def same(old: Cases, new: Cases, open_for: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of cases, one of each policy, that are open at the same time.

    A case is in one pair at most; the earliest are paired first.
    """
    ours: list[int] = []
    theirs: list[int] = []
    before = list(zip(old.resident.tolist(), old.raised_at.tolist(), strict=True))
    after = list(zip(new.resident.tolist(), new.raised_at.tolist(), strict=True))
    one = other = 0
    while one < len(before) and other < len(after):
        (whose, at), (theirs_is, then) = before[one], after[other]
        if whose == theirs_is and abs(at - then) < open_for:
            ours.append(one)
            theirs.append(other)
            one, other = one + 1, other + 1
        elif (whose, at) < (theirs_is, then):
            one += 1
        else:
            other += 1
    return np.array(ours, dtype=np.intp), np.array(theirs, dtype=np.intp)


def _without(count: int, taken: NDArray[np.intp]) -> NDArray[np.intp]:
    left = np.ones(count, dtype=bool)
    left[taken] = False
    return np.flatnonzero(left)


def _hours(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the hour of the day in London of each moment."""
    hours, places = np.unique(at // HOUR, return_inverse=True)
    local = np.array([_local_hour(hour) for hour in hours.tolist()], dtype=np.int64)
    return local[places.reshape(-1)] if len(local) else local


@lru_cache(maxsize=20_000)
def _local_hour(hour: int) -> int:
    return datetime.fromtimestamp(hour * 3600, UTC).astimezone(_LONDON).hour
