"""How a resident has been since their case was raised: the worst, the latest, and what people said, in words."""

from api.queries.course import Course
from api.queries.said import MOST_SAID
from api.web.presenters.course import CourseView, course_view
from tests.unit.api.web.rows import COLLEAGUE, ME, NOW, ago, bounds, course, said


def shown(one: Course) -> CourseView:
    return course_view(one, ME, NOW)


def labels(one: Course) -> list[tuple[str, str]]:
    return [(line.label, line.bounds) for line in shown(one).scores]


def test_the_worst_and_the_latest_are_both_shown_each_with_its_own_time() -> None:
    worst, latest = shown(course(worst=bounds(10, effective_at=ago(minutes=50)), latest=bounds(4, 6))).scores
    assert (worst.label, worst.bounds, worst.taken.age) == ("Worst since raised", "10", "50 min ago")
    assert (latest.label, latest.bounds, latest.note) == ("Latest", "4 to 6", "incomplete set")
    assert (latest.taken.clock, latest.taken.age) == ("today 13:56", "6 min ago")


def test_they_are_said_once_where_they_are_the_same() -> None:
    assert labels(course(worst=bounds(7, effective_at=ago(hours=1)), latest=bounds(7))) == [
        ("Worst and latest", "7")
    ]


def test_assumed_air_is_said_beside_a_score_that_rests_on_it() -> None:
    [line] = shown(course(worst=bounds(7, assumed_air=True), latest=bounds(7, assumed_air=True))).scores
    assert line.note == "air assumed"


def test_the_latest_says_when_it_is_old_and_from_when_on() -> None:
    latest = bounds(4, effective_at=ago(minutes=31))
    worst, old = shown(course(worst=bounds(10, effective_at=ago(hours=2)), latest=latest)).scores
    assert (old.is_old, old.old_from) == (True, ago(minutes=1).isoformat())
    # The worst is no word on the present, so it cannot be too old for one.
    assert (worst.is_old, worst.old_from) == (False, None)
    [fresh] = shown(course(latest=bounds(7, effective_at=ago(minutes=30)))).scores
    assert not fresh.is_old


def test_a_score_from_before_the_call_is_said_to_be_that() -> None:
    before = bounds(2, effective_at=ago(hours=20))
    [line] = shown(course(worst=None, latest=before)).scores
    assert (line.label, line.bounds, line.is_old) == ("Last, before it was raised", "2", True)


def test_where_there_is_no_score_it_is_said_why() -> None:
    bare = course(worst=None, latest=None)
    assert shown(course(worst=None, latest=None, last_arrived_at=None)).none == "Nobody has measured them yet"
    assert shown(bare).none == "No score in 30 days; something last came today 13:57"
    assert shown(course(not_scored=True)).none == "NEWS2 is not used for them"
    assert shown(course(not_scored=True)).scores == ()


def test_of_a_closed_case_only_the_worst_is_told() -> None:
    view = course_view(course(latest=None), ME, NOW, is_open=False)
    assert [line.label for line in view.scores] == ["Worst while open"]
    nothing = course_view(course(worst=None, latest=None), ME, NOW, is_open=False)
    assert nothing.none == "Not scored while open"


def test_of_a_case_that_is_open_for_months_the_worst_is_not_called_the_worst_of_all() -> None:
    view = shown(
        course(since=ago(hours=24 * 90), read_from=ago(hours=24 * 30), worst=bounds(9), latest=bounds(1))
    )
    assert [line.label for line in view.scores] == ["Worst of the last 30 days", "Latest"]
    assert view.more, "what was said before is not shown"


def test_a_phone_call_is_shown_with_who_took_it_and_when() -> None:
    [theirs, mine] = shown(course(said=[said(), said(by=ME, by_name="Clive Clinician")])).said
    assert (theirs.words, theirs.who) == ("“He is in pain now.”", "By phone to Cleo Colleague")
    assert (theirs.at.clock, mine.who) == ("today 13:59", "By phone to you")
    [kept] = shown(course(said=[said(stays_at_hub=True)])).said
    assert kept.who == "By phone to Cleo Colleague, kept at the hub"


def test_what_came_with_a_reading_is_shown_with_who_sent_it() -> None:
    told = said(
        by_phone=False,
        by_name="Wanda Worker",
        known_by="pin",
        words="Not eating.",
        soft_signs=["pain", "skin"],
        worry="family",
    )
    [line] = shown(course(said=[told])).said
    assert line.words == (
        "Changes seen: in pain; skin: pale, blotchy, swollen or sore. Worried: Family or friends. “Not eating.”"
    )
    assert line.who == "With a reading, Wanda Worker (by PIN)"


def test_what_goes_straight_to_999_is_said_first() -> None:
    told = said(by_phone=False, words="Grey.", emergency_signs=["chest_pain", "fits_anew"], phoned_999=True)
    not_phoned = said(by_phone=False, words=None, emergency_signs=["choking"])
    alone = said(by_phone=False, words=None, phoned_999=True)
    assert [line.words for line in shown(course(said=[told, not_phoned, alone])).said] == [
        "999 was phoned: chest pain; fits anew. “Grey.”",
        "Straight to 999: choking.",
        "999 was phoned.",
    ]


def test_a_name_that_may_not_be_seen_is_not_one_that_nobody_knows() -> None:
    hidden, unknown = (said(by_phone=False, by=by, by_name=None, words="Sleepy.") for by in (COLLEAGUE, None))
    assert [line.who for line in shown(course(said=[hidden, unknown])).said] == [
        "With a reading, somebody whose name is not shown to you",
        "With a reading, not known who",
    ]


def test_many_words_are_cut_for_a_row_between_two_words_and_never_lost() -> None:
    [line] = shown(course(said=[said(words="She will not drink. " * 20)])).said
    assert line.short.endswith(" …")
    assert len(line.short) < len(line.words)
    assert line.words.startswith(line.short.removesuffix(" …"))


def test_it_is_said_that_there_may_be_more_than_is_shown() -> None:
    assert shown(course(said=[said()] * MOST_SAID)).more
    assert not shown(course(said=[said()])).more
