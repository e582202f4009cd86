"""Counts of several homes as they may be shown: small ones are hidden, and so is whatever would give one away.

Guards: a number from 1 to 4 is shown nowhere and can be worked out from nothing that is shown, a total least of all:
whoever knows these rules is left with at least two possibilities for each number that is hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SMALLEST = 5
# Below this, both a part and what is left of it cannot be large enough.
_SMALLEST_WHOLE_OF_TWO = 2 * SMALLEST


class Hidden(StrEnum):
    """What stands in the place of a number."""

    FEW = "fewer than 5"
    SOME = "some"
    ALL_BUT_A_FEW = "all but fewer than 5"
    NOT_SHOWN = "not shown"


Cell = int | Hidden


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there were at a home, and of how many of them something holds. `few_people`: of so few residents."""

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
    """Between what a hidden number lies, for all that is shown beside it."""

    value: int
    least: int
    most: int


def of_few(people: int) -> bool:
    """Whether these are so few that nothing is shown of them."""
    return 0 < people < SMALLEST


def shown(homes: Sequence[Counted]) -> tuple[list[Shown], Shown]:
    """Each home's numbers as they may be shown, and their total."""
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
    """A part of a whole that is shown: neither it nor what is left may be small."""
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
    # Of few people it may be any number, for all that anybody knows: twice as many will do.
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
    """The sum, where it leaves each number that is hidden in it between two others."""
    total, rest = sum(values), sum(one.value for one in hidden)
    if 0 < total < SMALLEST and not may_be_small:
        return Hidden.NOT_SHOWN if hidden else Hidden.FEW
    if not hidden:
        return total
    if len(hidden) == 1 or (0 < rest < SMALLEST):
        return Hidden.NOT_SHOWN
    between = sum(one.least for one in hidden) < rest < sum(one.most for one in hidden)
    return total if between else Hidden.NOT_SHOWN
