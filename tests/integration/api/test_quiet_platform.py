"""While no readings come in, every page on which somebody relies on them says so, without a live stream."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from ingest.worker import heartbeat
from ingest.worker.heartbeat import Beating
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
HOME, AMARA = f"/homes/{n.ORCHARD}", f"/residents/{n.AMARA}"
KITS_SAID = "Readings from kits are not coming in since"
PHONE = "If you are worried about somebody, phone the hub"


def stop_ingest(database: Database) -> None:
    """Its last beat was an hour ago."""
    with database.connect() as conn:
        conn.execute("DELETE FROM ingest.heartbeat WHERE process = 'ingest'")
        heartbeat.beat(conn, Beating.INGEST, datetime.now(UTC) - timedelta(hours=1))


@pytest.mark.parametrize(
    ("person", "address", "words"),
    [
        (n.OPERATOR, "/kits", "No readings are coming in since"),
        (n.CLINICIAN, AMARA, "No readings are coming in since"),
        (n.WORKER, "/rounds", KITS_SAID),
        (n.MANAGER, HOME, KITS_SAID),
        (n.WORKER, AMARA, KITS_SAID),
        (n.CARER, AMARA, KITS_SAID),
    ],
)
def test_every_page_that_rests_on_readings_says_that_none_come_in(
    sign_in: SignIn, neighbourhood: Database, person: UUID, address: str, words: str
) -> None:
    stop_ingest(neighbourhood)
    shown = sign_in(person).get(address).text
    assert words in shown
    at_the_bedside = words is KITS_SAID
    assert (PHONE in shown) is at_the_bedside
    assert not at_the_bedside or "01632 960000" in shown


def test_while_readings_come_in_nobody_is_alarmed(sign_in: SignIn) -> None:
    for person, address in ((n.OPERATOR, "/kits"), (n.WORKER, "/rounds"), (n.CARER, AMARA)):
        assert "coming in" not in sign_in(person).get(address).text
