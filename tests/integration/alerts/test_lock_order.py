"""What a batch takes it takes in one order, the hub's revision last, so no two batches wait for each other for ever."""

import threading
from typing import LiteralString
from uuid import UUID

from devices.reading import SoftSign
from ingest.arrival import Arrival
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.integration.alerts.ward import NOW, Ward

WAITING: LiteralString = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'hearthwatch_ingest' AND wait_event_type = 'Lock' AND datname = current_database()
"""
CLAIM: LiteralString = """
INSERT INTO ingest.seen (kit_id, reading_id, digest, resident_id, effective_at)
VALUES (%(kit)s, %({})s, '', %(resident)s, now())
"""
CHOKING = {"emergency_signs": {"choking": SoftSign.PRESENT}}


def take_while(
    ward: Ward, arrivals: list[Arrival], held: LiteralString, free: LiteralString, **of: UUID
) -> None:
    """Take a batch while somebody holds one thing, and see that another is free as long as the batch waits."""
    with ward.database.connect() as holder:
        holder.execute(held, of)
        taking = threading.Thread(target=ward.take, args=(arrivals, NOW))
        taking.start()
        try:
            wait_until(lambda: ward.rows(WAITING) == [(1,)], "the batch to wait")
            with ward.database.connect(options="-c lock_timeout=5s") as other:
                other.execute(free, of)
        finally:
            holder.rollback()
            taking.join()


def test_identities_are_claimed_in_their_order_whichever_came_first(ward: Ward) -> None:
    first, second = (ward.kit.reading(taken_at=NOW) for _ in range(2))
    take_while(
        ward,
        [ward.kit.arrival(one, NOW) for one in (second, first)],
        held=CLAIM.format("first"),
        free=CLAIM.format("second"),
        kit=ward.kit.kit_id,
        resident=n.AMARA,
        first=first.reading_id,
        second=second.reading_id,
    )
    assert ward.rows("SELECT reading_id FROM ingest.reading") == [(first.reading_id,)]


def test_residents_are_locked_in_the_order_of_their_ids_wherever_their_rows_lie(ward: Ward) -> None:
    in_the_other_order = (n.BRAM, n.AMARA)
    for one in in_the_other_order:
        ward.deliver(ward.kit.reading(one, taken_at=NOW))
    take_while(
        ward,
        [ward.kit.arrival(ward.kit.reading(one, taken_at=NOW), NOW) for one in in_the_other_order],
        held="SELECT FROM ingest.current_vitals WHERE resident_id = %(first)s FOR UPDATE",
        free="SELECT FROM ingest.current_vitals WHERE resident_id = %(second)s FOR UPDATE NOWAIT",
        first=n.AMARA,
        second=n.BRAM,
    )
    assert [
        len(ward.rows("SELECT FROM ingest.reading WHERE resident_id = %s", one)) for one in in_the_other_order
    ] == [2, 2]


def test_a_batch_that_waits_for_a_case_holds_no_hubs_revision(ward: Ward) -> None:
    plain = ward.kit.reading(n.BRAM, n.GRAVE, taken_at=NOW)
    ward.deliver(plain)
    changed = plain.model_copy(update=CHOKING)
    grave = ward.kit.reading(n.AMARA, n.GRAVE, taken_at=NOW)
    take_while(
        ward,
        [ward.kit.arrival(one, NOW) for one in (grave, changed)],
        held="SELECT FROM alerts.escalation FOR UPDATE",
        free="SELECT FROM alerts.hub_revision FOR UPDATE NOWAIT",
    )
    assert [len(ward.cases(one)) for one in (n.AMARA, n.BRAM)] == [1, 1]
    assert ward.rules(n.BRAM)[-2:] == ["emergency_sign", "unstored"]


def test_notices_of_kits_of_no_home_are_written_in_the_order_of_the_kits(ward: Ward) -> None:
    ward.change("UPDATE devices.kit_loan SET returned_at = now()")
    kits = [n.Kit(n.SECOND_KIT, 2), ward.kit]
    arrivals = [kit.arrival(kit.reading(n.AMARA, {}, taken_at=NOW, **CHOKING), NOW) for kit in kits]
    ward.take(arrivals, NOW)
    again = [kit.arrival(kit.reading(n.AMARA, {}, taken_at=NOW, **CHOKING), NOW) for kit in kits]
    take_while(
        ward,
        again,
        held="SELECT FROM alerts.notice WHERE kit_id = %(first)s FOR UPDATE",
        free="SELECT FROM alerts.notice WHERE kit_id = %(second)s FOR UPDATE NOWAIT",
        first=n.KIT,
        second=n.SECOND_KIT,
    )
    assert ward.rows("SELECT readings FROM alerts.notice") == [(2,), (2,)]
