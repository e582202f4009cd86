"""One page of a resident's readings: its rows, the time they span, and links to other pages.

Guards: it says what is not shown, and where nobody looked for more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.queries.reading_pages import Page
from api.queries.reading_place import after_all
from api.queries.readings import Reading
from api.web.presenters.charted import SPAN, SPAN_WORDS
from api.web.presenters.history import ReadingRow, reading_rows
from api.web.presenters.moments import clock


@dataclass(frozen=True, slots=True)
class PageView:
    """One page. `newer`, `older`: the place to go on from, where there is more."""

    rows: tuple[ReadingRow, ...]
    says: str
    newest: bool
    newer: str | None
    older: str | None
    older_words: str


def view(page: Page, now: datetime, may_correct: Callable[[Reading], bool]) -> PageView:
    """Return the page in words."""
    places = [one.place for one in page.rows]
    before = places[-1] if places else after_all(now - SPAN)
    return PageView(
        rows=reading_rows(page.rows, now, may_correct),
        says=_says(page, now),
        newest=not page.newer,
        newer=places[0].written if places and page.newer else None,
        older=None if page.older is False else before.written,
        older_words="Older readings" if page.older else f"Look for readings before {SPAN_WORDS}",
    )


def _says(page: Page, now: datetime) -> str:
    if not page.rows:
        return "There are no older readings." if page.newer else f"No reading in {SPAN_WORDS}."
    if page.newer:
        also = "There are newer and older ones." if page.older else "There are newer ones. None is older."
        return f"{_span(page.rows, now)}. {also}"
    if page.older:
        return f"The newest {_span(page.rows, now)}. There are older ones."
    return f"All readings of {SPAN_WORDS}: {_span(page.rows, now)}."


def _span(rows: Sequence[Reading], now: datetime) -> str:
    """Return "12 readings, from yesterday 09:00 to today 14:02"."""
    if len(rows) == 1:
        return f"1 reading, {clock(rows[0].effective_at, now)}"
    return f"{len(rows)} readings, from {clock(rows[-1].effective_at, now)} to {clock(rows[0].effective_at, now)}"
