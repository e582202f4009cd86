"""Once a reading turns out not to be theirs: who is told, what is scored anew, what is asked no more."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import pytest

from alerts.cases import desk
from alerts.cases.desk import ChangedError, Seen
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from devices.reading import ReadingPayload
from devices.receipt import CALL_HUB
from ingest.correction import Corrected, Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW, Ward

LATER = NOW + n.minutes(20)
TAKEN_BACK: LiteralString = (
    "SELECT sentence, severity FROM alerts.finding WHERE rule = 'not_theirs' AND resident_id = %s"
)


def corrected(
    ward: Ward, reading: ReadingPayload, taken_from: UUID | None = n.BRAM, at: datetime = LATER
) -> Corrected:
    """By somebody who has seen the last correction."""
    [(seen,)] = ward.rows(
        "SELECT coalesce(max(correction_id), 0) FROM ingest.reading_correction WHERE reading_id = %s",
        reading.reading_id,
    )
    said = Correction(
        (ward.kit.kit_id, reading.reading_id), seen, taken_from, Reason.KIT_USED_FOR_ANOTHER, n.MANAGER
    )
    with ward.database.connect("hearthwatch_ingest") as conn:
        return correct(conn, Evaluator(), said, at)


def test_the_one_it_was_taken_from_is_escalated_as_if_it_came_now(ward: Ward) -> None:
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    told = corrected(ward, wrong)
    assert told.verdict is not None
    assert (told.verdict.low, told.verdict.next, told.verdict.old) == (10, CALL_HUB, False)
    [(state, severity, why, low, raised_at, deadline_at)] = ward.cases(n.BRAM)
    assert (state, severity, low) == ("open", "high", 10)
    assert why.startswith("NEWS2 is 10")
    assert (raised_at, deadline_at) == (LATER, LATER + n.minutes(15))
    assert told.verdict.escalation_id == ward.open_case(n.BRAM)


def test_what_is_no_longer_fresh_calls_nobody_where_newer_is_known(ward: Ward) -> None:
    wrong = ward.reading(n.GRAVE, taken_at=NOW - n.minutes(300))
    ward.deliver(wrong)
    ward.send(resident=n.BRAM)
    told = corrected(ward, wrong)
    assert told.verdict is not None
    assert (told.verdict.low, told.verdict.old, told.verdict.next) == (10, True, "nothing")
    assert ward.cases(n.BRAM) == []


def test_the_open_case_that_rests_on_it_says_look_again_and_stays_open(ward: Ward) -> None:
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    before = ward.cases()
    corrected(ward, wrong)
    [(state, severity, why, low, *clocks)] = ward.cases()
    assert (state, severity, low) == ("open", "high", None)
    assert why == "A reading of 04 March at 09:00, on which this rests, was not theirs: look again."
    assert clocks == list(before[0][4:])
    assert ward.rules() == ["score_threshold", "not_theirs"]
    assert ward.events() == ["raised", "joined", "raised"]


@pytest.mark.parametrize("words", ["A", "U"], ids=["a score", "a sign about no score"])
def test_what_is_theirs_and_as_grave_is_said_instead_of_look_again(ward: Ward, words: str) -> None:
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    corrected(ward, wrong)
    own = ward.send(n.GRAVE | {"consciousness": words}, at=NOW + n.minutes(60))
    [(_, severity, why, low, *_)] = ward.cases()
    told = ("Unresponsive", None) if words == "U" else (f"NEWS2 is {own.verdict.low}", own.verdict.low)
    assert (severity, why[: len(told[0])], low) == ("high", *told)


def test_a_reading_that_was_theirs_after_all_is_said_again(ward: Ward) -> None:
    reading = ward.reading(n.GRAVE)
    ward.deliver(reading)
    [before] = ward.cases()
    corrected(ward, reading)
    corrected(ward, reading, taken_from=n.AMARA)
    assert ward.cases()[0][:4] == before[:4]
    corrected(ward, reading)
    assert "was not theirs: look again" in ward.cases()[0][2]


def test_of_a_round_on_the_wrong_resident_what_still_stands_is_said_until_nothing_does(ward: Ward) -> None:
    """A reading is withdrawn; the next as grave is said, a third joins; then these two are withdrawn too."""
    made = [ward.reading(n.GRAVE, taken_at=NOW + n.minutes(60 * each)) for each in range(3)]
    ward.deliver(made[0])
    corrected(ward, made[0])
    for one in made[1:]:
        ward.deliver(one)
    corrected(ward, made[1], at=NOW + n.minutes(180))
    [(_, _, why, low, *_)] = ward.cases()
    assert (why[:11], low) == ("NEWS2 is 10", 10)
    corrected(ward, made[2], at=NOW + n.minutes(181))
    [(_, severity, why, low, *_)] = ward.cases()
    assert why == "A reading of 04 March at 11:00, on which this rests, was not theirs: look again."
    assert (severity, low) == ("high", None)


@pytest.mark.parametrize(
    ("theirs", "said", "low"),
    [
        (({"spo2": 79, "consciousness": "U"}, n.GRAVE), "Unresponsive", None),
        ((n.GRAVE, n.GRAVE | {"consciousness": "V"}), "NEWS2 is 13", 13),
        ((n.NORMAL | {"spo2": 91},), "look again", None),
    ],
    ids=["what is about no score first", "of scores the worst", "nothing that is less grave"],
)
def test_once_what_a_case_says_was_not_theirs_it_says_the_gravest_that_is(
    ward: Ward, theirs: tuple[dict[str, Any], ...], said: str, low: int | None
) -> None:
    wrong = ward.reading(n.GRAVE | {"consciousness": "U", "temperature": 34.0})
    ward.deliver(wrong)
    for hours, values in enumerate(theirs, 1):
        ward.send(values, at=NOW + n.minutes(60 * hours))
    before = ward.cases()
    corrected(ward, wrong, at=NOW + n.minutes(180))
    [(state, severity, why, now_low, *clocks)] = ward.cases()
    assert (said in why, now_low) == (True, low), why
    assert (state, severity, clocks) == ("open", "high", list(before[0][4:]))
    [(beside, told_of)] = ward.rows(TAKEN_BACK, n.AMARA)
    assert "look again" in beside
    assert told_of == "high", "nobody closes the case without having seen it"


def test_what_was_taken_back_before_is_not_said_again(ward: Ward) -> None:
    made = [ward.reading(n.GRAVE, taken_at=NOW + n.minutes(60 * each)) for each in range(2)]
    for one in made:
        ward.deliver(one)
    corrected(ward, made[1], at=NOW + n.minutes(180))
    assert ward.cases()[0][3] == 10
    corrected(ward, made[0], at=NOW + n.minutes(181))
    assert "look again" in ward.cases()[0][2]


def test_what_came_while_the_correction_waited_is_taken_back_with_the_reading(ward: Ward) -> None:
    """The correction was asked for first, but a batch had the resident's lock before it."""
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    ward.send({"pulse": 140}, at=LATER)
    corrected(ward, wrong, at=LATER - n.minutes(1))
    own = ward.reading(n.GRAVE, taken_at=NOW + n.minutes(60))
    ward.deliver(own)
    assert ward.cases()[0][3] == 10
    corrected(ward, own, at=NOW + n.minutes(61))
    [(_, severity, why, low, *_)] = ward.cases()
    assert "look again" in why
    assert (severity, low) == ("high", None)


