"""What each rule notices of illnesses whose beginning is known, how early, and how often it is wrong.

Guards: every measure of a rule is given as a whole and by kind of completeness. The truth is a simulation's
script, so nothing here is evidence about people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alerts.policy import Policy
from alerts.replay.cases import cases
from alerts.replay.completeness import KINDS, Completeness, DueSets, due_sets
from alerts.replay.found import RULES, Found, found
from alerts.replay.intervals import Figure, share
from alerts.replay.scored import scored
from alerts.replay.sets import Sets
from alerts.replay.truth import Illness, Marked, Truth

_MONTH = 30.0
_ANY = range(len(KINDS))
PLAIN = frozenset({"score_threshold"})
"""What plain NEWS2 from 5 on finds: the score's threshold, and nothing else."""

Columns = TypeVar("Columns", Found, DueSets)


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy, or some of its rules, under evaluation."""

    name: str
    policy: Policy
    rules: frozenset[str] = frozenset(RULES)


@dataclass(frozen=True, slots=True)
class Measures:
    """What came of some illnesses and some days. Lead is in hours, false findings per resident and month."""

    illnesses: int
    noticed: int
    sensitivity: Figure
    lead_hours: Figure
    resident_days: float
    findings: int
    false_a_month: Figure
    predictive_value: Figure
    burden: Figure
    """A day, of 1,000 residents."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule or a whole policy gave. `by_completeness`: the same for the illnesses and days of each kind."""

    name: str
    whole: Measures
    by_completeness: Mapping[Completeness, Measures]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All rows. `by_scenario`: the share of each illness that was noticed."""

    residents: int
    days: float
    illnesses: int
    contenders: Mapping[str, Sequence[Row]]
    by_scenario: Mapping[str, Mapping[str, Figure]]


@dataclass(slots=True)
class _Gathered:
    residents: list[int] = field(default_factory=list)
    first: int = np.iinfo(np.int64).max
    last: int = np.iinfo(np.int64).min
    due: list[DueSets] = field(default_factory=list)
    found: dict[str, list[Found]] = field(default_factory=dict)


def evaluate(
    blocks: Iterable[Sets], illnesses: Sequence[Illness], contenders: Sequence[Contender], answered_after: int
) -> Evaluation:
    """Compare what each contender finds with what was scripted.

    `answered_after`: how many microseconds a case stays open. How complete the sets were is judged by the
    first contender's window. There must be at least one reading.
    """
    gathered = _gather(blocks, contenders)
    truth = Truth(gathered.residents, (gathered.first, gathered.last), _joined(gathered.due), illnesses)
    every = {one.name: Marked(truth, _joined(gathered.found[one.name])) for one in contenders}
    return Evaluation(
        residents=truth.count,
        days=truth.days,
        illnesses=len(truth.illnesses),
        contenders={one.name: _rows(truth, every[one.name], one, answered_after) for one in contenders},
        by_scenario={name: _by_scenario(truth, marked.leads) for name, marked in every.items()},
    )


def _gather(blocks: Iterable[Sets], contenders: Sequence[Contender]) -> _Gathered:
    gathered = _Gathered(found={one.name: [] for one in contenders})
    for block in blocks:
        if not len(block):
            continue
        gathered.residents += np.unique(block.resident).tolist()
        gathered.first = min(gathered.first, int(block.effective_at.min()))
        gathered.last = max(gathered.last, int(block.effective_at.max()))
        for one in contenders:
            for results in scored(block, one.policy.window):
                gathered.found[one.name].append(_of(found(results, one.policy), one.rules))
                if one is contenders[0]:
                    gathered.due.append(due_sets(results))
    return gathered


def _of(every: Found, rules: frozenset[str]) -> Found:
    return _only(every, np.isin(every.rule, [number for number, rule in enumerate(RULES) if rule in rules]))


def _only(every: Found, rows: NDArray[np.bool_]) -> Found:
    return Found(*(getattr(every, one.name)[rows] for one in fields(Found)))


def _joined(parts: Sequence[Columns]) -> Columns:
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(kind)))


def _rows(truth: Truth, marked: Marked, contender: Contender, answered_after: int) -> list[Row]:
    raised = cases(marked.findings, answered_after)
    as_found = Found(raised.resident, raised.home, raised.raised_at, raised.rule, raised.severity)
    rows = [_row(truth, "escalations", Marked(truth, as_found), marked.leads)]
    for number, rule in enumerate(RULES):
        of_rule = _only(marked.findings, marked.findings.rule == number)
        if rule in contender.rules and len(of_rule):
            one = Marked(truth, of_rule)
            rows.append(_row(truth, rule, one, one.leads))
    return rows


def _row(truth: Truth, name: str, marked: Marked, leads: NDArray[np.float64]) -> Row:
    by_kind = {kind: _measures(truth, marked, leads, [number]) for number, kind in enumerate(KINDS)}
    return Row(name, _measures(truth, marked, leads, _ANY), by_kind)


def _measures(truth: Truth, marked: Marked, leads: NDArray[np.float64], chosen: Sequence[int]) -> Measures:
    """Return the measures of the illnesses and the days of some kinds of completeness."""
    residents, days = truth.residents, truth.days_by_kind[:, chosen].sum(axis=1)
    ill = np.isin(truth.kind_of_illness, chosen)
    noticed = ill & ~np.isnan(leads)
    counted = np.isin(marked.kind, chosen)
    every, right = (
        np.bincount(marked.number[of], minlength=truth.count).astype(np.float64)
        for of in (counted, counted & marked.right)
    )
    return Measures(
        illnesses=int(ill.sum()),
        noticed=int(noticed.sum()),
        sensitivity=share(int(noticed.sum()), int(ill.sum())),
        lead_hours=residents.median(truth.ill[noticed], leads[noticed]),
        resident_days=float(days.sum()),
        findings=int(counted.sum()),
        false_a_month=residents.rate(every - right, days / _MONTH),
        predictive_value=residents.proportion(right, every),
        burden=residents.rate(every, days / 1000),
    )


def _by_scenario(truth: Truth, leads: NDArray[np.float64]) -> dict[str, Figure]:
    """Return the share noticed, by illness."""
    groups: dict[str, list[bool]] = {}
    for one, lead in zip(truth.illnesses, leads, strict=True):
        groups.setdefault(one.scenario, []).append(not np.isnan(lead))
    return {name: share(sum(noticed), len(noticed)) for name, noticed in sorted(groups.items())}
