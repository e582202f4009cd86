"""A commit whose answer is lost is unknown: nothing is acknowledged, and the batch runs again (invariants 1 and 3)."""

from collections.abc import Iterator

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from devices.receipt import CALL_HUB
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.fixtures.databases import Database
from tests.fixtures.length import length
from tests.fixtures.live_kits import UNHURRIED, still_on
from tests.integration.faults.scene import PATIENCE, Scene, scene

READINGS = length(120, 2000)
CUTS = length(6, 100)


@pytest.fixture
def proxy(neighbourhood: Database) -> Iterator[CuttingProxy]:
    place = conninfo_to_dict(neighbourhood.server)
    with cutting_proxy(str(place["host"]), int(str(place["port"]))) as proxy:
        yield proxy


@pytest.fixture
def line(neighbourhood: Database, proxy: CuttingProxy, mosquitto, tmp_path) -> Iterator[Scene]:
    """Everything as usual, and the proxy between ingest and its database."""
    server = make_conninfo(neighbourhood.server, host="127.0.0.1", port=proxy.port)
    behind = Database(neighbourhood.kind, server, neighbourhood.name)
    with scene(neighbourhood, mosquitto, tmp_path, ingest_sees=behind, pace=UNHURRIED) as line:
        yield line


def test_a_commit_that_was_never_made_is_made_by_running_the_batch_again(line, proxy):
    proxy.cut_at(b"COMMIT", Cut.BEFORE)
    line.measure(1)
    line.wait_until_settled()
    assert proxy.cuts == 1
    assert line.outcomes() == {"stored": 1}
    assert line.ingest.metric("retries_total") >= 1


def test_a_commit_nobody_heard_of_is_found_when_the_batch_runs_again(line, proxy):
    proxy.cut_at(b"COMMIT", Cut.AFTER)
    line.measure(1)
    line.wait_until_settled()
    assert proxy.cuts == 1
    assert line.outcomes() == {"duplicate": 1}, "this ingest never heard that it had stored it"
    assert line.ingest.metric("retries_total") >= 1


def test_the_worker_is_still_told_to_call_the_hub(line, proxy):
    """The first answer was lost with the connection: the second must say what to do as the first did."""
    proxy.cut_at(b"COMMIT", Cut.AFTER)
    kit = line.kits[0]
    grave = kit.measure(n.AMARA, n.GRAVE)
    line.wait_until_settled()
    assert line.outcomes() == {"duplicate": 1}
    assert kit.outbox.history(grave.reading_id).next == CALL_HUB


def test_a_stream_under_cuts_is_stored_once_and_acknowledged(line, proxy):
    for number in range(CUTS):
        proxy.cut_at(b"COMMIT", (Cut.BEFORE, Cut.AFTER)[number % 2])
        line.measure(READINGS // CUTS)
        wait_until(lambda: still_on(line.kits) < READINGS // CUTS, "some of it to be receipted", PATIENCE)
    line.wait_until_settled()
    assert proxy.cuts == CUTS
    assert line.ingest.metric("retries_total") >= proxy.cuts
    wait_until(lambda: line.ingest.metric("in_hand") == 0, "all of it to be acknowledged", PATIENCE)
