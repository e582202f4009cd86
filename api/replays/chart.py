"""The picture of a replay: escalations by hour of the day under both policies, and changes by rule.

Guards: it needs no script or stylesheet. Colour only repeats words and outlines, and `title` and `desc` repeat what it
shows.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

WIDTH = 760
_LEFT, _TOP, _PLOT = 64, 84, 190
_RULES_TOP = 350
_A_RULE = 22
_OLD, _NEW = "#768692", "#005eb8"
_LESS, _MORE = "#007f3b", "#d5281b"
_FONT = 'font-family="Arial, sans-serif" font-size="13" fill="#212b32"'


def svg(said: Mapping[str, Any]) -> str:
    """Return the picture of what `report.as_json` says."""
    title = f"Escalations by hour: {said['old']} and {said['new']}"
    totals = {name: f"{row['per_1000_residents_a_day']:,.1f}" for name, row in said["escalations"].items()}
    words = (
        f"Per 1,000 residents a day: {totals['old']} under {said['old']}, {totals['new']} under {said['new']}.",
        f"{totals['appears']} appear, {totals['disappears']} disappear, {totals['graver']} become graver,"
        f" {totals['milder']} milder.",
    )
    description = escape(" ".join(words))
    height = _RULES_TOP + 40 + _A_RULE * len(said["by_rule"])
    parts = [_text(_LEFT, 44 + 18 * line, escape(text), size=12) for line, text in enumerate(words)]
    parts += [*_hours(said), *_rules(said)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" aria-labelledby="t d"><title id="t">{escape(title)}</title>'
        f'<desc id="d">{description}</desc>'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
        f"{_text(_LEFT, 24, escape(title), size=16, weight='bold')}{''.join(parts)}</svg>\n"
    )


def _hours(said: Mapping[str, Any]) -> Iterable[str]:
    hours = said["by_hour"]
    scale = max([1, *(max(row["old"], row["new"]) for row in hours.values())])
    days = said["residents"] * said["days"] / 1000 or 1
    wide = (WIDTH - _LEFT - 20) / 24
    foot = _TOP + _PLOT
    for mark in range(5):
        y = foot - _PLOT * mark / 4
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}" stroke="#d8dde0"/>'
        rate = float(f"{scale * mark / 4 / days:.2g}")
        yield _text(_LEFT - 6, y + 4, f"{rate:g}", anchor="end")
    for place, (hour, row) in enumerate(hours.items()):
        x = _LEFT + wide * place
        yield _bar(x + wide * 0.12, foot, wide * 0.36, _PLOT * row["old"] / scale, "#ffffff", _OLD)
        yield _bar(x + wide * 0.52, foot, wide * 0.36, _PLOT * row["new"] / scale, _NEW, _NEW)
        if place % 3 == 0:
            yield _text(x + wide / 2, foot + 16, f"{hour}:00", anchor="middle")
    yield f'<line x1="{_LEFT}" y1="{foot}" x2="{WIDTH - 20}" y2="{foot}" stroke="#212b32"/>'
    yield _text(
        _LEFT, foot + 36, "Per 1,000 residents a day, by hour in London. Outlined: old policy. Filled: new."
    )


def _rules(said: Mapping[str, Any]) -> Iterable[str]:
    rows = [(rule, row["appears"], row["disappears"]) for rule, row in said["by_rule"].items()]
    scale = max([1, *(max(more, less) for _, more, less in rows)])
    middle, half = 430, 230
    yield _text(_LEFT, _RULES_TOP, "Escalations that disappear and appear, by rule", size=14, weight="bold")
    for place, (rule, more, less) in enumerate(rows):
        y = _RULES_TOP + 16 + place * _A_RULE
        yield _text(_LEFT, y + 12, escape(rule.replace("_", " ")))
        yield _across(middle - half * less / scale, y, half * less / scale, _LESS)
        yield _across(middle, y, half * more / scale, _MORE)
        yield _text(middle - half * less / scale - 5, y + 12, f"-{less:,}" if less else "0", anchor="end")
        yield _text(middle + half * more / scale + 5, y + 12, f"+{more:,}" if more else "0")
    foot = _RULES_TOP + 20 + _A_RULE * len(rows)
    yield f'<line x1="{middle}" y1="{_RULES_TOP + 10}" x2="{middle}" y2="{foot}" stroke="#212b32"/>'


def _bar(x: float, foot: float, width: float, height: float, fill: str, stroke: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{foot - height:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' fill="{fill}" stroke="{stroke}"/>'
    )


def _across(x: float, y: float, width: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="15" fill="{fill}"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 13, weight: str = "normal"
) -> str:
    font = _FONT.replace('font-size="13"', f'font-size="{size}"')
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" {font}>{words}</text>'
    )
