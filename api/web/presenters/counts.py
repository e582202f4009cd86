"""A hub's counts for a month, in words.

Guards: only what `api.small_numbers` allows is shown. Synthetic residents are left out, or the page says that they are
counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from api.queries.counts import HomeCounts
from api.small_numbers import Counted, Hidden, Shown, of_few, shown
from api.web.presenters.escalations import SEVERITIES
from api.web.presenters.moments import LONDON, clock, london_day

MONTHS_BACK = 12
COLUMNS = (
    "Readings",
    "Sets of observations done",
    *(f"{words}: answered in time" for words in SEVERITIES.values()),
)
_LEFT = "This home has another hub now: only the escalations of this hub are counted here"


@dataclass(frozen=True, slots=True)
class Row:
    """One home, or all of them."""

    home: str
    cells: tuple[str, ...]
    note: str = ""
    """Where a home's numbers do not cover a whole month."""


@dataclass(frozen=True, slots=True)
class Table:
    """A hub's month."""

    rows: tuple[Row, ...]
    total: Row
    synthetic: int
    """How many synthetic residents there are."""
    anybody: bool
    """Whether anybody is counted."""


def months(at: datetime) -> list[tuple[str, str]]:
    """Return this month and those before it, as `2026-11` and in words, latest first."""
    today = london_day(at)
    firsts = [_first(today, back) for back in range(MONTHS_BACK + 1)]
    return [
        (f"{one:%Y-%m}", f"{one:%B %Y}{' so far' if number == 0 else ''}")
        for number, one in enumerate(firsts)
    ]


def span(month: str) -> tuple[datetime, datetime]:
    """Return the begin and the end of a month in London."""
    first = date.fromisoformat(f"{month}-01")
    return _midnight(first), _midnight(_first(first, -1))


def table(homes: Sequence[HomeCounts], month: str, now: datetime) -> Table:
    """Return what may be shown of a month."""
    since, until = span(month)
    grades = range(len(SEVERITIES))
    columns = [
        _column(homes, lambda one: (one.readings, one.readings), _number),
        _column(homes, lambda one: (one.sets_due, one.sets_done), partial(_part, none="none due")),
        *(
            _column(homes, lambda one, grade=grade: (one.raised[grade], one.in_time[grade]), _part)
            for grade in grades
        ),
    ]
    rows = tuple(
        Row(
            home.home,
            tuple(cells[number] for cells, _ in columns),
            _due_from(home.could_send_from, since, until, now) if home.watched else _LEFT,
        )
        for number, home in enumerate(homes)
    )
    return Table(
        rows,
        Row("All homes", tuple(total for _, total in columns)),
        sum(home.synthetic for home in homes),
        any(home.residents for home in homes),
    )


def _due_from(could_send_from: datetime | None, since: datetime, until: datetime, now: datetime) -> str:
    if could_send_from is None or could_send_from >= until:
        return "No kit and no form in this month: no sets were due"
    if could_send_from <= since:
        return ""
    return f"Sets are due from {clock(could_send_from, now)}, when it first had a kit or a form"


def _column(
    homes: Sequence[HomeCounts], of: Callable[[HomeCounts], tuple[int, int]], words: Callable[[Shown], str]
) -> tuple[list[str], str]:
    cells, total = shown([Counted(*of(home), few_people=_few(home, of(home)[0])) for home in homes])
    return [words(cell) for cell in cells], words(total)


def _few(home: HomeCounts, whole: int) -> bool:
    """Return whether few people are behind a number: those who live there, or who did and have moved."""
    return of_few(home.residents) or (home.residents == 0 and whole > 0)


def _number(cell: Shown) -> str:
    return _written(cell.whole)


def _part(cell: Shown, none: str = "none to judge") -> str:
    """Return "none due", "12 of 14", "all but fewer than 5 of 1,080", "not shown, of 41" or "fewer than 5"."""
    if isinstance(cell.whole, Hidden):
        return str(cell.whole)
    if cell.whole == 0:
        return none
    if cell.part is Hidden.NOT_SHOWN:
        return f"{cell.part}, of {_written(cell.whole)}"
    return f"{_written(cell.part)} of {_written(cell.whole)}"


def _written(number: int | Hidden) -> str:
    return str(number) if isinstance(number, Hidden) else f"{number:,}"


def _first(day: date, months_back: int) -> date:
    """Return the first day of the month this many months earlier."""
    years, month = divmod(day.year * 12 + day.month - 1 - months_back, 12)
    return date(years, month + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
