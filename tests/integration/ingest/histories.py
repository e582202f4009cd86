"""Histories of readings that hypothesis makes up, and what becomes of them when they are delivered.

Invariant: what becomes is told under numbers that do not depend on ids, so two deliveries can be compared; each is
held against the independent scorer besides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from devices.reading import ReadingPayload
from tests.fixtures import independent
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, admit, told
from tests.fixtures.independent import Result
from tests.fixtures.length import length
from tests.fixtures.length import seed as chosen_seed

EXAMPLES = length(30, 2000)
Made = TypeVar("Made")
STEP = n.minutes(5)
# One value of several classes of the chart each, some of them on the edge.
VALUES: dict[str, list[Any]] = {
    "respiration_rate": [8, 16, 21, 25],
    "spo2": [90, 92, 95, 97],
    "on_oxygen": [True, False],
    "systolic": [88, 100, 120],
    "pulse": [45, 72, 124],
    "consciousness": ["A", "C"],
    "temperature": [35.05, 36.8, 38.04, 39.1],
}

values = st.fixed_dictionaries({}, optional={sign: st.sampled_from(them) for sign, them in VALUES.items()})
unrecordable = st.sets(st.sampled_from(["spo2", "systolic", "pulse"]), max_size=1)


@dataclass(frozen=True)
class Sent:
    """A reading before it has an id: which resident, when, what."""

    resident: int
    steps_ago: int
    values: dict[str, Any]
    cleared: frozenset[str]
    worry: bool

    @property
    def taken_at(self) -> datetime:
        return NOW - self.steps_ago * STEP


readings = st.builds(
    Sent,
    resident=st.integers(0, 1),
    steps_ago=st.integers(0, 14),
    values=values,
    cleared=unrecordable.map(frozenset),
    worry=st.sampled_from([False, False, False, True]),
)


@dataclass(frozen=True)
class Delivery:
    """Readings in the order they arrive, some more than once, and where the batches are cut."""

    sent: list[Sent]
    order: list[int]
    cuts: list[int]

    @property
    def batches(self) -> list[list[int]]:
        edges = [0, *self.cuts, len(self.order)]
        return [self.order[a:b] for a, b in pairwise(edges) if a < b]


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    sent = draw(st.lists(readings, min_size=1, max_size=10))
    again = draw(st.lists(st.integers(0, len(sent) - 1), max_size=6))
    order = draw(st.permutations([*range(len(sent)), *again]))
    cuts = draw(st.lists(st.integers(0, len(order)), max_size=6).map(sorted))
    return Delivery(sent, list(order), cuts)


@dataclass(frozen=True)
class Became:
    """What is in the database about residents, under names that do not depend on ids."""

    stored: list[int]
    arrival: dict[int, int]
    scores: dict[tuple[int, int], Result]
    current: dict[int, dict[str, tuple[Any, str, int]]]
    queue: dict[int, tuple[str, str]]
    questions: dict[int, tuple[Any, ...]]

    @property
    def standing(self) -> dict[int, Result]:
        """Of each moment the score that the latest arrival gave."""
        latest: dict[int, int] = {}
        for moment, cause in self.scores:
            if moment not in latest or self.arrival[cause] > self.arrival[latest[moment]]:
                latest[moment] = cause
        return {moment: self.scores[moment, cause] for moment, cause in latest.items()}


def delivered(doorstep: Doorstep, sent: Sequence[Sent], batches: Sequence[Sequence[int]]) -> Became:
    """Deliver to residents nobody has heard of yet, and say what became of it."""
    residents = admit(doorstep.owner, 2)
    kit = n.Kit()
    made = [payload(kit, one, residents) for one in sent]
    for batch in batches:
        doorstep.deliver(*(kit.arrival(made[index], NOW) for index in batch))
    agrees_with_an_independent_scorer(doorstep, residents, made)
    return became(doorstep, residents, made)


def payload(kit: n.Kit, sent: Sent, residents: Sequence[UUID]) -> ReadingPayload:
    return kit.reading(
        residents[sent.resident],
        sent.values,
        taken_at=sent.taken_at,
        not_obtained=dict.fromkeys(sent.cleared, "unrecordable"),
        worry={"by": "staff"} if sent.worry else None,
    )


def agrees_with_an_independent_scorer(
    doorstep: Doorstep, residents: Sequence[UUID], made: Sequence[ReadingPayload]
) -> None:
    books = told(doorstep, residents, {one.reading_id: one for one in made})
    assert doorstep.scores(residents) == independent.results(books)
    rows = doorstep.rows(
        "SELECT resident_id, severity FROM alerts.escalation WHERE resident_id = ANY (%s)", list(residents)
    )
    assert dict(rows) == independent.escalated(books, NOW)
    assert len(rows) == len(dict(rows))


def became(doorstep: Doorstep, residents: Sequence[UUID], made: Sequence[ReadingPayload]) -> Became:
    number = {one.reading_id: index for index, one in enumerate(made)}
    who = {resident: index for index, resident in enumerate(residents)}
    rows = doorstep.rows(
        "SELECT reading_id, arrival_number FROM ingest.reading WHERE resident_id = ANY (%s)", residents
    )
    signs = doorstep.rows(
        "SELECT resident_id, signs FROM ingest.current_vitals WHERE resident_id = ANY (%s)", residents
    )
    queue = doorstep.rows(
        "SELECT resident_id, severity, why FROM alerts.escalation WHERE resident_id = ANY (%s)", residents
    )
    questions = doorstep.rows(
        """SELECT resident_id, reading_id, effective_at, deciding, low, high, answer_by
           FROM alerts.open_question WHERE resident_id = ANY (%s)""",
        residents,
    )
    return Became(
        stored=sorted(number[reading] for reading, _ in rows),
        arrival={number[reading]: arrival for reading, arrival in rows},
        scores={
            (number[moment], number[cause]): result
            for ((_, moment), (_, cause)), result in doorstep.scores(residents).items()
        },
        current={
            who[resident]: {
                sign: (
                    entry["value"],
                    datetime.fromisoformat(entry["effective_at"]),
                    number[UUID(entry["reading"])],
                )
                for sign, entry in known.items()
            }
            for resident, known in signs
        },
        queue={who[resident]: (severity, why) for resident, severity, why in queue},
        questions={who[resident]: (number[reading], *said) for resident, reading, *said in questions},
    )


def over_histories(strategy: st.SearchStrategy[Made]):
    """Run a check over many histories, or parts of one, the same ones each time in the suite."""

    def run(check: Callable[[Made], None]) -> None:
        quiet = [HealthCheck.too_slow]
        sized = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=quiet)
        seed(chosen_seed())(sized(given(strategy)(check)))()

    return run
