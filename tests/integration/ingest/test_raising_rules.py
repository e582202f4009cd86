"""A rule that raises cannot lose a reading (invariant 4): one resident's stay unscored, in front of a person."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from alerts.evaluator import Evaluator
from devices.receipt import CALL_HUB, Outcome
from ingest.arrival import NewReading, ReadingKey, Repeated, Verdict
from ingest.evaluation import Batch
from tests.fixtures import independent
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, admit, told

Break = Callable[[psycopg.Connection], None]


class Faulty(Evaluator):
    """The real evaluator with a rule that breaks on some residents, after it has written its scores."""

    def __init__(self, residents: Sequence[UUID], breaks: Break) -> None:
        super().__init__()
        self.residents = set(residents)
        self.breaks = breaks
        self.calls = 0

    def evaluate(self, conn: psycopg.Connection, batch: Batch, at: datetime) -> Mapping[ReadingKey, Verdict]:
        self.calls += 1
        verdicts = super().evaluate(conn, batch, at)
        if self.residents & set(batch.residents):
            self.breaks(conn)
        return verdicts


class Forgetful(Evaluator):
    """One that fails when it is asked again what it said."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def recall(
        self, conn: psycopg.Connection, repeated: Sequence[Repeated], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        raise self.error


class Helpless(Faulty):
    """One that cannot even put the reading in front of a person."""

    def cannot_score(
        self, conn: psycopg.Connection, readings: Sequence[NewReading], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        raise LookupError("no policy can be read")


def raises(_conn: psycopg.Connection) -> None:
    raise ZeroDivisionError("a rule divided by the number of baselines")


def asks_for_a_table_that_is_not_there(conn: psycopg.Connection) -> None:
    conn.execute("SELECT * FROM alerts.baseline")


def breaks_a_constraint(conn: psycopg.Connection) -> None:
    conn.execute("UPDATE alerts.hub_revision SET revision = NULL")


def swallows_the_error_of_a_bad_query(conn: psycopg.Connection) -> None:
    with suppress(psycopg.DataError):
        conn.execute("SELECT 1 / 0")


def nests_too_deep(conn: psycopg.Connection) -> None:
    conn.execute("SELECT repeat('[', 1000000)::json")


def takes_too_long(conn: psycopg.Connection) -> None:
    conn.execute("SET LOCAL statement_timeout = 1")
    conn.execute("SELECT count(*) FROM generate_series(1, 100000000)")


def recurses(_conn: psycopg.Connection) -> None:
    recurses(_conn)


BREAKS = [
    raises,
    asks_for_a_table_that_is_not_there,
    breaks_a_constraint,
    swallows_the_error_of_a_bad_query,
    nests_too_deep,
    takes_too_long,
    recurses,
]


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda one: one.__name__)
def test_only_the_resident_a_rule_breaks_on_stays_unscored(doorstep: Doorstep, breaks: Break):
    residents = admit(doorstep.owner, 9)
    broken = residents[4]
    kit = n.Kit()
    made = [
        kit.reading(one, n.GRAVE if index % 2 else n.NORMAL, taken_at=NOW - n.minutes(5 * again))
        for again in (3, 0, 1)
        for index, one in enumerate(residents)
    ]
    settled = doorstep.deliver(*(kit.arrival(one, NOW) for one in made), evaluator=Faulty([broken], breaks))
    assert {one.outcome for one in settled} == {Outcome.STORED}
    assert {one.verdict.next for one in settled if one.arrival.item.resident == broken} == {CALL_HUB}

    books = told(doorstep, residents, {one.reading_id: one for one in made})
    assert len(books) == len(made)
    others = [one for one in books if one.resident != broken]
    assert doorstep.scores(residents) == independent.results(others)
    cases = doorstep.rows("SELECT resident_id, origin, severity FROM alerts.escalation")
    assert len(cases) == len({resident for resident, *_ in cases})
    assert (broken, "unscored", "high") in cases
    assert {resident: severity for resident, _, severity in cases if resident != broken} == (
        independent.escalated(others, NOW)
    )
    [(evidence,)] = doorstep.rows("SELECT evidence FROM alerts.finding WHERE resident_id = %s", broken)
    assert {one["reading"] for one in evidence} == {
        str(one.key[1]) for one in books if one.resident == broken
    }
    events = doorstep.rows("SELECT revision FROM alerts.escalation_event ORDER BY revision")
    assert [revision for (revision,) in events] == list(range(1, len(events) + 1))


