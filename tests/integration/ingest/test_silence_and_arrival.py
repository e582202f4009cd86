"""Silence is measured by arrival (invariant 7), also where a reading arrives just as it is being found."""

import threading
from datetime import timedelta

from alerts import clocks
from alerts.evaluator import Evaluator
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.doorstep import NOW, Doorstep
from tests.fixtures.machine import PATIENCE_SECONDS

SILENT_AFTER = timedelta(hours=26)
LATER = NOW + SILENT_AFTER + timedelta(minutes=1)


class Scheduler(threading.Thread):
    """The clocks, run once."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="scheduler")
        self.database = database
        self.found: int | None = None

    def run(self) -> None:
        with self.database.connect("hearthwatch_scheduler") as conn:
            self.found = clocks.run(conn, LATER)


def scheduler_waits(doorstep: Doorstep) -> bool:
    return doorstep.rows(
        """SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_scheduler'
           AND wait_event_type = 'Lock' AND datname = current_database()"""
    ) == [(1,)]


def test_a_reading_that_arrives_while_the_scheduler_waits_breaks_the_silence(doorstep):
    kit = n.Kit()
    doorstep.deliver(*(kit.arrival(kit.reading(who, taken_at=NOW), NOW) for who in (n.AMARA, n.BRAM)))
    scheduler = Scheduler(doorstep.database)
    with doorstep.conn.transaction():
        arrival = kit.arrival(kit.reading(n.AMARA, taken_at=LATER), LATER)
        door.receive(doorstep.conn, [arrival], Evaluator(), LATER)
        scheduler.start()
        wait_until(lambda: scheduler_waits(doorstep), "the scheduler to wait for the resident")
    scheduler.join(PATIENCE_SECONDS)
    assert scheduler.found == 1
    assert doorstep.rows("SELECT resident_id, origin FROM alerts.escalation") == [(n.BRAM, "silence")]


def test_what_was_quarantined_is_no_sign_of_life_until_it_is_replayed(doorstep):
    """A reading that claims another kit's name is nobody's arrival."""
    kit = n.Kit()
    doorstep.deliver(kit.arrival(kit.reading(n.AMARA, taken_at=NOW), NOW))
    forged = kit.reading(n.AMARA, taken_at=LATER, kit=n.SECOND_KIT)
    doorstep.deliver(kit.arrival(forged, LATER), at=LATER)
    scheduler = Scheduler(doorstep.database)
    scheduler.run()
    assert doorstep.rows("SELECT resident_id, origin FROM alerts.escalation") == [(n.AMARA, "silence")]


def test_a_duplicate_is_no_new_word_of_a_resident(doorstep):
    """A kit that only sends its old readings again, as after a restore, knows nothing new of anybody."""
    kit = n.Kit()
    reading = kit.reading(n.AMARA, taken_at=NOW)
    doorstep.deliver(kit.arrival(reading, NOW))
    doorstep.deliver(kit.arrival(reading, LATER), at=LATER)
    Scheduler(doorstep.database).run()
    assert doorstep.rows("SELECT resident_id, origin FROM alerts.escalation") == [(n.AMARA, "silence")]
