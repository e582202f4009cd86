"""A hub's counts in words: months as they are in London, and no small number."""

from datetime import UTC, datetime

import pytest

from api.queries.counts import HomeCounts
from api.web.presenters.counts import months, span, table

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def home(
    residents: int,
    raised: int,
    in_time: int,
    could_send_from: datetime | None = datetime(2026, 1, 1, tzinfo=UTC),
    *,
    watched: bool = True,
) -> HomeCounts:
    of_severities = [raised, 0, 0, 0, 0], [in_time, 0, 0, 0, 0]
    return HomeCounts(
        f"Home {residents}", could_send_from, residents, 0, 1200, 300, 298, *of_severities, watched=watched
    )


def test_a_table_in_words() -> None:
    homes = [home(30, 12, 12), home(20, 3, 1), home(25, 4, 0), home(3, 2, 0), home(40, 20, 14)]
    shown = table(homes, "2026-11", NOW)
    assert [row.cells[:3] for row in shown.rows] == [
        ("1,200", "all but fewer than 5 of 300", "12 of 12"),
        ("1,200", "all but fewer than 5 of 300", "fewer than 5"),
        ("1,200", "all but fewer than 5 of 300", "fewer than 5"),
        ("not shown", "not shown", "not shown"),
        ("1,200", "all but fewer than 5 of 300", "14 of 20"),
    ]
    assert shown.rows[0].cells[3] == "none to judge"
    assert shown.total.cells == ("not shown", "not shown", "not shown, of 41", *["not shown"] * 4)


@pytest.mark.parametrize(
    ("month", "could_send_from", "said"),
    [
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC), ""),
        ("2026-11", NOW, "Sets are due from today 12:00, when it first had a kit or a form"),
        ("2026-10", NOW, "No kit and no form in this month: no sets were due"),
        ("2026-11", None, "No kit and no form in this month: no sets were due"),
    ],
)
def test_a_home_says_since_when_sets_are_due_there_where_that_is_not_the_whole_month(
    month: str, could_send_from: datetime | None, said: str
) -> None:
    [row] = table([home(30, 12, 12, could_send_from)], month, NOW).rows
    assert row.note == said


def test_a_home_that_has_another_hub_now_says_what_is_counted_of_it() -> None:
    [row] = table([home(30, 12, 12, None, watched=False)], "2026-11", NOW).rows
    assert row.note == "This home has another hub now: only the escalations of this hub are counted here"


def test_months_begin_and_end_at_midnight_in_london() -> None:
    listed = months(datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
    assert (listed[0], listed[1], len(listed)) == (
        ("2027-01", "January 2027 so far"),
        ("2026-12", "December 2026"),
        13,
    )
    assert span("2026-10") == (datetime(2026, 9, 30, 23, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert span("2026-12")[1] == datetime(2027, 1, 1, tzinfo=UTC)
