"""Whom the moment makes see something: a role that ends, begins, or is another's; what each sees is in the cast."""

from typing import Any, LiteralString
from uuid import UUID

import pytest

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases

PEOPLE: LiteralString = "SELECT person_id FROM delegation.person"
RESIDENTS: LiteralString = "SELECT resident_id FROM delegation.resident"
READINGS: LiteralString = "SELECT resident_id FROM ingest.visible_reading"
ANOTHER_CARER: LiteralString = """
INSERT INTO delegation.role_assignment (person_id, role, resident_id, starts_at)
VALUES (%s, 'carer', %s, '2020-01-01')
"""


def test_a_family_carer_is_named_where_their_resident_lives_and_is_watched_and_nowhere_else(
    own_records: Database,
) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(ANOTHER_CARER, (n.NOBODY, n.CORA))
    names = {who: people_named(own_records, who) for who in (n.WORKER, n.CLINICIAN, n.CARER, n.OUTSIDER)}
    carers = {n.CARER, n.NOBODY}
    assert {who: seen & carers for who, seen in names.items()} == {
        n.WORKER: {n.CARER},
        n.CLINICIAN: carers,
        n.CARER: {n.CARER},
        n.OUTSIDER: set(),
    }


def test_a_family_carer_who_has_stopped_is_still_named_beside_what_they_measured(
    own_records: Database,
) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.CARER,)
        )
    assert n.CARER in people_named(own_records, n.WORKER)


def people_named(records: Database, person: UUID) -> set[UUID]:
    with records.connect("hearthwatch_api") as conn:
        act_as(conn, person)
        return {row[0] for row in conn.execute(PEOPLE)}


def test_the_actor_is_forgotten_when_the_transaction_ends(records: Database) -> None:
    with records.connect("hearthwatch_api", autocommit=True) as conn:
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert conn.execute(RESIDENTS).fetchall()
        assert conn.execute(RESIDENTS).fetchall() == []


def test_a_role_that_ends_in_mid_session_ends_what_is_seen(own_records: Database) -> None:
    with (
        own_records.connect("hearthwatch_api", autocommit=True) as conn,
        own_records.connect(autocommit=True) as owner,
    ):
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert seen_by(conn) == {n.AMARA, n.BRAM}
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.WORKER,)
        )
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert seen_by(conn) == set()


def test_a_role_that_has_not_begun_shows_nothing_yet(own_records: Database) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET starts_at = now() + interval '1 day' WHERE person_id = %s",
            (n.WORKER,),
        )
    with own_records.connect("hearthwatch_api") as conn:
        act_as(conn, n.WORKER)
        assert seen_by(conn) == set()


def seen_by(conn: Any) -> set[UUID]:
    return {row[0] for row in conn.execute(READINGS)}
