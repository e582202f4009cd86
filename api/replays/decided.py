"""Decisions for the residents of a file: limits of their own, scale 2, and reasons for no score.

Guards: a decision that cannot be read is refused with its row, never left out, because a replay without it would look
as good. As live, each holds for readings from its `from` until before its `until`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from alerts.news2 import SIGNS
from alerts.replay.sets import Sets
from api.replays.columns import NO_TIME, moment, text_of
from api.score_files import sources
from api.score_files.cells import number
from api.score_files.problems import FileError
from devices.vital_signs import QUANTITIES

RESIDENT, DECIDED, LOW, HIGH, FROM, UNTIL = "resident", "decided", "low", "high", "from", "until"
NEEDED = (RESIDENT, DECIDED)
COLUMNS = (*NEEDED, LOW, HIGH, FROM, UNTIL)
NO_SCORE, SCALE_2 = "no_score", "scale_2"
LIMITED = tuple(sign for sign in SIGNS if sign in QUANTITIES)
_ALWAYS, _NEVER = NO_TIME, int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Decision:
    """One row. `what`: a sign, with `low` and `high` to remark on, or no_score, or scale_2."""

    resident: str
    what: str
    since: int = _ALWAYS
    until: int = _NEVER
    low: float = -np.inf
    high: float = np.inf


def read_decided(file: Path) -> list[Decision]:
    """Return all rows of a file. Raises FileError."""
    decisions: list[Decision] = []
    with sources.opened(file) as given:
        _check(file, given.schema.names)
        for batch in given.batches:
            for place, row in enumerate(_rows(batch.rows)):
                try:
                    decisions.append(_decision(row, batch.misfits.get(place)))
                except ValueError as error:
                    raise FileError(f"{file}, row {len(decisions) + 1}: {error}.") from None
    return decisions


def _check(file: Path, names: Sequence[str]) -> None:
    """Refuse unknown columns: an end under a misspelt name would be lost, and the decision would hold for ever."""
    if missing := [name for name in NEEDED if name not in names]:
        raise FileError(f"{file}: there is no column {' or '.join(missing)}.")
    if unknown := [name for place, name in enumerate(names) if name not in COLUMNS or name in names[:place]]:
        raise FileError(
            f"{file}: {unknown[0]} is none of its columns, or twice: they are {', '.join(COLUMNS)}."
        )


def _rows(batch: pa.RecordBatch) -> Iterator[Mapping[str, str]]:
    names = [name for name in COLUMNS if name in batch.schema.names]
    columns = [text_of(batch.column(name)).to_pylist() for name in names]
    for cells in zip(*columns, strict=True):
        yield dict(zip(names, (cell or "" for cell in cells), strict=True))


def _decision(row: Mapping[str, str], misfit: str | None) -> Decision:
    what = row[DECIDED]
    if misfit:
        raise ValueError(misfit)
    if not row[RESIDENT]:
        raise ValueError("it names no resident")
    if what not in (NO_SCORE, SCALE_2, *LIMITED):
        raise ValueError(f"{DECIDED} is none of {', '.join((NO_SCORE, SCALE_2, *LIMITED))}")
    said = [name for name in (LOW, HIGH) if row.get(name)]
    if what in LIMITED and not said:
        raise ValueError(f"a limit has a value in {LOW}, in {HIGH} or in both")
    if said and what not in LIMITED:
        raise ValueError(f"{what} has no {' and no '.join(said)}")
    decision = Decision(
        row[RESIDENT],
        what,
        _moment(row, FROM, _ALWAYS),
        _moment(row, UNTIL, _NEVER),
        _number(row, LOW, -np.inf),
        _number(row, HIGH, np.inf),
    )
    if decision.low > decision.high or decision.since >= decision.until:
        raise ValueError(f"it ends before it begins: look at {LOW} and {HIGH}, {FROM} and {UNTIL}")
    return decision


def _moment(row: Mapping[str, str], name: str, otherwise: int) -> int:
    said = row.get(name, "")
    at = moment(said)
    if said and at is None:
        raise ValueError(f"{name} is no moment with its offset from UTC, such as 2026-03-04T09:00:00Z")
    return otherwise if at is None else at


def _number(row: Mapping[str, str], name: str, otherwise: float) -> float:
    said = row.get(name, "")
    if not said:
        return otherwise
    value = number(said)
    if value is None or not np.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return value


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions by the number of their resident."""

    of: Mapping[int, Sequence[Decision]]

    def in_force(self, sets: Sets) -> Sets:
        """Return the same readings, grouped by resident, with these decisions applied."""
        if not self.of:
            return sets
        scale, unfit, outside = sets.spo2_scale.copy(), sets.unfit.copy(), sets.outside_own.copy()
        for resident, decisions in self.of.items():
            start, stop = np.searchsorted(sets.resident, (resident, resident + 1)).tolist()
            at = sets.effective_at[start:stop]
            for one in decisions:
                rows = start + np.flatnonzero((one.since <= at) & (at < one.until))
                if one.what == SCALE_2:
                    scale[rows] = 2
                elif one.what == NO_SCORE:
                    unfit[rows] = True
                else:
                    values = sets.values[rows, SIGNS.index(one.what)]
                    outside[rows] |= (values < one.low) | (values > one.high)
        return replace(sets, spo2_scale=scale, unfit=unfit, outside_own=outside)


def of_residents(decisions: Sequence[Decision], numbers: Mapping[str, int]) -> tuple[Decided, int]:
    """Return the decisions by resident number, and how many concern nobody in the readings."""
    of: dict[int, list[Decision]] = {}
    for one in decisions:
        if one.resident in numbers:
            of.setdefault(numbers[one.resident], []).append(one)
    return Decided(of), sum(one.resident not in numbers for one in decisions)
