"""Counts of several homes with small numbers hidden, and with every number that would reveal one.

Guards: a number from 1 to 4 is shown nowhere, and cannot be worked out from what is shown, totals included. Somebody
who knows these rules is left with at least two possible values for each hidden number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SMALLEST = 5
# Below this, a part and its remainder cannot both be large enough.
_SMALLEST_WHOLE_OF_TWO = 2 * SMALLEST


class Hidden(StrEnum):
    """What is shown in place of a number."""

    FEW = "fewer than 5"
    SOME = "some"
    ALL_BUT_A_FEW = "all but fewer than 5"
    NOT_SHOWN = "not shown"


Cell = int | Hidden


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there were at a home, and for how many of them something holds. `few_people`: of so few residents."""

    whole: int
    part: int
    few_people: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """The same as it may be shown."""

    whole: Cell
    part: Cell


@dataclass(frozen=True, slots=True)
class _Range:
    """The range of a hidden number, as far as it follows from what is shown."""

    value: int
    least: int
    most: int


def of_few(people: int) -> bool:
    """Return whether these are so few that nothing is shown about them."""
    return 0 < people < SMALLEST


def shown(homes: Sequence[Counted]) -> tuple[list[Shown], Shown]:
    """Return each home's numbers as they may be shown, and their total."""
    cells = [_one(home) for home in homes]
    pairs = list(zip(homes, cells, strict=True))
    whole = _total(
        [home.whole for home in homes], [_whole_range(*pair) for pair in pairs if _hides_whole(*pair)]
    )
    if isinstance(whole, Hidden):
        return cells, Shown(whole, Hidden.NOT_SHOWN)
    parts = [_part_range(*pair) for pair in pairs if isinstance(pair[1].part, Hidden)]
    if whole and _pair(whole, sum(home.part for home in homes)) in (
        Hidden.FEW,
        Hidden.SOME,
        Hidden.ALL_BUT_A_FEW,
    ):
        return cells, Shown(whole, Hidden.NOT_SHOWN)
    return cells, Shown(whole, _total([home.part for home in homes], parts, may_be_small=True))


def _one(home: Counted) -> Shown:
    if home.few_people:
        return Shown(Hidden.NOT_SHOWN, Hidden.NOT_SHOWN)
    if 0 < home.whole < SMALLEST:
        return Shown(Hidden.FEW, Hidden.NOT_SHOWN)
    return Shown(home.whole, _pair(home.whole, home.part))


def _pair(whole: int, part: int) -> Cell:
    """Return a part of a shown whole, hidden where it or its remainder is small."""
    if part in (0, whole):
        return part
    if whole < _SMALLEST_WHOLE_OF_TWO:
        return Hidden.SOME
    if part < SMALLEST:
        return Hidden.FEW
    return Hidden.ALL_BUT_A_FEW if whole - part < SMALLEST else part


def _hides_whole(_: Counted, cell: Shown) -> bool:
    return isinstance(cell.whole, Hidden)


def _whole_range(home: Counted, cell: Shown) -> _Range:
    # Of few people it may be any number, as far as anybody knows; twice as many will do.
    return (
        _Range(home.whole, 1, SMALLEST - 1)
        if cell.whole is Hidden.FEW
        else _Range(home.whole, 0, 2 * home.whole + 2)
    )


def _part_range(home: Counted, cell: Shown) -> _Range:
    whole = home.whole
    match cell.part:
        case Hidden.FEW:
            return _Range(home.part, 1, SMALLEST - 1)
        case Hidden.SOME:
            return _Range(home.part, 1, whole - 1)
        case Hidden.ALL_BUT_A_FEW:
            return _Range(home.part, whole - SMALLEST + 1, whole - 1)
        case _:
            return _Range(home.part, 0, whole)


def _total(values: Sequence[int], hidden: Sequence[_Range], *, may_be_small: bool = False) -> Cell:
    """Return the sum, where each hidden number in it could still be a larger or a smaller one."""
    total, rest = sum(values), sum(one.value for one in hidden)
    if 0 < total < SMALLEST and not may_be_small:
        return Hidden.NOT_SHOWN if hidden else Hidden.FEW
    if not hidden:
        return total
    if len(hidden) == 1 or (0 < rest < SMALLEST):
        return Hidden.NOT_SHOWN
    between = sum(one.least for one in hidden) < rest < sum(one.most for one in hidden)
    return total if between else Hidden.NOT_SHOWN
