"""What is decided for a resident, in words a clinician can act on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.queries.resident import Air, Ceiling, Decisions, Pause
from api.web.presenters.resident import Fact, scale, telephone, view
from tests.unit.api.web.rows import COLLEAGUE, NOW, ago, resident, scale_two

NOTHING = Decisions(None, (), None, None)


def facts(**different: object) -> dict[str, Fact]:
    shown = view(resident(**different), NOTHING, NOW)
    return {fact.label: fact for fact in (*shown.facts, *shown.oxygen)}


def test_allergies_nobody_asked_about_differ_from_none_known() -> None:
    assert facts()["Allergies"].text == "Not recorded: nobody has asked"
    assert facts()["Allergies"].missing
    known = facts(allergies="None known")["Allergies"]
    assert (known.text, known.missing) == ("None known", False)


def test_the_number_to_call_back_is_the_residents_own_else_the_homes() -> None:
    assert telephone(resident()).text == "01632 960111 (Orchard House)"
    own = telephone(resident(call_back_phone="07700 900123"))
    assert (own.text, own.link) == ("07700 900123 (their own number)", "tel:07700900123")


def test_a_ceiling_of_treatment_names_who_decided_it_and_when() -> None:
    ceiling = Ceiling(
        ceiling_id=UUID(int=7),
        statement="For comfort at home.",
        clinician_name="Dr Ada Synthetic",
        regulator="GMC",
        regulator_number="1234567",
        reason="Agreed with her daughter.",
        decided_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        review_by=NOW + timedelta(days=90),
        looked_up_at=None,
    )
    shown = view(resident(), Decisions(ceiling, (), None, None), NOW).ceiling
    assert shown is not None
    assert (shown.statement, shown.decided, shown.overdue) == (
        "For comfort at home.",
        "Decided by Dr Ada Synthetic (GMC 1234567) on 1 March 2026: Agreed with her daughter."
        " Nobody has recorded that they looked this number up.",
        False,
    )


def test_nobody_s_ceiling_of_treatment_is_none() -> None:
    assert view(resident(), NOTHING, NOW).ceiling is None


def test_without_an_authorisation_scale_1_is_said() -> None:
    assert scale((), NOW) == "Scale 1. No authorisation of scale 2 is recorded."


def test_scale_2_names_its_authority_and_its_review() -> None:
    assert scale((scale_two(),), NOW) == (
        "Scale 2, authorised by Dr Ada Synthetic (GMC 0000001) on 6 May 2026: Hypercapnic respiratory failure"
        " confirmed; target 88-92 %. Review due by 2 March 2027."
    )


def test_an_overdue_review_is_said_and_does_not_end_scale_2() -> None:
    words = scale((scale_two(review_by=ago(days=2)),), NOW)
    assert words.startswith("Scale 2")
    assert words.endswith("Review overdue since 20 November 2026: scale 2 stays until a clinician decides.")


def test_a_review_within_30_days_is_due_soon() -> None:
    assert "Review due soon, by 2 December 2026." in scale((scale_two(review_by=ago(days=-10)),), NOW)


def test_a_revoked_authorisation_leaves_scale_1_and_says_when_it_ended() -> None:
    assert scale((scale_two(revoked_at=ago(days=3)),), NOW) == (
        "Scale 1. The authorisation of scale 2 ended on 19 November 2026; both results are shown for 30 days."
    )


def test_assumed_air_rests_on_a_record_that_is_named() -> None:
    shown = view(
        resident(),
        Decisions(None, (), Air(UUID(int=6), ago(days=40), UUID(int=52), "Mona Manager"), None),
        NOW,
    )
    assert shown.oxygen[1].text == (
        "No oxygen in use, recorded 13 October 2026 by Mona Manager: air is assumed, and said so"
    )


def test_a_name_behind_assumed_air_that_may_not_be_seen_is_said_to_be_withheld() -> None:
    shown = view(
        resident(), Decisions(None, (), Air(UUID(int=6), ago(days=40), UUID(int=52), None), None), NOW
    )
    assert "recorded 13 October 2026 by somebody whose name is not shown to you:" in shown.oxygen[1].text


def test_a_pause_says_why_and_until_when_and_who_recorded_it() -> None:
    away = Pause(
        UUID(int=4), "In hospital", ago(days=1), ago(hours=-20), ago(hours=24), COLLEAGUE, "Mona Manager"
    )
    shown = view(resident(), Decisions(None, (), None, away), NOW)
    assert shown.pause == "Monitoring is paused until tomorrow 10:02: In hospital."
    assert shown.pause_recorded == "Recorded by Mona Manager, yesterday 14:02."


def test_a_resident_news2_is_not_for_gets_no_score_and_the_reason() -> None:
    assert view(resident(no_score_reason="pregnant"), NOTHING, NOW).no_score == (
        "NEWS2 is not used for this resident, because they are pregnant: look at each vital sign."
    )
