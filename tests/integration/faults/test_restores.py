"""Two databases' worth of restore: what the backup lacks, the kits still have, and send again (invariant 1)."""

from collections.abc import Callable

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database, OwnTimescale
from tests.fixtures.doorstep import at_the_door
from tests.fixtures.length import length
from tests.integration.faults.scene import scene

IN_BACKUP = length(120, 3000)
SINCE = length(120, 3000)
MEANWHILE = length(30, 500)
BACKUP = "/tmp/backup"


def back_up(own: OwnTimescale, database: Database) -> None:
    as_postgres(own, "pg_dump", "--format=custom", f"--file={BACKUP}", f"--dbname={database.name}")


def restore(own: OwnTimescale, name: str) -> Database:
    """The backup as a database of this name, as TimescaleDB's manual says."""
    as_postgres(own, "createdb", name)
    as_postgres(own, "psql", "--dbname", name, "--command", "CREATE EXTENSION timescaledb")
    as_postgres(own, "psql", "--dbname", name, "--command", "SELECT timescaledb_pre_restore()")
    as_postgres(own, "pg_restore", "--dbname", name, "--exit-on-error", BACKUP)
    as_postgres(own, "psql", "--dbname", name, "--command", "SELECT timescaledb_post_restore()")
    return Database("timescale", own.server.conninfo, name)


def as_postgres(own: OwnTimescale, *command: str) -> None:
    own.container.run("runuser", "--user", "postgres", "--", *command)


def test_an_hour_old_backup_ends_with_nothing_lost(
    own_timescale: Callable[[], OwnTimescale], mosquitto, tmp_path
):
    own = own_timescale()
    first = own.server.fresh_database()
    with first.connect() as conn:
        n.settle(conn)
    with scene(first, mosquitto, tmp_path) as line:
        line.measure(IN_BACKUP, minutes_ago=65)
        line.wait_until_settled()
        back_up(own, first)
        before = line.epoch()
        line.kits[0].measure(line.residents[0], n.GRAVE)
        line.measure(SINCE)
        line.wait_until_settled()
        line.ingest.kill()
        own.server.drop(first)
        line.measure(MEANWHILE)

        line.move_to(restore(own, "restored"))
        assert line.stored() == IN_BACKUP
        assert line.epoch() != before
        line.ingest.start()
        line.wait_until_kits_know(line.epoch())
        line.wait_until_settled()
        assert line.outcomes()["stored"] == 1 + SINCE + MEANWHILE
        assert line.outcomes()["duplicate"] >= IN_BACKUP


def test_a_restore_in_place_that_is_declared_is_made_good_while_everything_runs(
    neighbourhood, mosquitto, tmp_path
):
    with scene(neighbourhood, mosquitto, tmp_path) as line:
        line.measure(SINCE)
        line.wait_until_settled()
        before = line.epoch()
        with neighbourhood.connect() as conn:
            conn.execute("""
                TRUNCATE ingest.seen, ingest.reading, ingest.current_vitals, alerts.score, alerts.escalation,
                    alerts.finding, alerts.escalation_event, alerts.hub_revision, alerts.open_question,
                    alerts.phone_call
            """)
            conn.execute("INSERT INTO ingest.declared_epoch VALUES (now(), 'Data restored in place')")
        assert line.epoch() != before
        line.wait_until_kits_know(line.epoch())
        line.wait_until_settled()


def test_no_two_restores_share_an_epoch(neighbourhood):
    """Also where the backup is older than the last declared restore, and so has forgotten it."""
    with at_the_door(neighbourhood) as doorstep:
        epochs = doorstep.rows("SELECT ingest.epoch()")
        for _ in range(3):
            doorstep.owner.execute("DELETE FROM ingest.declared_epoch")
            doorstep.owner.execute("INSERT INTO ingest.declared_epoch VALUES (clock_timestamp(), 'Restored')")
            epochs += doorstep.rows("SELECT ingest.epoch()")
        assert len(set(epochs)) == 4
        assert doorstep.rows("SELECT ingest.epoch()") == [epochs[-1]], "it stays what it is"


def test_every_process_hears_of_the_same_epoch(neighbourhood):
    with neighbourhood.connect() as owner:
        owner.execute("INSERT INTO ingest.declared_epoch VALUES (now(), 'Restored')")
        expected = owner.execute("SELECT ingest.epoch()").fetchone()
        owner.commit()
    for role in ("hearthwatch_ingest", "hearthwatch_api", "hearthwatch_scheduler"):
        with neighbourhood.connect(role, options="-c timezone=Asia/Tokyo") as conn:
            assert conn.execute("SELECT ingest.epoch()").fetchone() == expected
