"""What the database refuses: one reading it cannot hold stops no other, and its own trouble is waited out."""

import math
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from alerts.evaluator import Evaluator
from devices.gateway.outbox import State
from devices.receipt import Outcome
from ingest import quarantine
from ingest.replay import replay
from ingest.worker.consumer import Delivery
from ingest.worker.receipts import ReceiptBook
from ingest.worker.session import Session
from ingest.worker.settlement import Settlement
from ingest.worker.tally import Tally
from ingest.worker.worker import Worker
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.doorstep import BY
from tests.fixtures.live_kits import still_on
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.integration.ingest.line import Line, running_line

UNLUCKY = n.NORMAL | {"pulse": 66}


@pytest.fixture
def line(neighbourhood, broker, tmp_path) -> Iterator[Line]:
    with running_line(neighbourhood, broker, tmp_path, untroubled=False) as running:
        yield running


def as_owner(line: Line, statement: str) -> None:
    with line.database.connect(autocommit=True) as conn:
        conn.execute(statement)  # pyright: ignore[reportArgumentType]


@contextmanager
def stopped_while(line: Line) -> Iterator[None]:
    """What is measured meanwhile arrives in one batch, or in few."""
    line.ingest.stop()
    yield
    line.ingest.start()


def test_a_reading_the_database_cannot_hold_is_put_away_alone(line):
    as_owner(line, "ALTER TABLE ingest.reading ADD CONSTRAINT unlucky CHECK (pulse <> 66)")
    kit, other = line.kits
    with stopped_while(line):
        for number in range(60):
            kit.measure(n.AMARA, UNLUCKY if number == 37 else n.NORMAL)
            other.measure(n.CORA, n.NORMAL)
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted")
    states = list(kit.states().values())
    assert states.count(State.STORED) == 59
    assert states[37] is State.QUARANTINED
    assert set(other.states().values()) == {State.STORED}
    [(reading, detail)] = line.rows("SELECT reading_id, detail FROM ingest.quarantine")
    assert kit.sent[reading].values["pulse"] == 66
    assert "CheckViolation" in detail
    assert line.rows("SELECT count(*) FROM ingest.reading") == [(119,)]


def test_a_database_that_takes_nothing_is_waited_for_and_nothing_is_put_away(line):
    """A schema half restored refuses readings and quarantine alike: then the fault is not the reading's."""
    as_owner(line, "REVOKE INSERT ON ingest.reading, ingest.quarantine FROM hearthwatch_ingest")
    kit = line.kits[0]
    for _ in range(5):
        kit.measure(n.AMARA, n.GRAVE)
    wait_until(lambda: line.ingest.metric("retries_total") > 5, "ingest to be refused")
    assert still_on(line.kits) == 5
    as_owner(line, "GRANT INSERT ON ingest.reading, ingest.quarantine TO hearthwatch_ingest")
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted")
    assert set(kit.states().values()) == {State.STORED}
    assert line.rows("SELECT count(*) FROM ingest.quarantine") == [(0,)]
    assert line.rows("SELECT severity FROM alerts.escalation") == [("high",)]


def thinks_for_longer_than_the_database_waits(conn: psycopg.Connection) -> None:
    conn.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
    gave_up, _, _ = select.select([conn.fileno()], [], [], PATIENCE_SECONDS)
    assert gave_up


def takes_more_locks_than_there_is_room_for(conn: psycopg.Connection) -> None:
    conn.execute("DO $$ BEGIN RAISE 'out of shared memory' USING ERRCODE = '53200'; END $$")


class OverwhelmedByMany(Evaluator):
    """With more than one reading at a time it asks too much of the database."""

    def __init__(self, how: Callable[[psycopg.Connection], None]) -> None:
        self.how = how
        self.tried: list[int] = []

    def evaluate(self, conn, batch, at):
        self.tried.append(len(batch.new))
        if len(batch.new) > 1:
            self.how(conn)
        return super().evaluate(conn, batch, at)


class OverwhelmedBy(Evaluator):
    """Whatever is sent of one resident asks too much of the database, however little it is, for so many tries."""

    def __init__(self, resident: UUID, times: float = math.inf, *, kept: bool = True) -> None:
        """`kept`: the quarantine asks less, and takes it."""
        self.resident, self.left, self.kept = resident, times, kept

    def evaluate(self, conn, batch, at):
        if self.resident in batch.residents:
            self._ask_too_much(conn)
        return super().evaluate(conn, batch, at)

    def cannot_keep(self, conn, placement, payload, at):
        if not self.kept:
            self._ask_too_much(conn)
        return super().cannot_keep(conn, placement, payload, at)

    def _ask_too_much(self, conn: psycopg.Connection) -> None:
        self.left -= 1
        if self.left >= 0:
            takes_more_locks_than_there_is_room_for(conn)


class OnceInTheWay(Evaluator):
    """The first time, the database ends the transaction so that another's can go on."""

    def __init__(self, ending: psycopg.Error) -> None:
        self.ending = ending
        self.tried: list[int] = []

    def evaluate(self, conn, batch, at):
        self.tried.append(len(batch.new))
        verdicts = super().evaluate(conn, batch, at)
        if len(self.tried) == 1:
            raise self.ending
        return verdicts


def settle(neighbourhood, evaluator: Evaluator, *arrivals, patience: float = PATIENCE_SECONDS):
    """As one batch. `patience` with what is too much by itself."""
    session = Session(lambda: neighbourhood.connect("hearthwatch_ingest", autocommit=True), Tally())
    settlement = Settlement(session, evaluator, ReceiptBook(cast(Any, None)), patience=patience)
    stopping = threading.Event()
    giving_up = threading.Timer(PATIENCE_SECONDS, stopping.set)
    giving_up.start()
    try:
        return settlement.settle(arrivals, stopping)
    finally:
        giving_up.cancel()
        session.close()