@pytest.mark.parametrize("at", [LATER, NOW - n.minutes(1)], ids=["at once", "after it waited"])
def test_nobody_closes_it_without_having_seen_that(ward: Ward, at: datetime) -> None:
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    case = ward.open_case()
    ward.act(desk.claim, case, NOW)
    [(seen,)] = ward.rows("SELECT max(revision) FROM alerts.escalation_event")
    corrected(ward, wrong, at=at)
    with pytest.raises(ChangedError):
        ward.act(desk.close, case, Disposition.GP_TODAY, "GP to visit.", LATER, seen=Seen(seen, None))


def test_a_case_about_something_else_keeps_its_words(ward: Ward) -> None:
    ward.send(n.GRAVE)
    [before] = ward.cases()
    wrong = ward.reading({"temperature": 36.9}, taken_at=NOW - n.minutes(40))
    ward.deliver(wrong)
    corrected(ward, wrong)
    assert ward.cases() == [before]
    assert ward.rules()[-1] == "not_theirs"


def test_a_case_that_rests_on_more_keeps_its_words_while_what_is_theirs_gives_them(ward: Ward) -> None:
    wrong = ward.reading({"spo2": 79})
    ward.deliver(wrong)
    ward.send(n.GRAVE, at=NOW + n.minutes(40))
    [before] = ward.cases()
    corrected(ward, wrong)
    assert ward.cases() == [before]
    [(words, severity)] = ward.rows(TAKEN_BACK, n.AMARA)
    assert severity == "high", "nobody closes the case without having seen it"
    assert "on which part of this rested" in words


