"""What an operator is shown of kits: where they are and how their books stand, and nobody else is shown that."""

from uuid import UUID

import pytest

from api.queries.kits import Kit, kits
from delegation.people import act_as
from ingest.ledger import ledgers
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases


def seen_by(records: Database, person: UUID) -> dict[UUID, Kit]:
    with records.connect("hearthwatch_api") as conn:
        act_as(conn, person)
        return {one.kit_id: one for one in kits(conn)}


def test_an_operator_reads_the_home_of_each_kit_and_nothing_more_of_it(records: Database) -> None:
    assert {kit: one.home_name for kit, one in seen_by(records, n.OPERATOR).items()} == {
        n.KIT: "Orchard House",
        n.SECOND_KIT: "Meadow View",
        n.STRANGE_KIT: "Far House",
        n.WEB_KIT: "Orchard House",
    }


@pytest.mark.parametrize("person", [n.WORKER, n.CLINICIAN, n.OUTSIDER, n.NOBODY])
def test_nobody_else_reads_homes_through_kits(records: Database, person: UUID) -> None:
    with records.connect("hearthwatch_api") as conn:
        act_as(conn, person)
        assert conn.execute("SELECT * FROM devices.kits_at_homes()").fetchall() == []


def test_what_is_counted_of_a_kit_is_what_its_ledger_counts(own_records: Database) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(
            "INSERT INTO ingest.quarantine (kit_id, reading_id, topic, payload, payload_sha256, reason, detail,"
            " arrived_at, last_arrived_at) SELECT kit_id, reading_id, 't', 'x', sha256(reading_id::text::bytea),"
            " 'conflict', 'd', now(), now() FROM ingest.seen WHERE kit_id = %s",
            (n.KIT,),
        )
        owner.execute("UPDATE ingest.quarantine SET replayed_at = now() WHERE kit_id = %s", (n.SECOND_KIT,))
        books = {one.kit_id: (one.stored, one.quarantined + one.unreadable) for one in ledgers(owner)}
    shown = seen_by(own_records, n.OPERATOR)
    assert {kit: (shown[kit].stored, shown[kit].quarantined) for kit in books} == books
    assert books[n.KIT][1] > 0
    assert books[n.SECOND_KIT][1] == 0
