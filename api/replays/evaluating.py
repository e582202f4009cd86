"""Compare policies on a simulation whose illnesses are known, and report the result.

Guards: the report begins by saying that simulated residents are no evidence about people.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.policy import SHIPPED, Policy
from alerts.replay.evaluation import PLAIN, Contender, Evaluation, Measures, Row, evaluate
from alerts.replay.intervals import Figure
from alerts.replay.sets import MICROSECONDS
from alerts.replay.truth import Illness
from api.replays import job
from api.replays.columns import Reader
from api.replays.job import Tell, silent
from api.replays.labels import Label
from api.replays.report import unread
from api.score_files.problems import FileError

NO_EVIDENCE = (
    "These residents are simulated: what a rule notices of a script says nothing about people."
    " It shows what rules cost each other on the same readings, and that the measuring works."
)
BY_COMPLETENESS = (
    "Indented below each row: the same by how complete the full sets were that were due. An illness goes by its sets"
    " from its beginning to its crisis (noticed, of, share, hours before); all else goes by the resident's sets of that"
    " day, and is of all such days."
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def evaluate_file(
    source: Path,
    labels: Sequence[Label],
    policies: Sequence[Policy],
    answered_after: int,
    tell: Tell = silent,
) -> tuple[Reader, Evaluation]:
    """Evaluate these policies, and plain NEWS2 from 5 on, over the readings of a file. Raises FileError."""
    contenders = [Contender(one.version, one) for one in policies]
    contenders.append(Contender("plain NEWS2 from 5", SHIPPED, PLAIN))
    with job.read_file(source, tell) as (reader, gathered):
        if reader.left_out == reader.rows:
            raise FileError(f"{source} cannot be evaluated: no row of it has both a resident and a time.")
        codes = reader.residents.names
        illnesses = [
            Illness(
                codes[one.resident],
                one.scenario,
                _moment(one.onset_at),
                _moment(one.crisis_at),
                _moment(one.over_at),
            )
            for one in labels
            if one.truth == "deteriorating" and one.resident in codes
        ]
        blocks = job.sets(reader, gathered, tell)
        return reader, evaluate(blocks, illnesses, contenders, answered_after * 60 * MICROSECONDS)


def as_json(reader: Reader, done: Evaluation) -> dict[str, Any]:
    """Return all of it, with plain values."""
    return {"not_evidence": NO_EVIDENCE} | _left_out(reader) | asdict(done)


def _left_out(reader: Reader) -> dict[str, Any]:
    return {"rows_left_out": reader.left_out, "cells_unreadable": reader.unreadable.total()}


def as_text(reader: Reader, done: Evaluation) -> str:
    """Return the same as text."""
    parts = [
        NO_EVIDENCE,
        *unread(_left_out(reader)),
        f"{done.illnesses} illnesses of {done.residents:,} residents in {done.days:.0f} days."
        " In brackets: 95 % intervals; (?) where there was too little for one.",
        BY_COMPLETENESS,
        *(_table(name, rows) for name, rows in done.contenders.items()),
        _split("Noticed before the crisis, by illness", done.by_scenario),
    ]
    return "\n\n".join(parts)


_HEAD = (
    "",
    "noticed",
    "of",
    "share",
    "hours before",
    "days",
    "findings",
    "false/month",
    "right",
    "a day/1,000",
)
_WIDE = (24, 8, 5, 19, 21, 8, 9, 20, 19, 24)


def _table(name: str, rows: Sequence[Row]) -> str:
    return "\n".join([name, _line(_HEAD), *(line for row in rows for line in _lines(row))])


def _lines(row: Row) -> Iterator[str]:
    """Yield a line for the whole, and one for each kind that has illnesses or days."""
    yield _line(_cells(row.name.replace("_", " "), row.whole))
    for kind, part in row.by_completeness.items():
        if part.illnesses or part.resident_days:
            yield _line(_cells(f"  {kind}", part))


def _cells(name: str, of: Measures) -> Sequence[str]:
    return (
        name,
        f"{of.noticed:,}",
        f"{of.illnesses:,}",
        _said(of.sensitivity, ".2f"),
        _said(of.lead_hours, ".1f"),
        f"{of.resident_days:,.0f}",
        f"{of.findings:,}",
        _said(of.false_a_month, ".2f"),
        _said(of.predictive_value, ".2f"),
        _said(of.burden, ".1f"),
    )


def _split(title: str, figures: Mapping[str, Mapping[str, Figure]]) -> str:
    groups = list(dict.fromkeys(group for one in figures.values() for group in one))
    lines = [title, f"{'':24}" + "".join(f"  {group:>22}" for group in groups)]
    for name, one in figures.items():
        lines.append(f"{name:24}" + "".join(f"  {_said(one[group], '.2f'):>22}" for group in groups))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    first, *rest = cells
    return f"{first:{_WIDE[0]}}" + "".join(
        f" {cell:>{wide}}" for cell, wide in zip(rest, _WIDE[1:], strict=True)
    )


def _said(figure: Figure, form: str) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None:
        return f"{figure.value:{form}} (?)"
    return f"{figure.value:{form}} ({figure.low:{form}}-{figure.high:{form}})"
