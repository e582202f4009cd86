"""What the database refuses: one reading it cannot hold stops no other, and its own trouble is waited out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devices.gateway.outbox import State
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.live_kits import still_on
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
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted", 60)
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
    wait_until(lambda: line.ingest.metric("retries_total") > 5, "ingest to be refused", 60)
    assert still_on(line.kits) == 5
    as_owner(line, "GRANT INSERT ON ingest.reading, ingest.quarantine TO hearthwatch_ingest")
    wait_until(lambda: still_on(line.kits) == 0, "everything to be receipted", 60)
    assert set(kit.states().values()) == {State.STORED}
    assert line.rows("SELECT count(*) FROM ingest.quarantine") == [(0,)]
    assert line.rows("SELECT severity FROM alerts.escalation") == [("high",)]
