"""What span of a resident's readings is shown, and whether there are more."""

from datetime import UTC, datetime

import pytest

from api.queries.reading_pages import Page
from api.queries.reading_place import Place, place_of
from api.web.presenters.reading_pages import view
from tests.unit.api.web.rows import NOW, ago, reading

TWO = (reading(), reading(effective_at=ago(hours=20)))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page((), newer=False, older=None), "No reading in the last 72 hours."),
        (
            Page(TWO, newer=False, older=None),
            "All readings of the last 72 hours: 2 readings, from yesterday 18:02 to today 13:57.",
        ),
        (
            Page(TWO, newer=False, older=True),
            "The newest 2 readings, from yesterday 18:02 to today 13:57. There are older ones.",
        ),
        (Page(TWO[:1], newer=True, older=True), "1 reading, today 13:57. There are newer and older ones."),
        (
            Page(TWO[:1], newer=True, older=False),
            "1 reading, today 13:57. There are newer ones. None is older.",
        ),
        (Page((), newer=True, older=False), "There are no older readings."),
    ],
    ids=["nothing", "all-of-late", "newest", "between", "oldest", "before-all"],
)
def test_a_page_says_what_it_shows_and_what_not(page: Page, words: str) -> None:
    shown = view(page, NOW, lambda one: False)
    assert shown.says == words
    assert (shown.older is None) == (page.older is False)


@pytest.mark.parametrize("year", [2, 1969, 2026, 9998])
def test_a_place_is_read_as_it_was_written(year: int) -> None:
    place = Place(datetime(year, 2, 3, 4, 5, 6, 789012, tzinfo=UTC), 17)
    assert place_of(place.written) == place


@pytest.mark.parametrize("address", ["", "yesterday", "1_2_3", f"{10**18 - 1}_1", f"-{10**17}_1", "١_١"])
def test_what_is_no_place_is_none(address: str) -> None:
    assert place_of(address) is None
