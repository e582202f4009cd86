"""Charts: NEWS2 bands from the scoring chart, no inline style, and everything said again in words."""

import re
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from api.web.charts import HEIGHT, WIDTH, Band, Chart, Point, Tick, svg
from api.web.presenters.charted import MOST, charted, sets_of
from api.web.presenters.trends import folded_words, trends
from tests.unit.api.web.rows import NOW, ago, reading, score


def chart(*points: Point, title: str = "Pulse") -> Chart:
    return Chart(
        key="chart-pulse",
        title=title,
        description="Three readings.",
        since=ago(hours=72),
        until=NOW,
        bands=(Band(40, 90, 0), Band(90, 130, 1)),
        ticks=(Tick(90, "90"),),
        points=points,
    )


def drawn(one: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg(one))


def test_a_picture_is_well_formed_named_and_described() -> None:
    root = drawn(chart(Point(ago(hours=1), 80), title="Pulse <b> & more"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "chart-pulse-title chart-pulse-desc"
    assert [child.text for child in root[:2]] == ["Pulse <b> & more", "Three readings."]


def test_a_picture_has_no_inline_style_or_script() -> None:
    text = svg(chart(Point(ago(hours=1), 80), Point(ago(hours=2), 95)))
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", text)


def test_every_point_lies_inside_the_picture_however_extreme() -> None:
    root = drawn(chart(Point(ago(hours=1), 300), Point(ago(hours=72), 0), Point(NOW, 44)))
    circles = root.findall("circle")
    assert len(circles) == 3
    assert all(0 <= float(one.get("cx", "")) <= WIDTH for one in circles)
    assert all(0 <= float(one.get("cy", "")) <= HEIGHT for one in circles)


def test_points_with_nothing_between_them_for_long_are_not_joined() -> None:
    near, far = timedelta(hours=3), timedelta(hours=20)
    joined = drawn(chart(Point(NOW - near, 80), Point(NOW, 82)))
    apart = drawn(chart(Point(NOW - far, 80), Point(NOW, 82)))
    assert (len(joined.findall("polyline")), len(apart.findall("polyline"))) == (1, 0)


def test_days_are_marked_at_midnight_in_london() -> None:
    labels = [one.text for one in drawn(chart()).findall("text")]
    assert {"Fri 20", "Sat 21", "Sun 22", "12:00"} <= set(labels)


def test_who_is_on_oxygen_by_another_reading_of_the_set_is_drawn_on_oxygen_and_not_folded_away() -> None:
    measured = [
        reading(effective_at=ago(minutes=32), pulse=None, spo2=Decimal(97)),
        reading(effective_at=ago(minutes=31), pulse=None, on_oxygen=True),
        reading(effective_at=ago(minutes=10), pulse=None, spo2=Decimal(98)),
        reading(effective_at=NOW, pulse=None, spo2=Decimal(96)),
    ]
    [saturation] = [one for one in trends(charted(measured, NOW), [], scale=1) if one.key == "chart-spo2"]
    assert not saturation.uneventful
    assert [value for _, value in saturation.rows] == ["96%", "98%, on oxygen", "97%"]
    marks = [
        one.tag for one in ElementTree.fromstring(saturation.svg) if "hw-chart__mark" in one.get("class", "")
    ]
    assert marks == ["circle", "rect", "circle"]


def test_each_sign_has_a_picture_and_a_table_that_says_the_same() -> None:
    measured = [reading(temperature=Decimal("38.2"), spo2=Decimal(93), on_oxygen=True)]
    shown = trends(charted(measured, NOW), [score()], scale=1)
    by_key = {one.key: one for one in shown}
    assert list(by_key) == [
        "chart-score",
        "chart-respiration_rate",
        "chart-spo2",
        "chart-systolic",
        "chart-diastolic",
        "chart-pulse",
        "chart-temperature",
        "chart-consciousness",
    ]
    assert by_key["chart-temperature"].rows == (("today 13:57", "38.2 °C"),)
    assert by_key["chart-spo2"].rows == (("today 13:57", "93%, on oxygen"),)
    assert by_key["chart-systolic"].summary == "No reading in the last 72 hours."
    assert by_key["chart-pulse"].summary == (
        "1 reading, from 95 to 95 beats a minute. The last is 95 beats a minute, today 13:57."
    )


def bands(scale: int, key: str) -> list[tuple[int, float, float]]:
    """Points, top and bottom of each band of a picture, from the top."""
    [one] = [one for one in trends(charted([], NOW), [], scale=scale) if one.key == key]
    found: list[tuple[int, float, float]] = []
    for rect in ElementTree.fromstring(one.svg).findall("rect"):
        name = re.search(r"band--(\d)", rect.get("class", ""))
        if name:
            top = float(rect.get("y", ""))
            found.append((int(name[1]), top, top + float(rect.get("height", ""))))
    return sorted(found, key=lambda band: band[1])


def test_bands_are_those_of_the_scoring_chart_and_leave_no_gap() -> None:
    assert [points for points, *_ in bands(1, "chart-respiration_rate")] == [3, 2, 0, 1, 3]
    assert [points for points, *_ in bands(1, "chart-temperature")] == [2, 1, 0, 1, 3]
    assert [points for points, *_ in bands(1, "chart-spo2")] == [0, 1, 2, 3]
    assert [points for points, *_ in bands(2, "chart-spo2")] == [3, 2, 1, 0, 1, 2, 3]
    for key in ("chart-systolic", "chart-pulse"):
        found = bands(1, key)
        assert all(abs(above[2] - below[1]) < 0.2 for above, below in pairwise(found))


def test_diastolic_pressure_is_drawn_by_itself_without_the_colours_of_a_score() -> None:
    measured = [reading(systolic=Decimal(128), diastolic=Decimal(76))]
    shown = {one.key: one for one in trends(charted(measured, NOW), [], scale=1)}
    assert [points for points, *_ in bands(1, "chart-diastolic")] == [0]
    assert shown["chart-diastolic"].rows == (("today 13:57", "76 mmHg"),)
    assert shown["chart-diastolic"].legend == "NEWS2 does not score it: it has no colours."
    for key, value in (("chart-systolic", 128), ("chart-diastolic", 76)):
        assert shown[key].summary.startswith(f"1 reading, from {value} to {value} mmHg.")
        assert shown[key].svg.count("<circle") == 1


def test_no_two_labels_of_a_picture_lie_on_each_other_at_any_hour() -> None:
    """In Arial of 14 units, as the style sheet has it, a letter is about 7.5 wide and 11 high."""
    for minutes in range(0, 24 * 60, 20):
        now = NOW + timedelta(minutes=minutes)
        for one in trends(charted([], now), [], scale=1):
            boxes = [_box(text) for text in ElementTree.fromstring(one.svg).findall("text")]
            assert all(box[0] >= 0 and box[1] <= WIDTH and box[3] <= HEIGHT for box in boxes)
            assert not any(_overlap(first, other) for first, other in combinations(boxes, 2)), one.key


Box = tuple[float, float, float, float]


def _box(text: ElementTree.Element) -> Box:
    """Left, right, top and foot of a label."""
    x, y, wide = float(text.get("x", "")), float(text.get("y", "")), 7.5 * len(text.text or "")
    left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor", "")]
    return left, left + wide, y - 11, y


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def test_corrected_readings_are_left_out() -> None:
    measured = [reading(counts=False, corrected_at=NOW, correction_reason="not_known_how")]
    shown = trends(charted(measured, NOW), [], scale=1)
    assert [one.rows for one in shown] == [()] * 8


def test_a_set_that_came_in_parts_is_one_mark_its_last_score() -> None:
    parts = [
        score(effective_at=ago(minutes=minutes), low=0, high=high)
        for minutes, high in ((25, 17), (20, 9), (15, 0))
    ]
    earlier = score(effective_at=ago(hours=6), low=2, high=2)
    assert [(one.low, one.high) for one in sets_of([earlier, *parts])] == [(2, 2), (0, 0)]


def test_of_two_full_sets_soon_after_each_other_both_are_marked_however_much_better_the_second() -> None:
    pair = [
        score(effective_at=ago(minutes=20), low=7, high=7),
        score(effective_at=ago(minutes=5), low=3, high=3),
    ]
    assert sets_of(pair) == pair


def test_of_what_is_measured_without_end_more_than_the_last_is_marked() -> None:
    alike = [score(effective_at=ago(minutes=minutes), low=2, high=2) for minutes in range(90, -1, -10)]
    assert [one.effective_at for one in sets_of(alike)] == [ago(minutes=60), ago(minutes=20), NOW]


def test_where_more_was_measured_than_is_drawn_it_is_said_and_the_time_drawn_is_all_there_is_of_it() -> None:
    every_minute = [reading(effective_at=ago(minutes=minute)) for minute in range(MOST + 1)]
    assert charted(every_minute[:MOST], NOW).says is None
    shown = charted(every_minute, NOW)
    assert shown.says == (
        "There are more than 1000 readings of the last 72 hours. The charts show the newest 1000,"
        " after yesterday 21:22; the older ones are among the readings below."
    )
    by_key = {one.key: one for one in trends(shown, [], scale=1)}
    pulse = by_key["chart-pulse"]
    assert len(pulse.rows) == MOST
    assert "Pulse (beats a minute) after yesterday 21:22" in pulse.svg
    assert by_key["chart-spo2"].summary == "No reading after yesterday 21:22."
    [first, *_] = ElementTree.fromstring(pulse.svg).findall("circle")
    assert first.get("cx") == "36.3", "nothing is drawn of the time before, where there is more"


WELL = {
    "respiration_rate": Decimal("20.4"),
    "spo2": Decimal(96),
    "systolic": Decimal(111),
    "diastolic": Decimal(120),
    "pulse": Decimal(90),
    "temperature": Decimal("38.04"),
    "consciousness": "A",
}


def shown(change: dict[str, Any], followed: tuple[str, ...] = ()) -> set[str]:
    """The pictures that are not folded away, of somebody who was well a day ago but for this."""
    measured = [reading(**WELL), reading(**(WELL | change), effective_at=ago(hours=24))]
    pictures = trends(charted(measured, NOW), [], scale=1, followed=followed)
    return {one.key.removeprefix("chart-") for one in pictures if not one.uneventful}


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({"respiration_rate": Decimal("20.5")}, "respiration_rate"),
        ({"spo2": Decimal(95)}, "spo2"),
        ({"on_oxygen": True}, "spo2"),
        ({"systolic": Decimal(110)}, "systolic"),
        ({"diastolic": Decimal(121)}, "diastolic"),
        ({"pulse": Decimal(91)}, "pulse"),
        ({"temperature": Decimal("38.05")}, "temperature"),
        ({"consciousness": "C"}, "consciousness"),
    ],
    ids=lambda said: said if isinstance(said, str) else next(iter(said)),
)
def test_what_scored_in_that_time_is_not_folded_away(change: dict[str, Any], sign: str) -> None:
    assert shown({}) == {"score"}
    assert shown(change) == {"score", sign}
    assert shown({}, followed=(sign,)) == {"score", sign}


def test_of_what_is_folded_away_what_nobody_measured_is_told_from_what_scored_nothing() -> None:
    calm = [reading(systolic=Decimal(120), diastolic=Decimal(80), pulse=Decimal(70))]
    folded = [one for one in trends(charted(calm, NOW), [], scale=1) if one.uneventful]
    assert folded_words(folded) == (
        "Scored 0 or not scored: systolic blood pressure, diastolic blood pressure, pulse."
        " Not measured: breathing rate, oxygen saturation, temperature, consciousness."
    )
    assert folded_words(folded[:1]) == "Not measured: breathing rate."
