"""What each rule notices of illnesses whose beginning is known, how early, and how often it is wrong.

Guards: an illness counts as noticed only before its crisis; a finding is false where its resident was well. What is
known is a simulation's script, so nothing here is evidence about people.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerts.policy import Policy
from alerts.replay.cases import cases
from alerts.replay.found import RULES, Found, found
from alerts.replay.intervals import Figure, Residents, share
from alerts.replay.scored import ScoredSets, scored
from alerts.replay.sets import DAY, HOUR, Sets

_MONTH = 30.0
PLAIN = frozenset({"score_threshold"})
"""What plain NEWS2 from 5 on finds: the score's threshold, and nothing else."""


@dataclass(frozen=True, slots=True)
class Illness:
    """One illness as it was scripted; moments in microseconds since 1970."""

    resident: int
    scenario: str
    onset: int
    crisis: int
    over: int


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy, or some of its rules, under evaluation."""

    name: str
    policy: Policy
    rules: frozenset[str] = frozenset(RULES)


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one rule or of a whole policy. Lead in hours; false findings a resident and month."""

    name: str
    illnesses: int
    noticed: int
    sensitivity: Figure
    lead_hours: Figure
    findings: int
    false_a_month: Figure
    predictive_value: Figure
    burden: Figure
    """A day, of 1,000 residents."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All rows. `by_completeness`: the share noticed, by how complete the sets from onset to crisis were."""

    residents: int
    days: float
    illnesses: int
    contenders: Mapping[str, Sequence[Row]]
    by_completeness: Mapping[str, Mapping[str, Figure]]
    by_scenario: Mapping[str, Mapping[str, Figure]]


@dataclass(slots=True)
class _Gathered:
    residents: list[int] = field(default_factory=list)
    first: int = np.iinfo(np.int64).max
    last: int = np.iinfo(np.int64).min
    found: dict[str, list[Found]] = field(default_factory=dict)
    complete: dict[Illness, tuple[int, int]] = field(default_factory=dict)


def evaluate(
    blocks: Iterable[Sets], illnesses: Sequence[Illness], contenders: Sequence[Contender], answered_after: int
) -> Evaluation:
    """Hold what each contender finds against what was scripted. `answered_after`: microseconds a case stays open."""
    gathered = _gather(blocks, illnesses, contenders)
    truth = _Truth(gathered, illnesses)
    every = {one.name: _Marked(truth, _joined(gathered.found[one.name])) for one in contenders}
    rows = {one.name: _rows(truth, every[one.name], one, answered_after) for one in contenders}
    return Evaluation(
        residents=len(gathered.residents),
        days=truth.days,
        illnesses=len(truth.illnesses),
        contenders=rows,
        by_completeness={name: truth.split(marked, truth.completeness) for name, marked in every.items()},
        by_scenario={name: truth.split(marked, lambda one: one.scenario) for name, marked in every.items()},
    )


def _gather(
    blocks: Iterable[Sets], illnesses: Sequence[Illness], contenders: Sequence[Contender]
) -> _Gathered:
    gathered = _Gathered(found={one.name: [] for one in contenders})
    for block in blocks:
        if not len(block):
            continue
        gathered.residents += np.unique(block.resident).tolist()
        gathered.first = min(gathered.first, int(block.effective_at.min()))
        gathered.last = max(gathered.last, int(block.effective_at.max()))
        for one in contenders:
            for results in scored(block, one.policy.window):
                kept = _of(found(results, one.policy), one.rules)
                gathered.found[one.name].append(kept)
                if one is contenders[0]:
                    gathered.complete |= _completeness(results, illnesses)
    return gathered


def _of(every: Found, rules: frozenset[str]) -> Found:
    return _only(every, np.isin(every.rule, [number for number, rule in enumerate(RULES) if rule in rules]))


def _only(every: Found, rows: NDArray[np.bool_]) -> Found:
    return Found(*(getattr(every, name)[rows] for name in Found.__slots__))


def _joined(parts: Sequence[Found]) -> Found:
    return Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in Found.__slots__))


