"""The services the other tests stand on are the real ones."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page
from psycopg import sql

from tests.fixtures.brokers import Mosquitto
from tests.fixtures.databases import Database

A_READING = """
INSERT INTO ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at,
                            effective_at, competence, device_kind, outbox_epoch, seq, flags)
VALUES (gen_random_uuid(), %(id)s, %(id)s, %(id)s, %(number)s, %(at)s, %(at)s, %(at)s, 'unknown', 'thermometer',
        %(id)s, %(number)s, '{}')
"""


@pytest.mark.both_databases
@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_commit_is_on_the_disk_before_it_is_answered(database: Database, setting: str) -> None:
    with database.connect() as conn:
        assert conn.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone() == ("on",)


@pytest.mark.both_databases
@pytest.mark.parametrize("role", ["hearthwatch_api", "hearthwatch_ingest", "hearthwatch_scheduler"])
def test_each_process_signs_in_as_its_own_role(database: Database, role: str) -> None:
    with database.connect(role) as conn:
        assert conn.execute("SELECT current_user").fetchone() == (role,)


@pytest.mark.timescale
def test_readings_of_different_days_lie_in_chunks_of_their_own(database: Database) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with database.connect() as conn:
        for number in range(3):
            at = now - timedelta(days=number)
            conn.execute(A_READING, {"id": uuid4(), "number": number, "at": at})
        chunks = conn.execute(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'"
        ).fetchone()
    assert chunks == (3,)


@pytest.mark.timescale
def test_the_extension_calls_nobody(database: Database) -> None:
    with database.connect() as conn:
        assert conn.execute("SHOW timescaledb.telemetry_level").fetchone() == ("off",)


def test_the_broker_is_mosquitto_as_the_product_configures_it(mosquitto: Mosquitto) -> None:
    assert mosquitto.version.startswith("2.")
    told = mosquitto.own.run("cat", "/etc/mosquitto/mosquitto.conf")
    assert "allow_anonymous false" in told


def test_the_browser_renders_a_page(page: Page) -> None:
    page.set_content("<title>Hearthwatch</title><h1>The queue is empty</h1>")
    assert page.title() == "Hearthwatch"
    assert page.get_by_role("heading").inner_text() == "The queue is empty"
