"""The services the other tests stand on are the real ones."""

import pytest

from tests.fixtures.databases import Database


@pytest.mark.both_databases
def test_a_commit_is_on_the_disk_before_it_is_answered(database: Database) -> None:
    with database.connect() as conn:
        settings = [conn.execute(f"SHOW {name}").fetchone() for name in ("synchronous_commit", "fsync")]
    assert settings == [("on",), ("on",)]


@pytest.mark.both_databases
@pytest.mark.parametrize("role", ["hearthwatch_api", "hearthwatch_ingest", "hearthwatch_scheduler"])
def test_each_process_signs_in_as_its_own_role(database: Database, role: str) -> None:
    with database.connect(role) as conn:
        assert conn.execute("SELECT current_user").fetchone() == (role,)


@pytest.mark.timescale
def test_each_test_has_a_database_of_its_own(database: Database) -> None:
    with database.connect() as conn:
        assert conn.execute("SELECT count(*) FROM delegation.resident").fetchone() == (0,)
