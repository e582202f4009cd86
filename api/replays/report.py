"""The counts of a replay, as JSON and as a table to read.

Guards: every rate says what it is a rate of. Assumptions, made because nobody answers in a replay, are stated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.replay.comparison import Counts, Kind
from alerts.replay.found import RULES
from alerts.replay.run import Replayed
from alerts.severity import Severity

MINUTES_A_CASE = 10.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_HOMES = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What was compared, and what was assumed."""

    old: str
    new: str
    answered_after: int
    minutes_a_case: float = MINUTES_A_CASE
    homes: Sequence[str] = ()
    left_out: int = 0
    unreadable: int = 0
    notes: Sequence[str] = ()


def as_json(done: Replayed, asked: Asked) -> dict[str, Any]:
    """Return all of it, with plain values."""
    counts = done.counts
    added = counts.total(Kind.NEW) - counts.total(Kind.OLD)
    return {
        "from": _moment(done.first),
        "to": _moment(done.last),
        "days": round(done.days, 2),
        "residents": done.residents,
        "readings": done.readings,
        "rows_left_out": asked.left_out,
        "cells_unreadable": asked.unreadable,
        "old": asked.old,
        "new": asked.new,
        "assumed": {
            "a_case_is_answered_after_minutes": asked.answered_after,
            "minutes_of_the_hub_a_case": asked.minutes_a_case,
        },
        "notes": list(asked.notes),
        "escalations": {_word(kind): _rates(counts.total(kind), done.resident_days) for kind in Kind},
        "added_work": {
            "escalations_a_day": round(added / done.days, 3) if done.days else 0.0,
            "hub_hours_a_day": round(added * asked.minutes_a_case / 60 / done.days, 3) if done.days else 0.0,
            "escalations_per_1000_residents_a_day": _rates(added, done.resident_days)[
                "per_1000_residents_a_day"
            ],
        },
        "by_rule": _split(counts.by_rule, RULES, done),
        "by_severity": _split(counts.by_severity, list(Severity), done),
        "by_hour": _split(counts.by_hour, [f"{hour:02}" for hour in range(24)], done, empty=True),
        "by_home": _by_home(counts, asked, done),
    }


def _word(kind: Kind) -> str:
    return kind.name.lower()


def _rates(count: int, resident_days: float) -> dict[str, Any]:
    return {
        "count": count,
        "per_1000_residents_a_day": round(1000 * count / resident_days, 3) if resident_days else 0.0,
    }


def _split(
    table: NDArray[np.int64], names: Iterable[str], done: Replayed, *, empty: bool = False
) -> dict[str, dict[str, Any]]:
    return {
        str(name): _row(column, done.resident_days)
        for name, column in zip(names, table.T.tolist(), strict=True)
        if empty or any(column)
    }


def _row(column: Sequence[int], resident_days: float) -> dict[str, Any]:
    row: dict[str, Any] = {_word(kind): column[kind] for kind in Kind}
    added = column[Kind.NEW] - column[Kind.OLD]
    rate = _rates(added, resident_days)["per_1000_residents_a_day"]
    return row | {"added_per_1000_residents_a_day": rate}


def _by_home(counts: Counts, asked: Asked, done: Replayed) -> dict[str, dict[str, Any]]:
    """Return the homes' counts, those that would change most first; rates are per resident of that home."""

    def changed(column: NDArray[np.int64]) -> int:
        return int(column[Kind.APPEARS :].sum())

    homes = sorted(counts.by_home.items(), key=lambda item: (-changed(item[1]), asked.homes[item[0]]))
    return {
        asked.homes[home]: _row(column.tolist(), done.residents_of[home] * done.days)
        for home, column in homes
    }


def _moment(at: int | None) -> str | None:
    return None if at is None else (_EPOCH + timedelta(microseconds=at)).isoformat()


def unread(said: Mapping[str, Any]) -> list[str]:
    """Return what of a file does not count."""
    if not said["rows_left_out"] and not said["cells_unreadable"]:
        return []
    return [
        "Rows left out, without a resident or a time, or with more or fewer cells than there are columns:"
        f" {said['rows_left_out']:,}. Cells that could not be read and counted as unknown:"
        f" {said['cells_unreadable']:,}."
    ]


def as_text(said: dict[str, Any]) -> str:
    """Return the same as text, with the homes that would change most."""
    head = [
        f"{said['readings']:,} readings of {said['residents']:,} residents, {said['days']:g} days"
        f" ({(said['from'] or '-')[:10]} to {(said['to'] or '-')[:10]}).",
        f"From {said['old']} to {said['new']}. In a replay nobody answers: a case counts as answered"
        f" {said['assumed']['a_case_is_answered_after_minutes']} minutes after it was raised.",
    ]
    head += [*unread(said), *said["notes"]]
    whole = [
        (name, [row["count"], row["per_1000_residents_a_day"]]) for name, row in said["escalations"].items()
    ]
    added = said["added_work"]
    parts = [
        "\n".join(head),
        _table("Escalations", ["count", "per 1,000 residents a day"], whole),
        f"Added work of the hub: {added['escalations_a_day']:+g} escalations a day,"
        f" {added['hub_hours_a_day']:+g} hours a day at"
        f" {said['assumed']['minutes_of_the_hub_a_case']:g} minutes each.",
        *(
            _table(title, [*map(_word, Kind), "added per 1,000 a day"], rows)
            for title, name, most in (
                ("By rule", "by_rule", None),
                ("By severity", "by_severity", None),
                ("By home", "by_home", _MOST_HOMES),
                ("By hour of the day in London", "by_hour", None),
            )
            if (rows := _rows(said[name], most))
        ),
    ]
    if len(said["by_home"]) > _MOST_HOMES:
        parts.append(f"The {_MOST_HOMES} homes that would change most are shown; --json has all.")
    return "\n\n".join(parts)


def _rows(split: dict[str, dict[str, Any]], most: int | None) -> list[tuple[str, list[Any]]]:
    """Return the rows that are not all zero."""
    return [(name, list(row.values())) for name, row in list(split.items())[:most] if any(row.values())]


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Any]]]) -> str:
    width = max([len(title), *(len(name) for name, _ in rows)])
    wide = [max(len(column), 9) for column in columns]
    lines = [f"{title:{width}}  " + "  ".join(f"{name:>{w}}" for name, w in zip(columns, wide, strict=True))]
    lines += [
        f"{name.replace('_', ' '):{width}}  "
        + "  ".join(f"{value:>{w},}" for value, w in zip(values, wide, strict=True))
        for name, values in rows
    ]
    return "\n".join(lines)
