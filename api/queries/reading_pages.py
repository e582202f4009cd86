"""A resident's readings page by page, newest first.

Guards: paging back shows every reading on one page, whatever arrives meanwhile. A search reaches no further than needed
to fill a page, and the first page needs none.
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
# Most people are measured every day. Each day is a table of its own, so searching all of them is costly.
_LOOKS = (timedelta(days=3), timedelta(days=30), timedelta(days=365))
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """One page, newest first. `newer`, `older`: whether there are such readings; None where nobody looked."""

    rows: Sequence[Reading]
    newer: bool
    older: bool | None


def newest(seen: Sequence[Reading]) -> Page:
    """Return the first page of readings already read; whether older ones exist was not searched for."""
    return Page(seen[:PAGE], newer=False, older=len(seen) > PAGE or None)


def older(conn: psycopg.Connection[Any], resident_id: UUID, place: Place) -> Page:
    """Return the newest readings before this place, however long ago."""
    found = _enough(
        readings(conn, resident_id, since, place, PAGE + 1) for since in _back_from(place.effective_at)
    )
    return Page(found[:PAGE], newer=True, older=len(found) > PAGE)


def newer(conn: psycopg.Connection[Any], resident_id: UUID, place: Place, at: datetime) -> Page:
    """Return the oldest readings after this place."""
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
    """Return the first search that finds more than a page, otherwise the last."""
    found: list[Reading] = []
    for found in looks:
        if len(found) > PAGE:
            break
    return found
