"""How somebody is now: every value with its age, every unknown as unknown, every assumption said."""

from typing import Any
from uuid import UUID

import pytest

from alerts.beside.usual import DAY, Usual
from alerts.options import SHOWN_STRETCH
from api.queries.readings import Current, TakenBy
from api.queries.scores import Score
from api.web.presenters.scales import other_scale
from api.web.presenters.vitals import SignRow, operator, score_view, usual_words, view
from tests.unit.api.web.rows import KIT, NOW, READING, ago, full_parts, part, scale_two, score


def held(value: Any, minutes: float = 5) -> dict[str, Any]:
    return {
        "value": value,
        "effective_at": ago(minutes=minutes).isoformat(),
        "arrival": 1,
        "kit": str(KIT),
        "reading": str(READING),
    }


def rows(signs: dict[str, dict[str, Any]], found: Score | None, *, air: bool = False) -> dict[str, SignRow]:
    shown = view(
        Current(NOW, signs),
        found,
        None,
        {},
        {(KIT, READING): TakenBy(UUID(int=51), "Wanda Worker", "session", "in_date")},
        usual_of=SHOWN_STRETCH,
        air_assumed=air,
        other_scale=None,
        now=NOW,
    )
    return {row.label: row for row in shown.rows}


def test_a_value_carries_its_age_and_who_took_it() -> None:
    row = rows({"pulse": held("95")}, score())["Pulse"]
    assert row.taken is not None
    assert (row.value, row.taken.age, row.who, row.points) == (
        "95 beats a minute",
        "5 min ago",
        "Wanda Worker (signed in)",
        "1 point",
    )


@pytest.mark.parametrize(
    ("taken_by", "words"),
    [
        (
            TakenBy(UUID(int=51), None, "session", "in_date"),
            "somebody whose name is not shown to you (signed in)",
        ),
        (TakenBy(UUID(int=51), None, None, "not_applicable"), "somebody whose name is not shown to you"),
        (TakenBy(None, None, None, "operator_unknown"), "not known who"),
        (TakenBy(UUID(int=4711), None, "kit", "operator_unknown"), "not known who"),
    ],
)
def test_a_name_that_may_not_be_seen_is_not_called_unknown(taken_by: TakenBy, words: str) -> None:
    assert operator(taken_by) == words


def test_what_was_never_measured_is_not_recorded_and_unknown_to_the_score() -> None:
    without = {name: one for name, one in full_parts().items() if name != "pulse"}
    row = rows({}, score(without | {"pulse": {"low": 0, "high": 3}}))["Pulse"]
    assert (row.value, row.missing, row.taken, row.points, row.part_note) == (
        "Not recorded",
        True,
        None,
        "0 to 3 points",
        "unknown",
    )


def test_what_was_tried_in_vain_is_not_the_same_as_never_measured() -> None:
    row = rows({"pulse": held(None)}, score(full_parts() | {"pulse": {"low": 0, "high": 3}}))["Pulse"]
    assert (row.value, row.missing) == ("Tried, could not be recorded", True)


def test_a_value_too_old_for_the_score_is_shown_and_said_to_be_outside_it() -> None:
    row = rows({"pulse": held("95", minutes=300)}, score(full_parts() | {"pulse": {"low": 0, "high": 3}}))[
        "Pulse"
    ]
    assert row.points == "0 to 3 points"
    assert row.part_note == "not in this score"


def test_points_of_another_reading_name_its_value_and_time() -> None:
    parts = full_parts() | {"pulse": part(1, "92", effective_at=ago(minutes=20).isoformat())}
    row = rows({"pulse": held("70", minutes=1)}, score(parts))["Pulse"]
    assert (row.points, row.part_note) == ("1 point", "for 92 beats a minute at today 13:42")


def test_assumed_air_is_said_and_is_not_missing() -> None:
    parts = {name: one for name, one in full_parts().items() if name != "on_oxygen"}
    found = score(parts | {"on_oxygen": {"low": 0, "high": 0}}, assumed_air=True, complete=False)
    row = rows({}, found, air=True)["Air or oxygen"]
    assert (row.value, row.points, row.part_note) == ("Breathing air is assumed", "0 points", "air assumed")
    assert score_view(found, NOW).missing is None


def test_diastolic_pressure_is_recorded_and_never_scored() -> None:
    assert rows({"diastolic": held("76")}, score())["Diastolic blood pressure"].points == "not scored"


def test_missing_and_deciding_signs_are_named() -> None:
    parts = full_parts() | {"pulse": {"low": 0, "high": 3}, "spo2": {"low": 0, "high": 3}}
    shown = score_view(score(parts, low=3, high=9, deciding=["pulse"], band_high="high"), NOW)
    assert (shown.bounds, shown.band) == ("3 to 9", "Low to high")
    assert shown.missing == "Missing: oxygen saturation and pulse."
    assert shown.deciding == "Would decide the band: pulse."


def test_a_score_older_than_readings_that_may_join_says_that_it_is_aged() -> None:
    assert score_view(score(effective_at=ago(minutes=30)), NOW).aged is None
    assert score_view(score(effective_at=ago(minutes=31)), NOW).aged == (
        "This score is of today 13:31. It does not say how they are now."
    )


def test_a_usual_range_says_on_how_many_readings_over_how_many_days_it_rests() -> None:
    of_pulse = Usual(70.0, 78.0, readings=45, since=0, until=63 * DAY, enough=True)
    assert usual_words("pulse", of_pulse) == "70 to 78 (45 readings over 63 days)"
    of_score = of_pulse._replace(low=1.0, high=2.0, readings=30)
    assert usual_words("score", of_score) == "1 to 2 (30 scores over 63 days)"
    assert usual_words("pulse", of_pulse._replace(high=70.0)) == "70 (45 readings over 63 days)"
    of_warmth = of_pulse._replace(low=36.4, high=37.05)
    assert usual_words("temperature", of_warmth) == "36.4 to 37.1 (45 readings over 63 days)"


def test_what_rests_on_too_little_is_not_known_yet() -> None:
    few = Usual(70.0, 78.0, readings=1, since=0, until=0, enough=False)
    assert usual_words("pulse", few) == "not known yet (1 reading over 1 day)"
    assert usual_words("score", None) == "not known yet: nothing measured in those days"


def test_for_30_days_after_scale_2_ended_both_results_are_shown() -> None:
    ended = scale_two(revoked_at=ago(days=3))
    parts = full_parts() | {"spo2": part(3, "90")}
    words = other_scale(score(parts, low=4, high=4), [ended], NOW)
    assert words == "On scale 2, whose authorisation has ended, it would be 1."
    before = score(full_parts() | {"spo2": part(0, "90")}, low=1, high=1, spo2_scale=2)
    assert other_scale(before, [ended], NOW) == "On scale 1, which is used now, it would be 4."
    assert other_scale(score(), [scale_two()], NOW) is None
    assert other_scale(score(), [], NOW) is None
