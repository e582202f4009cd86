"""The queue says what is urgent, incomplete, over-due and whose, in words."""

from uuid import UUID

from api.queries.queue import Closed, Part, Totals, Waiting
from api.web.presenters.queue import Queue, queue
from tests.unit.api.web.rows import COLLEAGUE, ME, NOW, ago, course, waiting

NONE = Totals(0, 0, 0, 0, 0, 0)


def shown(
    *rows: Waiting, totals: Totals = NONE, closed: tuple[Closed, ...] = (), lead: bool = False, **part: bool
) -> Queue:
    courses = {row.escalation_id: course() for row in rows}
    return queue(Part(rows, **part), courses, closed, totals, 5, me=ME, now=NOW, lead=lead)


def test_over_due_is_said_in_words() -> None:
    [row] = shown(waiting(deadline_at=ago(minutes=3))).rows
    assert (row.wait.standing, row.wait.overdue) == ("Overdue by 3 min", True)


def test_a_case_that_left_the_hub_while_it_was_read_takes_no_other_off_the_page() -> None:
    stays, left = waiting(), waiting(escalation_id=UUID(int=20))
    courses = {stays.escalation_id: course()}
    page = queue(Part((left, stays)), courses, (), NONE, 5, me=ME, now=NOW)
    assert [row.escalation_id for row in page.rows] == [stays.escalation_id]


def test_what_nobody_claimed_may_be_claimed() -> None:
    [row] = shown(waiting()).rows
    assert (row.state, row.may_claim, row.may_close, row.may_release) == ("Not claimed", True, False, False)


def test_what_i_claimed_i_may_close_or_release() -> None:
    [row] = shown(waiting(state="claimed", claimed_by=ME, claimed_at=ago(minutes=1))).rows
    assert (row.state, row.may_claim, row.may_close, row.may_release) == ("Claimed by you", False, True, True)


def test_what_a_colleague_claimed_is_left_to_them_except_that_a_lead_may_release_it() -> None:
    theirs = waiting(
        state="claimed", claimed_by=COLLEAGUE, claimed_by_name="Cleo Colleague", claimed_at=ago(minutes=1)
    )
    [row] = shown(theirs).rows
    assert (row.state, row.may_claim, row.may_close, row.may_release) == (
        "Claimed by Cleo Colleague",
        False,
        False,
        False,
    )
    [row] = shown(theirs, lead=True).rows
    assert (row.may_close, row.may_release) == (False, True)


def test_a_closing_can_be_undone_by_whoever_closed_it() -> None:
    row = waiting()
    mine, theirs = (
        Closed(
            escalation_id=row.escalation_id,
            resident_id=row.resident_id,
            resident_name=row.resident_name,
            synthetic=False,
            home_name=row.home_name,
            severity="high",
            disposition="gp_today",
            note="The GP rings at 15:00.",
            closed_at=ago(minutes=4),
            closed_by=who,
            closed_by_name="Cleo Colleague",
        )
        for who in (ME, COLLEAGUE)
    )
    first, second = shown(closed=(mine, theirs)).closed
    assert (first.by, first.disposition, first.may_undo) == ("you", "GP today", True)
    assert (second.by, second.may_undo) == ("Cleo Colleague", False)


def test_synthetic_residents_never_add_to_the_counts() -> None:
    assert shown(totals=Totals(3, 1, 2, 12, 0, 4)).summary == (
        "3 waiting",
        "1 claimed",
        "2 overdue",
        "not counted, because synthetic: 12 waiting, 0 claimed, 4 overdue",
    )
    assert shown(totals=Totals(0, 0, 0, 2, 1, 0)).summary[-1] == "all of them synthetic"


def test_of_those_that_are_overdue_the_claimed_are_counted_too() -> None:
    assert shown(totals=Totals(1, 2, 2, 0, 0, 0, claimed_overdue=1)).summary == (
        "1 waiting",
        "2 claimed",
        "2 overdue (1 of them claimed)",
    )


def test_rows_that_are_not_shown_are_said_to_exist() -> None:
    assert shown(waiting(), totals=Totals(1, 0, 0, 0, 0, 0)).not_shown is None
    first = shown(waiting(), totals=Totals(201, 5, 0, 4, 0, 0), more=True)
    assert first.not_shown == "The first 1 of 210 are shown, in this order."
    assert first.onward == waiting().escalation_id


def test_turned_to_later_ones_the_page_says_that_the_urgent_are_not_on_it() -> None:
    last = shown(totals=Totals(201, 5, 0, 4, 0, 0), later=True)
    assert last.not_shown == (
        "These are 0 of 210. Whoever is more urgent stands before them, new escalations too."
    )
    assert (last.nobody, last.onward) == ("Nobody comes after that.", None)