def test_a_hub_that_has_answered_because_of_it_hears_of_it(ward: Ward) -> None:
    wrong = ward.reading(n.GRAVE)
    ward.deliver(wrong)
    case = ward.open_case()
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, Disposition.GP_TODAY, "GP to visit.", NOW)
    corrected(ward, wrong, None)
    [_, (state, severity, why, *_)] = ward.cases()
    assert (state, severity) == ("open", "concern")
    assert why == (
        "A reading of 04 March at 09:00, on which a closed escalation rests, was not theirs: look again."
    )


def test_where_nothing_rested_on_it_nobody_is_disturbed(ward: Ward) -> None:
    wrong = ward.reading()
    ward.deliver(wrong)
    corrected(ward, wrong)
    assert ward.cases() == ward.cases(n.BRAM) == []
    assert ward.events() == []


def test_a_normal_value_that_hid_a_grave_one_hides_it_no_more(ward: Ward) -> None:
    """Their own saturation was low; somebody else's was stored over it; then a fast pulse came."""
    ward.send({"respiration_rate": 22, "spo2": 93, "on_oxygen": False})
    wrong = ward.reading({"spo2": 98, "respiration_rate": 16}, taken_at=NOW + n.minutes(5))
    ward.deliver(wrong)
    ward.send({"pulse": 112, "temperature": 38.5}, at=NOW + n.minutes(10))
    assert ward.cases() == []
    corrected(ward, wrong)
    [(_, severity, why, low, *_)] = ward.cases()
    assert (severity, low) == ("high", 7)
    assert why.startswith("NEWS2 is 7 to 13: Breathing rate 22")
    standing = ward.rows(
        """SELECT low FROM alerts.score WHERE resident_id = %s AND effective_at = %s ORDER BY cause_arrival""",
        n.AMARA,
        NOW + n.minutes(10),
    )
    assert standing == [(3,), (7,)], "the old score stays as it was made"


def test_a_question_that_it_asked_is_asked_no_more(ward: Ward) -> None:
    wrong = ward.reading({"respiration_rate": 22})
    ward.deliver(wrong)
    assert set(ward.questions()) == {n.AMARA}
    corrected(ward, wrong)
    assert ward.questions() == {n.BRAM: LATER + n.minutes(30)}


def test_a_question_that_their_own_reading_asks_keeps_its_deadline(ward: Ward) -> None:
    ward.send({"respiration_rate": 22})
    wrong = ward.reading({"pulse": 112}, taken_at=NOW + n.minutes(5))
    ward.deliver(wrong)
    corrected(ward, wrong, None)
    assert ward.questions() == {n.AMARA: NOW + n.minutes(30)}
    assert ward.rows("SELECT low FROM alerts.open_question") == [(2,)]
    assert ward.tick(NOW + n.minutes(30)) == 1


def test_silence_is_counted_as_if_it_had_never_come(ward: Ward) -> None:
    ward.send(at=NOW - n.minutes(26 * 60 + 1))
    wrong = ward.reading()
    ward.deliver(wrong)
    corrected(ward, wrong, None)
    ward.tick(LATER)
    assert [one[1] for one in ward.cases()] == ["silent"]


def test_a_kit_that_sends_it_again_is_not_told_what_was_said_of_somebody_else(ward: Ward) -> None:
    wrong = ward.reading(n.NORMAL | {"consciousness": "U"})
    [first] = ward.deliver(wrong)
    assert first.verdict.next == "call_999"
    corrected(ward, wrong)
    [again] = ward.deliver(wrong, at=LATER)
    # No score of anybody's; but what it says goes to 999 by itself, whosever it is.
    assert (again.verdict.low, again.verdict.next) == (None, "call_999")
