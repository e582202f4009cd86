"""The charts' contents: each sign's values over three days, banded as NEWS2 scores them, and in words.

Guards: bands come from the scoring chart itself, and a sign that NEWS2 does not score has none. Only corrected readings
are left out. Every picture has a table that says the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from alerts import news2_chart
from api.queries.readings import Reading
from api.queries.scores import Score
from api.web.charts import Band, Chart, Point, Tick, svg
from api.web.presenters import signs
from api.web.presenters.charted import Charted, on_oxygen, sets_of
from api.web.presenters.moments import clock
from devices.vital_signs import VitalSign


@dataclass(frozen=True, slots=True)
class Trend:
    """One picture with its words and its table. `uneventful`: nothing in it scores or otherwise calls for a look."""

    key: str
    name: str
    title: str
    svg: str
    summary: str
    legend: str | None
    rows: tuple[tuple[str, str], ...]
    uneventful: bool = False


@dataclass(frozen=True, slots=True)
class _Subject:
    """How one sign is drawn: the stretch always shown, the marks, the steps of the scoring chart."""

    sign: VitalSign
    low: int
    high: int
    ticks: tuple[int, ...]
    steps: news2_chart.Steps | None
    tenths: bool = False


_SUBJECTS = (
    _Subject(VitalSign.RESPIRATION_RATE, 4, 32, (8, 12, 20, 24), news2_chart.RESPIRATION_RATE),
    _Subject(VitalSign.SYSTOLIC, 60, 240, (90, 110, 150, 220), news2_chart.SYSTOLIC),
    _Subject(VitalSign.DIASTOLIC, 40, 120, (40, 60, 80, 100, 120), None),
    _Subject(VitalSign.PULSE, 30, 145, (50, 90, 110, 130), news2_chart.PULSE),
    _Subject(VitalSign.TEMPERATURE, 34, 41, (35, 36, 38, 39), news2_chart.TEMPERATURE_TENTHS, tenths=True),
)
_LETTERS = "UPVCA"  # from the bottom of the picture to its top


def trends(
    of: Charted, scores: Sequence[Score], *, scale: int, followed: Collection[str] = ()
) -> tuple[Trend, ...]:
    """Return every picture, the score first.

    `scores` are of the same time. `scale` is the SpO2 scale in force now. `followed` are signs that call for a look
    whatever they score.
    """
    breathing, *others = (_sign_trend(subject, of) for subject in _SUBJECTS)
    pictures = (breathing, _spo2_trend(of, scale), *others, _consciousness_trend(of))
    names = {signs.label(sign) for sign in followed}
    return (
        _score_trend(scores, of),
        *(replace(one, uneventful=one.uneventful and one.name not in names) for one in pictures),
    )


def folded_words(folded: Sequence[Trend]) -> str:
    """Return which folded pictures scored nothing and which signs were not measured."""
    lists = (
        ("Scored 0 or not scored", [one.name.lower() for one in folded if one.rows]),
        ("Not measured", [one.name.lower() for one in folded if not one.rows]),
    )
    return " ".join(f"{words}: {', '.join(names)}." for words, names in lists if names)


def _sign_trend(subject: _Subject, of: Charted) -> Trend:
    points = _points(of.readings, subject.sign)
    chart = Chart(
        key=f"chart-{subject.sign}",
        title=f"{_title(subject.sign)} {of.during}",
        description=_summary(subject.sign, points, of),
        since=of.since,
        until=of.until,
        bands=_bands(subject, points),
        ticks=[Tick(value, str(value)) for value in subject.ticks],
        points=points,
    )
    legend = "NEWS2 does not score it: it has no colours." if subject.steps is None else None
    drawn = _trend(chart, signs.label(subject.sign), _title(subject.sign), legend, _table(of, subject.sign))
    outside = any(not subject.low <= point.value <= subject.high for point in points)
    return replace(drawn, uneventful=drawn.uneventful and not outside)


def _spo2_trend(of: Charted, scale: int) -> Trend:
    sign = VitalSign.SPO2
    steps = news2_chart.SPO2_SCALE_2_ON_OXYGEN if scale == 2 else news2_chart.SPO2_SCALE_1
    entries = on_oxygen(of.readings)
    points = [
        Point(one.effective_at, float(one.spo2), square=entry is True)
        for one, entry in zip(of.readings, entries, strict=True)
        if one.spo2 is not None
    ]
    title = f"{_title(sign)}, scale {scale}"
    chart = Chart(
        key=f"chart-{sign}",
        title=f"{title} {of.during}",
        description=_summary(sign, points, of),
        since=of.since,
        until=of.until,
        bands=_bands(_Subject(sign, 80, 100, (), steps), points, highest=100),
        ticks=[Tick(value, str(value)) for value in (83, 88, 92, 96)],
        points=points,
    )
    legend = "Squares: on oxygen, by an entry of the 30 minutes before. Dots: on air, or no such entry."
    if scale == 2:
        legend += " On scale 2, 93% and above scores only on oxygen."
    drawn = _trend(chart, signs.label(sign), title, legend, _spo2_table(of, entries))
    return replace(drawn, uneventful=drawn.uneventful and not any(one.on_oxygen for one in of.readings))


def _score_trend(all_scores: Sequence[Score], of: Charted) -> Trend:
    scores = sets_of(all_scores)
    points = [Point(one.effective_at, one.high, low=one.low) for one in scores]
    bands = (Band(0, 5, 0), Band(5, 7, 2), Band(7, 20, 3))
    full = [one for one in scores if one.low == one.high]
    summary = f"{len(scores)} set{'' if len(scores) == 1 else 's'}, {len(full)} of them full."
    if scores:
        last = scores[-1]
        worth = signs.bounds(last.low, last.high, assumed_air=last.assumed_air)
        summary += f" The last is {worth}, {clock(last.effective_at, of.until)}."
    chart = Chart(
        key="chart-score",
        title=f"NEWS2 {of.during}",
        description=summary,
        since=of.since,
        until=of.until,
        bands=bands,
        ticks=[Tick(value, str(value)) for value in (0, 5, 7, 20)],
        points=points,
        joined=False,
    )
    rows = tuple(
        (clock(one.effective_at, of.until), signs.bounds(one.low, one.high, assumed_air=one.assumed_air))
        for one in reversed(scores)
    )
    legend = "Dots: full sets. Bars: incomplete ones, from the least the score can be to the most."
    return Trend(chart.key, "NEWS2", "NEWS2", svg(chart), summary, legend, rows)


def _consciousness_trend(of: Charted) -> Trend:
    sign = VitalSign.CONSCIOUSNESS
    points = [
        Point(one.effective_at, _LETTERS.index(one.consciousness) + 0.5)
        for one in of.readings
        if one.consciousness is not None and one.consciousness in _LETTERS
    ]
    rows = _table(of, sign)
    summary = f"{len(rows)} entries." + (f" The last: {rows[0][1]}, {rows[0][0]}." if rows else "")
    chart = Chart(
        key=f"chart-{sign}",
        title=f"Consciousness {of.during}",
        description=summary,
        since=of.since,
        until=of.until,
        bands=(Band(0, 4, 3), Band(4, 5, 0)),
        ticks=[Tick(row + 0.4, letter) for row, letter in enumerate(_LETTERS)],
        points=points,
        joined=False,
    )
    legend = "A alert, C new confusion, V responds to voice, P to pain only, U unresponsive."
    return _trend(chart, signs.label(sign), "Consciousness", legend, rows)


def _trend(chart: Chart, name: str, title: str, legend: str | None, rows: Sequence[tuple[str, str]]) -> Trend:
    uneventful = all(_points_of(point.value, chart.bands) == 0 for point in chart.points)
    return Trend(chart.key, name, title, svg(chart), chart.description, legend, tuple(rows), uneventful)


def _points_of(value: float, bands: Sequence[Band]) -> int:
    """Return what a value scores: the points of the highest band that begins at or below it."""
    return max((band for band in bands if band.low <= value), key=lambda band: band.low).points


def _title(sign: VitalSign) -> str:
    return f"{signs.label(sign)} ({signs.FACTS[sign].unit_shown})"


def _points(readings: Sequence[Reading], sign: VitalSign) -> list[Point]:
    return [
        Point(one.effective_at, float(getattr(one, sign)))
        for one in readings
        if getattr(one, sign) is not None
    ]


def _bands(subject: _Subject, points: Sequence[Point], highest: int | None = None) -> list[Band]:
    """Return the steps of the scoring chart as stretches of the scale, widened to hold every point.

    A step starts half a grid step below its first value, so a rounded value lies inside its own band.
    """
    unit = 10 if subject.tenths else 1
    low = min([subject.low, *(point.value - 1 for point in points)])
    high = max([subject.high, *(point.value + 1 for point in points)])
    high = min(high, highest) if highest is not None else high
    if subject.steps is None:
        return [Band(low, high, 0)]
    starts = [(start - 0.5) / unit for start, _ in subject.steps]
    ends = [*starts[1:], high]
    return [
        Band(max(start, low), min(end, high), points_)
        for start, end, (_, points_) in zip(starts, ends, subject.steps, strict=True)
        if min(end, high) > max(start, low)
    ]


def _summary(sign: VitalSign, points: Sequence[Point], of: Charted) -> str:
    if not points:
        return f"No reading {of.during}."
    values = [point.value for point in points]
    low, high = signs.quantity(sign, min(values)), signs.with_unit(sign, max(values))
    last = points[-1]
    count = f"{len(points)} reading{'' if len(points) == 1 else 's'}"
    newest = f"{signs.with_unit(sign, last.value)}, {clock(last.at, of.until)}"
    return f"{count}, from {low} to {high}. The last is {newest}."


def _table(of: Charted, sign: VitalSign) -> tuple[tuple[str, str], ...]:
    return tuple(
        (clock(one.effective_at, of.until), signs.with_unit(sign, getattr(one, sign)))
        for one in reversed(of.readings)
        if getattr(one, sign) is not None
    )


def _spo2_table(of: Charted, entries: Sequence[bool | None]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (clock(one.effective_at, of.until), _saturation(one.spo2, entry))
        for one, entry in reversed(list(zip(of.readings, entries, strict=True)))
        if one.spo2 is not None
    )


def _saturation(value: Decimal, entry: bool | None) -> str:
    words = signs.with_unit(VitalSign.SPO2, value)
    return words if entry is None else f"{words}, {signs.quantity(VitalSign.ON_OXYGEN, entry).lower()}"