@pytest.mark.parametrize(
    "how", [thinks_for_longer_than_the_database_waits, takes_more_locks_than_there_is_room_for]
)
def test_a_batch_that_is_too_much_as_a_whole_is_stored_in_halves(neighbourhood, how):
    kit, now, overwhelmed = n.Kit(), datetime.now(UTC), OverwhelmedByMany(how)
    readings = [kit.reading(one, taken_at=now) for one in (n.AMARA, n.AMARA, n.BRAM, n.BRAM)]
    settled = settle(neighbourhood, overwhelmed, *(kit.arrival(one, now) for one in readings))
    assert settled is not None
    assert [one.outcome for one in settled] == [Outcome.STORED] * 4
    assert overwhelmed.tried == [4, 2, 1, 1, 2, 1, 1]


def test_a_reading_that_is_too_much_by_itself_again_and_again_is_put_away_alone(neighbourhood):
    kit, now = n.Kit(), datetime.now(UTC)
    sent = [kit.arrival(kit.reading(one, taken_at=now), now) for one in (n.AMARA, n.BRAM, n.CORA)]
    settled = settle(neighbourhood, OverwhelmedBy(n.BRAM), *sent, patience=0.0)
    assert settled is not None
    assert [one.outcome for one in settled] == [Outcome.STORED, Outcome.QUARANTINED, Outcome.STORED]
    settle(neighbourhood, OverwhelmedBy(n.BRAM), sent[1], patience=0.0)
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        [kept] = quarantine.listed(conn)
        assert (kept.reading_id, kept.reason, kept.deliveries) == (sent[1].item.reading_id, "unstorable", 2)
        assert "OutOfMemory" in kept.detail
        again = replay(conn, BY, kept, Evaluator(), now)
    assert again == Outcome.STORED
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT resident_id, origin FROM alerts.escalation").fetchall() == [
            (n.BRAM, "unscored")
        ]
        told = owner.execute("SELECT count(*) FROM alerts.finding WHERE rule = 'unstored'").fetchone()
        assert told == (1,), "once, though it came again"


@pytest.mark.parametrize(
    ("times", "patience", "kept"),
    [(2, PATIENCE_SECONDS, True), (4, 0.0, False)],
    ids=["and it passes", "and the quarantine takes it no more than the readings do"],
)
def test_a_database_without_room_for_one_reading_is_waited_for(neighbourhood, times, patience, kept):
    kit, now = n.Kit(), datetime.now(UTC)
    overwhelmed = OverwhelmedBy(n.AMARA, times, kept=kept)
    settled = settle(
        neighbourhood, overwhelmed, kit.arrival(kit.reading(taken_at=now), now), patience=patience
    )
    assert settled is not None
    assert [one.outcome for one in settled] == [Outcome.STORED]
    assert overwhelmed.left == -1


@pytest.mark.parametrize("ending", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
def test_a_batch_that_was_in_anothers_way_runs_again_as_a_whole_and_is_scored(neighbourhood, ending):
    kit, now, once = n.Kit(), datetime.now(UTC), OnceInTheWay(ending())
    readings = [kit.reading(one, taken_at=now) for one in (n.AMARA, n.BRAM)]
    settled = settle(neighbourhood, once, *(kit.arrival(one, now) for one in readings))
    assert settled is not None
    assert [one.outcome for one in settled] == [Outcome.STORED] * 2
    assert once.tried == [2, 2]
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM alerts.score").fetchone() == (2,)


def test_a_sign_off_for_what_ends_in_no_reading_turns_no_reading_away(neighbourhood):
    with neighbourhood.connect() as conn:
        conn.execute("INSERT INTO delegation.activity (activity, label) VALUES ('insulin', 'Insulin')")
        conn.execute(
            """
            INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
            VALUES (%s, 'insulin', 'independent', %s, now() - interval '1 day', now() + interval '1 year')
            """,
            (n.WORKER, n.TRAINER),
        )
    kit, now = n.Kit(), datetime.now(UTC)
    settled = settle(neighbourhood, Evaluator(), kit.arrival(kit.reading(taken_at=now), now))
    assert settled is not None
    assert [one.outcome for one in settled] == [Outcome.STORED]


def test_what_is_acknowledged_or_receipted_can_be_seen_by_everybody_by_then(neighbourhood):
    seen: list[tuple[str, int]] = []

    def look(what: str, *said: object) -> None:
        with neighbourhood.connect() as onlooker:
            [stored] = onlooker.execute("SELECT count(*) FROM ingest.reading").fetchone()
        seen.extend((what, stored) for _ in said)

    kit, now = n.Kit(), datetime.now(UTC)
    broker = SimpleNamespace(
        acknowledge=lambda deliveries: look("acknowledged", *deliveries),
        publish=lambda where, _payload: look("receipted", where),
    )
    worker = Worker(
        lambda: neighbourhood.connect("hearthwatch_ingest", autocommit=True),
        cast(Any, broker),
        cast(Any, None),
        Evaluator(),
    )
    message = n.payload(kit.reading(taken_at=now), kit.reading(n.BRAM, taken_at=now))
    delivery = Delivery(kit.topic(), message, now, 1, 1, redelivered=False, retained=False)
    worker._work([delivery], threading.Event())
    worker._flush()
    worker._session.close()
    assert seen == [("acknowledged", 2), ("receipted", 2)]