def _completeness(results: ScoredSets, illnesses: Sequence[Illness]) -> dict[Illness, tuple[int, int]]:
    """Of each illness of these residents, how many of the full sets that were due before its crisis were complete."""
    due = results.own & results.sets.scheduled[results.cause]
    here = set(results.resident.tolist())
    counts: dict[Illness, tuple[int, int]] = {}
    for one in illnesses:
        if one.resident in here:
            during = (results.moment >= one.onset) & (results.moment <= one.crisis)
            sets = due & during & (results.resident == one.resident)
            counts[one] = int((sets & results.scores.complete).sum()), int(sets.sum())
    return counts


class _Truth:
    """What was scripted, by resident."""

    def __init__(self, gathered: _Gathered, illnesses: Sequence[Illness]) -> None:
        self.every = illnesses
        # One that nobody measured, or whose crisis is yet to come, is nobody's to have noticed.
        measured = [one for one in illnesses if gathered.complete.get(one, (0, 0))[1]]
        self.illnesses = [one for one in measured if one.crisis <= gathered.last]
        self.number = {resident: place for place, resident in enumerate(gathered.residents)}
        self.residents = Residents(len(gathered.residents))
        self.days = max(1.0, (gathered.last - gathered.first) / DAY) if gathered.residents else 0.0
        self._complete = gathered.complete

    @property
    def count(self) -> int:
        return len(self.number)

    def completeness(self, one: Illness) -> str:
        complete, due = self._complete[one]
        return (
            "every set complete"
            if complete == due
            else "some set incomplete"
            if complete
            else "no set complete"
        )

    def split(self, marked: "_Marked", group: Callable[[Illness], str]) -> dict[str, Figure]:
        """The share noticed, by group."""
        groups: dict[str, list[bool]] = {}
        for one, first in zip(self.illnesses, marked.first, strict=True):
            groups.setdefault(group(one), []).append(first is not None)
        return {name: share(sum(noticed), len(noticed)) for name, noticed in sorted(groups.items())}


class _Marked:
    """Findings with whose they are, whether they are right, and the first of each illness before its crisis."""

    def __init__(self, truth: _Truth, findings: Found) -> None:
        self.findings = findings
        self.number = np.array([truth.number[one] for one in findings.resident.tolist()], dtype=np.int64)
        self.right = np.zeros(len(findings), dtype=bool)
        self.first: list[int | None] = []
        for one in truth.every:
            ill = (findings.at >= one.onset) & (findings.at <= one.over)
            self.right |= ill & (findings.resident == one.resident)
        for one in truth.illnesses:
            theirs = findings.resident == one.resident
            early = findings.at[theirs & (findings.at >= one.onset) & (findings.at <= one.crisis)]
            self.first.append(int(early.min()) if len(early) else None)


def _rows(truth: _Truth, marked: _Marked, contender: Contender, answered_after: int) -> list[Row]:
    raised = cases(marked.findings, answered_after)
    as_found = Found(raised.resident, raised.home, raised.raised_at, raised.rule, raised.severity)
    whole = _row(truth, "escalations", _Marked(truth, as_found), marked.first)
    rows = [whole]
    for number, rule in enumerate(RULES):
        of_rule = _only(marked.findings, marked.findings.rule == number)
        if rule in contender.rules and len(of_rule):
            one = _Marked(truth, of_rule)
            rows.append(_row(truth, rule, one, one.first))
    return rows


def _row(truth: _Truth, name: str, marked: _Marked, first: Sequence[int | None]) -> Row:
    count, residents = truth.count, truth.residents
    days = np.full(count, truth.days)
    every = np.bincount(marked.number, minlength=count).astype(np.float64)
    right = np.bincount(marked.number[marked.right], minlength=count).astype(np.float64)
    leads = [
        (truth.number[one.resident], (one.crisis - at) / HOUR)
        for one, at in zip(truth.illnesses, first, strict=True)
        if at is not None
    ]
    whose, hours = (np.array([lead[part] for lead in leads]) for part in (0, 1))
    return Row(
        name=name,
        illnesses=len(first),
        noticed=len(leads),
        sensitivity=share(len(leads), len(first)),
        lead_hours=residents.median(whose.astype(np.int64), hours.astype(np.float64)),
        findings=len(marked.findings),
        false_a_month=residents.rate(every - right, days / _MONTH),
        predictive_value=residents.proportion(right, every),
        burden=residents.rate(every, days / 1000),
    )
