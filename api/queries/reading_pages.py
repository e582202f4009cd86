"""A resident's readings page by page, the newest first.

Guards: going back, every reading is on one page, whatever has come meanwhile; a look reaches no further than it must to
fill a page, and what is shown first costs none.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from api.queries.reading_place import Place
from api.queries.readings import Reading, readings, readings_after
from ingest.quality import AHEAD

PAGE = 50
# Most people are measured every day; every day is a table of its own, so that to look at all of them is dear.
_LOOKS = (timedelta(days=3), timedelta(days=30), timedelta(days=365))
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first. `newer`, `older`: whether there are such readings; None where nobody looked."""

    rows: Sequence[Reading]
    newer: bool
    older: bool | None


def newest(seen: Sequence[Reading]) -> Page:
    """The first page of what was read already; whether there is more before that was not looked for."""
    return Page(seen[:PAGE], newer=False, older=len(seen) > PAGE or None)


def older(conn: psycopg.Connection[Any], resident_id: UUID, place: Place) -> Page:
    """The newest before this place, however long ago."""
    found = _enough(
        readings(conn, resident_id, since, place, PAGE + 1) for since in _back_from(place.effective_at)
    )
    return Page(found[:PAGE], newer=True, older=len(found) > PAGE)


def newer(conn: psycopg.Connection[Any], resident_id: UUID, place: Place, at: datetime) -> Page:
    """The oldest after this place."""
    found = _enough(
        readings_after(conn, resident_id, place, until, PAGE + 1)
        for until in _on_from(place.effective_at, at + AHEAD)
    )
    return Page(found[:PAGE][::-1], newer=len(found) > PAGE, older=True)


def _back_from(moment: datetime) -> Iterator[datetime]:
    yield from (moment - back for back in _LOOKS if moment - _BEGINNING > back)
    yield _BEGINNING


def _on_from(moment: datetime, end: datetime) -> Iterator[datetime]:
    yield from (moment + on for on in _LOOKS if end - moment > on)
    yield end


def _enough(looks: Iterable[list[Reading]]) -> list[Reading]:
    """The first look that finds more than a page, else the last."""
    found: list[Reading] = []
    for found in looks:
        if len(found) > PAGE:
            break
    return found
