"""Seeding a real database: complete, in scope for its cast, fast enough to be asked for, and only once."""

from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest

from api.identity.passwords import is_right
from api.seed import AlreadySeededError, Seeded, seed
from delegation.people import act_as
from devices.kits import Broker
from tests.fixtures.commands import THE_SYSTEMS_USER
from tests.fixtures.databases import Database

BROKER = Broker(host="127.0.0.1", port=1883)
AT = datetime.now(UTC)

VISIBLE: LiteralString = "SELECT count(*) FROM delegation.resident"
WORKERS: LiteralString = "SELECT count(*) FROM delegation.workers_in_charge('trainer')"
OPERATOR: LiteralString = "SELECT delegation.is_operator()"
ACCOUNTS: LiteralString = "SELECT username, password_hash FROM api.account"
AUDITED: LiteralString = "SELECT action, actor FROM delegation.audit_event"
SYNTHETIC: LiteralString = "SELECT bool_and(synthetic), count(*) FROM delegation.resident"
SYNTHETIC_HOMES: LiteralString = "SELECT bool_and(synthetic), count(*) FROM delegation.home"


def seeded(database: Database, homes: int = 3, residents_per_home: int = 12) -> Seeded:
    with database.connect() as conn:
        return seed(
            conn,
            homes=homes,
            residents_per_home=residents_per_home,
            seed=1,
            at=AT,
            broker=BROKER,
            password="a b c",
        )


def seen_by(conn: psycopg.Connection, made: Seeded, username: str, question: LiteralString) -> object:
    with conn.transaction():
        act_as(conn, made.cast[username].person_id)
        found = conn.execute(question).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.both_databases
def test_a_thousand_residents_can_be_seeded(database: Database):
    made = seeded(database, homes=40, residents_per_home=25)
    assert len(made.sheet.kits) > 1000 / 12
    with database.connect() as conn:
        assert conn.execute(SYNTHETIC).fetchone() == (True, 1000)
        assert conn.execute(SYNTHETIC_HOMES).fetchone() == (True, 40)


def test_each_of_the_cast_sees_what_their_role_may_see_and_the_stranger_nothing_of_the_first_home(
    database: Database,
):
    made = seeded(database, homes=4)
    with database.connect("hearthwatch_api") as conn:
        residents = {
            username: seen_by(conn, made, username, VISIBLE)
            for username in ("hub-clinician", "hub-lead", "care-worker", "home-manager", "family-carer")
        }
        assert residents == {
            "hub-clinician": 48,
            "hub-lead": 48,
            "care-worker": 12,
            "home-manager": 12,
            "family-carer": 1,
        }
        assert seen_by(conn, made, "trainer", VISIBLE) == 0
        assert seen_by(conn, made, "trainer", WORKERS) == 8, "two homes of the first provider"
        assert seen_by(conn, made, "operator", OPERATOR) is True
        assert seen_by(conn, made, "other-provider", VISIBLE) == 12, "the other provider's home alone"


def test_the_cast_signs_in_with_the_password_and_only_its_hashes_are_kept(database: Database):
    made = seeded(database)
    assert made.cast.password == "a b c"
    assert "a b c" not in repr(made)
    with database.connect() as conn:
        accounts = conn.execute(ACCOUNTS).fetchall()
    assert {username for username, _ in accounts} == {member.username for member in made.cast.members}
    assert all(kept.startswith("$argon2id$") for _, kept in accounts)
    assert is_right("a b c", accounts[0][1])


def test_seeding_is_audited_and_refused_where_somebody_lives_already(database: Database):
    seeded(database)
    with database.connect() as conn:
        assert conn.execute(AUDITED).fetchall() == [("platform.seeded", THE_SYSTEMS_USER)]
    with pytest.raises(AlreadySeededError, match="seed a fresh database"):
        seeded(database)


def test_a_seeding_that_fails_half_way_leaves_nothing(database: Database):
    with pytest.raises(RuntimeError), database.connect() as conn:  # noqa: PT012
        seed(conn, homes=1, residents_per_home=2, seed=1, at=AT, broker=BROKER)
        raise RuntimeError
    with database.connect() as conn:
        assert conn.execute(SYNTHETIC_HOMES).fetchone() == (None, 0)