def test_finding_the_one_resident_takes_few_tries(doorstep: Doorstep):
    residents = admit(doorstep.owner, 64)
    kit = n.Kit()
    faulty = Faulty([residents[40]], raises)
    doorstep.deliver(
        *(kit.arrival(kit.reading(one, taken_at=NOW), NOW) for one in residents), evaluator=faulty
    )
    assert faulty.calls == 13, "the whole, and two halves at each of six levels"
    assert doorstep.rows("SELECT count(*) FROM alerts.score") == [(63,)]


def test_a_rule_that_breaks_on_everybody_loses_nobody(doorstep: Doorstep):
    residents = admit(doorstep.owner, 8)
    kit = n.Kit()
    made = [kit.reading(one, taken_at=NOW) for one in residents]
    doorstep.deliver(*(kit.arrival(one, NOW) for one in made), evaluator=Faulty(residents, raises))
    assert len(doorstep.stored()) == 8
    assert sorted(doorstep.rows("SELECT resident_id, origin FROM alerts.escalation")) == [
        (one, "unscored") for one in sorted(residents)
    ]


def test_an_unscored_reading_still_counts_in_the_scores_that_follow(doorstep: Doorstep):
    """Once the rule is mended, what was stored meanwhile is part of what is known."""
    kit = n.Kit()
    hot = kit.reading(values={"temperature": 39.4}, taken_at=NOW - n.minutes(5))
    fast = kit.reading(values={"respiration_rate": 26, "pulse": 131}, taken_at=NOW)
    doorstep.deliver(kit.arrival(hot, NOW), evaluator=Faulty([n.AMARA], raises))
    [settled] = doorstep.deliver(kit.arrival(fast, NOW))
    assert settled.verdict.low == 2 + 3 + 3
    assert doorstep.rows("SELECT severity, origin FROM alerts.escalation") == [("high", "unscored")]
    assert set(doorstep.rows("SELECT rule FROM alerts.finding")) >= {("unscored",), ("score_threshold",)}


def test_where_nobody_can_be_told_nothing_is_stored_or_acknowledged(doorstep: Doorstep):
    kit = n.Kit()
    with pytest.raises(LookupError):
        doorstep.deliver(kit.arrival(kit.reading(taken_at=NOW), NOW), evaluator=Helpless([n.AMARA], raises))
    assert doorstep.stored() == []


def test_a_sender_whose_first_answer_cannot_be_had_again_is_told_to_phone(doorstep: Doorstep):
    kit = n.Kit()
    sent = kit.arrival(kit.reading(values={"pulse": 70}, taken_at=NOW), NOW)
    doorstep.deliver(sent)
    [settled] = doorstep.deliver(sent, evaluator=Forgetful(ZeroDivisionError("nothing to divide by")))
    assert (settled.outcome, settled.verdict.next) == (Outcome.DUPLICATE, CALL_HUB)


def test_a_first_answer_that_takes_too_long_to_find_is_asked_for_again(doorstep: Doorstep):
    kit = n.Kit()
    sent = kit.arrival(kit.reading(taken_at=NOW), NOW)
    doorstep.deliver(sent)
    with pytest.raises(psycopg.errors.QueryCanceled):
        doorstep.deliver(sent, evaluator=Forgetful(psycopg.errors.QueryCanceled("too long")))
