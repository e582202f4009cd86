"""A vital sign over time as an SVG with NEWS2 bands, which needs no script and can be printed.

Guards: it uses only presentation attributes and classes, so that a strict Content-Security-Policy holds. All text is
escaped. `title` and `desc` repeat what the picture shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# Drawn small, so that a phone need not shrink it and its letters keep the size of the text around it.
WIDTH, HEIGHT = 300, 200
LEFT, RIGHT, TOP, BOTTOM = 36, 6, 8, 38
_GAP = timedelta(hours=14)  # points further apart are not joined, because nobody looked in between


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the scale with its NEWS2 points; `low` and `high` in the chart's unit."""

    low: float
    high: float
    points: int


@dataclass(frozen=True, slots=True)
class Point:
    """One value; `low` differs from `value` where only bounds are known. A square differs in shape from a dot."""

    at: datetime
    value: float
    low: float | None = None
    square: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the scale with its label."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. `key` makes its ids unique on the page."""

    key: str
    title: str
    description: str
    since: datetime
    until: datetime
    bands: Sequence[Band]
    ticks: Sequence[Tick]
    points: Sequence[Point]
    joined: bool = True


def svg(chart: Chart) -> str:
    """Return the picture, WIDTH x HEIGHT units, for the caller to mark as safe."""
    scale = _Scale(chart)
    parts = (
        *(_band(band, scale) for band in chart.bands),
        *_hours(chart, scale),
        *(_tick(tick, scale) for tick in chart.ticks),
        *(_line(chart.points, scale) if chart.joined else ()),
        *(_mark(point, scale) for point in chart.points),
        f'<rect class="hw-chart__frame" x="{LEFT}" y="{TOP}" width="{scale.width}" height="{scale.height}"/>',
    )
    key = escape(chart.key)
    return (
        f'<svg class="hw-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" focusable="false"'
        f' aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(chart.title)}</title>'
        f'<desc id="{key}-desc">{escape(chart.description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


class _Scale:
    """Converts times and values to units of the picture."""

    def __init__(self, chart: Chart) -> None:
        self.since = chart.since
        self.seconds = max((chart.until - chart.since).total_seconds(), 1.0)
        values = [point.value for point in chart.points]
        values += [point.low for point in chart.points if point.low is not None]
        self.low = min([*values, *(band.low for band in chart.bands)], default=0.0)
        self.high = max([*values, *(band.high for band in chart.bands)], default=1.0)
        self.width = WIDTH - LEFT - RIGHT
        self.height = HEIGHT - TOP - BOTTOM

    def x(self, at: datetime) -> float:
        return round(LEFT + self.width * (at - self.since).total_seconds() / self.seconds, 1)

    def y(self, value: float) -> float:
        return round(TOP + self.height * (self.high - value) / (self.high - self.low or 1.0), 1)


def _band(band: Band, scale: _Scale) -> str:
    top, bottom = scale.y(band.high), scale.y(band.low)
    return (
        f'<rect class="hw-chart__band hw-chart__band--{band.points}" x="{LEFT}" y="{top}"'
        f' width="{scale.width}" height="{round(bottom - top, 1)}"/>'
    )


def _hours(chart: Chart, scale: _Scale) -> list[str]:
    """Draw a line at each midnight and noon in London, with the day under its midnight."""
    marks: list[str] = []
    day = chart.since.astimezone(LONDON).date()
    while True:
        for hour in (0, 12):
            at = datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)
            if at > chart.until:
                return marks
            if at >= chart.since:
                marks.append(_hour(at, hour, scale))
        day += timedelta(days=1)


def _hour(at: datetime, hour: int, scale: _Scale) -> str:
    x, foot = scale.x(at), TOP + scale.height
    weight = "day" if hour == 0 else "noon"
    label = f"{at:%a} {at.day}" if hour == 0 else "12:00"
    anchor = "end" if x > WIDTH - 24 else "start" if x < LEFT + 20 else "middle"
    row = foot + (32 if hour == 0 else 15)
    return (
        f'<line class="hw-chart__{weight}" x1="{x}" y1="{TOP}" x2="{x}" y2="{foot}"/>'
        f'<text class="hw-chart__label" x="{x}" y="{row}" text-anchor="{anchor}">{label}</text>'
    )


def _tick(tick: Tick, scale: _Scale) -> str:
    y = scale.y(tick.value)
    return (
        f'<text class="hw-chart__label" x="{LEFT - 5}" y="{round(y + 5, 1)}" text-anchor="end">'
        f"{escape(tick.label)}</text>"
    )


def _line(points: Sequence[Point], scale: _Scale) -> list[str]:
    """Draw one line for each stretch without a gap."""
    stretches: list[list[Point]] = []
    for point in points:
        if stretches and point.at - stretches[-1][-1].at <= _GAP:
            stretches[-1].append(point)
        else:
            stretches.append([point])
    return [_polyline(stretch, scale) for stretch in stretches if len(stretch) > 1]


def _polyline(stretch: Sequence[Point], scale: _Scale) -> str:
    places = " ".join(f"{scale.x(point.at)},{scale.y(point.value)}" for point in stretch)
    return f'<polyline class="hw-chart__line" points="{places}"/>'


def _mark(point: Point, scale: _Scale) -> str:
    x, y = scale.x(point.at), scale.y(point.value)
    if point.low is not None and point.low != point.value:
        return f'<line class="hw-chart__bounds" x1="{x}" y1="{y}" x2="{x}" y2="{scale.y(point.low)}"/>'
    if point.square:
        return (
            f'<rect class="hw-chart__mark" x="{round(x - 3, 1)}" y="{round(y - 3, 1)}" width="6" height="6"/>'
        )
    return f'<circle class="hw-chart__mark" cx="{x}" cy="{y}" r="2.6"/>'
