"""Readings and escalations of the days before: who, how known, signed off or not, and what is odd."""

from decimal import Decimal
from uuid import UUID

import pytest

from api.queries.escalation import Case, Event, Finding
from api.web.presenters.history import case_view, reading_row
from tests.unit.api.web.rows import COLLEAGUE, ME, NOW, ago, case, course, escalation, reading


def test_a_reading_says_what_who_and_whether_they_were_signed_off() -> None:
    row = reading_row(reading(systolic=Decimal(128), diastolic=Decimal(76)), NOW)
    assert row.values == ("Pulse 95 beats a minute", "Blood pressure 128/76 mmHg")
    assert (row.who, row.competence, row.doubted) == (
        "Wanda Worker (by PIN)",
        "Signed off, in date",
        False,
    )


@pytest.mark.parametrize(
    ("label", "lacking", "words"),
    [
        ("lapsed", {"temperature": "lapsed"}, "Sign-off lapsed for temperature."),
        (
            "not_signed_off",
            {
                "temperature": "lapsed",
                "breathing_and_alertness": "not_signed_off",
                "blood_pressure": "not_signed_off",
                "pulse_oximetry": "under_supervision",
            },
            "Not signed off for blood pressure and counting breaths and judging alertness."
            " Sign-off lapsed for temperature. Signed off under supervision only for oxygen saturation.",
        ),
        ("operator_unknown", None, "Not known who took it"),
    ],
    ids=["one activity", "several, differently", "nobody to be signed off"],
)
def test_a_doubtful_competence_is_marked_and_says_for_what(
    label: str, lacking: dict[str, str] | None, words: str
) -> None:
    row = reading_row(reading(competence=label, competence_lacking=lacking), NOW)
    assert (row.competence, row.doubted) == (words, True)


def test_who_took_a_reading_is_known_withheld_or_unknown() -> None:
    withheld = reading_row(reading(taken_by_name=None), NOW).who
    unknown = reading_row(reading(taken_by=None, taken_by_name=None, operator_known_by=None), NOW).who
    assert (withheld, unknown) == ("somebody whose name is not shown to you (by PIN)", "not known who")


def test_a_late_reading_says_how_late() -> None:
    row = reading_row(reading(effective_at=ago(hours=3), taken_at=ago(hours=3)), NOW)
    assert "Arrived 2 h 55 min late, today 13:57" in row.remarks


def test_a_claimed_time_that_was_not_believed_is_kept() -> None:
    row = reading_row(reading(taken_at=ago(hours=-5), flags=["clock_ahead"]), NOW)
    assert "Claims to be taken today 19:02" in row.remarks


def test_what_could_not_be_obtained_and_what_could_not_be_used_are_said() -> None:
    row = reading_row(
        reading(not_obtained={"spo2": "refused"}, flags=["unusable:pulse"], unusable={"pulse": "inf"}), NOW
    )
    assert row.remarks == ("Oxygen saturation: refused", "Pulse could not be used (sent as inf)")


def test_soft_signs_worry_and_note_are_said() -> None:
    told = {"soft_signs": {"pain": "present", "skin": "absent"}, "worry": "family", "note": "Not eating."}
    assert reading_row(reading(observations=told), NOW).remarks == (
        "Changes seen: in pain",
        "Worried: Family or friends",
        "Note: Not eating.",
    )


@pytest.mark.parametrize(
    ("counts", "what"),
    [(False, "It is not theirs, and does not count for them."), (True, "It counts for this resident.")],
)
def test_a_corrected_reading_says_who_said_so_why_and_whether_it_counts(counts: bool, what: str) -> None:
    one = reading(
        counts=counts,
        corrected_at=ago(minutes=2),
        correction_reason="kit_used_for_another",
        corrected_by_name="Mona Manager",
    )
    why = "the kit was used for somebody else in between"
    assert reading_row(one, NOW).corrected == f"Corrected today 14:00 by Mona Manager: {why}. {what}"


def test_only_whoever_may_is_led_to_correct_a_reading() -> None:
    one = reading()
    assert reading_row(one, NOW).correct_at is None
    assert (
        reading_row(one, NOW, may_correct=True).correct_at
        == f"readings/{one.kit_id}/{one.reading_id}/correct"
    )


def test_an_escalation_shows_its_history_in_order() -> None:
    escalation_id = UUID(int=10)
    whole = Case(
        escalation(),
        (Finding(escalation_id, "score_threshold", "high", "NEWS2 is 7.", ago(minutes=5)),),
        (
            Event(escalation_id, "raised", ago(minutes=5), None, None, None),
            Event(escalation_id, "claimed", ago(minutes=3), COLLEAGUE, "Cleo Colleague", None),
            Event(escalation_id, "closed", ago(minutes=1), ME, "Clive Clinician", "The GP comes."),
        ),
        course(),
    )
    shown = case_view(whole, ME, NOW, at_my_hub=True)
    assert shown.findings == ("today 13:57: NEWS2 is 7.",)
    assert shown.events == (
        "today 13:57 Raised",
        "today 13:59 Claimed by Cleo Colleague",
        "today 14:01 Closed by you: The GP comes.",
    )


def test_actions_are_for_the_hub_alone() -> None:
    hub = case_view(case(), ME, NOW, at_my_hub=True)
    home = case_view(case(), ME, NOW, at_my_hub=False)
    assert (hub.may_claim, home.may_claim) == (True, False)


def test_ones_own_closing_may_be_undone_for_ten_minutes() -> None:
    closed = {"state": "closed", "closed_by": ME, "disposition": "gp_today"}
    fresh = case_view(case(**closed, closed_at=ago(minutes=9)), ME, NOW, at_my_hub=True)
    old = case_view(case(**closed, closed_at=ago(minutes=11)), ME, NOW, at_my_hub=True)
    assert (fresh.may_undo, old.may_undo) == (True, False)
    assert fresh.answer is not None
    assert (fresh.state, fresh.answer.answer, fresh.answer.by) == ("Closed by you", "GP today", "you")
