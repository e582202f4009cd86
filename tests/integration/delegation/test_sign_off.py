"""A trainer signs a worker off, and the worker's next reading says so."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from alerts.evaluator import Evaluator
from api.queries import matrix
from delegation import sign_off
from delegation.competence import Activity, Level
from delegation.people import Actor, actor_of
from delegation.sign_off import SignOffRefusedError
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

API = "hearthwatch_api"
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)

DIRECT: LiteralString = """
INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
VALUES (%s, 'temperature', 'independent', %s, '2026-01-01', '2027-01-01') RETURNING competence_id
"""
MAKE_WORKER: LiteralString = """
INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at)
VALUES (%s, 'care_worker', %s, '2020-01-01')
"""


@pytest.fixture
def conn(neighbourhood: Database):
    with neighbourhood.connect(API) as conn:
        yield conn


def sign(conn: psycopg.Connection, actor: Actor, worker: UUID, at: datetime = NOW) -> UUID:
    return sign_off.sign_off(
        conn,
        actor,
        person_id=worker,
        activity=Activity.TEMPERATURE,
        level=Level.INDEPENDENT,
        valid_until=at + YEAR,
        at=at,
    )


def label_of_next_reading(database: Database, at: datetime, taken_by: UUID | None = n.WORKER) -> str:
    kit = n.Kit()
    reading = kit.reading(values={"temperature": 36.8}, taken_at=at, taken_by=taken_by)
    with database.connect("hearthwatch_ingest") as ingest:
        door.receive(ingest, [kit.arrival(reading, at)], Evaluator(), at)
    with database.connect() as owner:
        row = owner.execute(
            "SELECT competence FROM ingest.reading WHERE reading_id = %s", (reading.reading_id,)
        ).fetchone()
    assert row is not None
    return row[0]


def test_the_workers_next_reading_carries_the_sign_off(conn, neighbourhood):
    assert label_of_next_reading(neighbourhood, NOW - n.minutes(10)) == "not_signed_off"
    competence = sign(conn, actor_of(conn, n.TRAINER), n.WORKER)
    conn.commit()
    assert label_of_next_reading(neighbourhood, NOW + n.minutes(1)) == "in_date"
    sign_off.revoke(
        conn,
        actor_of(conn, n.TRAINER),
        competence,
        reason="Has not done it for a year.",
        at=NOW + n.minutes(5),
    )
    conn.commit()
    assert label_of_next_reading(neighbourhood, NOW + n.minutes(6)) == "lapsed"
    assert label_of_next_reading(neighbourhood, NOW + n.minutes(4)) == "in_date", "it was, when it was taken"
    with neighbourhood.connect() as owner:
        labels = owner.execute("SELECT competence FROM ingest.reading ORDER BY arrival_number").fetchall()
        events = owner.execute(
            "SELECT actor, action, subject FROM delegation.audit_event ORDER BY audit_id"
        ).fetchall()
        words = owner.execute("SELECT words FROM delegation.audit_text").fetchall()
    assert words == [("Has not done it for a year.",)]
    assert [label for (label,) in labels] == ["not_signed_off", "in_date", "lapsed", "in_date"]
    subject = f"person:{n.WORKER}/temperature"
    trainer = f"person:{n.TRAINER}"
    assert events == [
        (trainer, "competence.signed_off", subject),
        (trainer, "competence.revoked", subject),
    ]


def test_a_reading_of_a_family_carer_needs_no_sign_off_while_they_care(neighbourhood):
    assert label_of_next_reading(neighbourhood, NOW, n.CARER) == "not_applicable"
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = %s WHERE person_id = %s", (NOW, n.CARER)
        )
    assert label_of_next_reading(neighbourhood, NOW + n.minutes(1), n.CARER) == "not_signed_off"


def test_a_reading_by_somebody_unknown_is_stored_and_says_so(neighbourhood):
    assert label_of_next_reading(neighbourhood, NOW, None) == "operator_unknown"
    assert label_of_next_reading(neighbourhood, NOW, n.UUID(int=987654)) == "operator_unknown"


def test_nobody_signs_themselves_off(conn, neighbourhood):
    trainer = actor_of(conn, n.TRAINER)
    with pytest.raises(SignOffRefusedError, match="themselves"):
        sign(conn, trainer, n.TRAINER)


@pytest.mark.both_databases
def test_nobody_signs_themselves_off_by_direct_sql_either(neighbourhood):
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute(MAKE_WORKER, (n.TRAINER, n.ORCHARD))
        with pytest.raises(psycopg.errors.CheckViolation, match="nobody_signs_themselves_off"):
            owner.execute(DIRECT, (n.TRAINER, n.TRAINER))
    with neighbourhood.connect(API) as conn:
        actor_of(conn, n.TRAINER)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            conn.execute(DIRECT, (n.TRAINER, n.TRAINER))


def test_a_worker_of_another_provider_is_refused_in_a_sentence_and_by_the_database(conn):
    trainer = actor_of(conn, n.TRAINER)
    with pytest.raises(SignOffRefusedError, match="not in your organisation"):
        sign(conn, trainer, n.OUTSIDER)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(DIRECT, (n.OUTSIDER, n.TRAINER))


def test_a_worker_who_has_left_is_refused(conn):
    with pytest.raises(SignOffRefusedError, match="not in your organisation"):
        sign(conn, actor_of(conn, n.TRAINER), n.AGENCY)


@pytest.mark.parametrize("who", [n.WORKER, n.MANAGER, n.CLINICIAN, n.OPERATOR, n.CARER, n.AGENCY, n.NOBODY])
def test_only_a_trainer_signs_off(conn, who):
    somebody = n.OUTSIDER if who == n.WORKER else n.WORKER
    with pytest.raises(SignOffRefusedError, match="Only a trainer"):
        sign(conn, actor_of(conn, who), somebody)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(DIRECT, (somebody, who))


def test_nobody_signs_off_in_anothers_name(conn):
    actor_of(conn, n.TRAINER)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(DIRECT, (n.WORKER, n.FAR_TRAINER))


def test_a_sign_off_that_is_over_before_it_begins_is_refused(conn):
    trainer = actor_of(conn, n.TRAINER)
    with pytest.raises(SignOffRefusedError, match="valid for some time"):
        sign_off.sign_off(
            conn,
            trainer,
            person_id=n.WORKER,
            activity=Activity.TEMPERATURE,
            level=Level.INDEPENDENT,
            valid_until=NOW,
            at=NOW,
        )


def test_a_sign_off_is_valid_for_three_years_at_most(conn):
    trainer = actor_of(conn, n.TRAINER)
    given = {"person_id": n.WORKER, "activity": Activity.TEMPERATURE, "level": Level.INDEPENDENT, "at": NOW}
    longest = NOW + sign_off.LONGEST_VALIDITY
    with pytest.raises(SignOffRefusedError, match="three years at most"):
        sign_off.sign_off(conn, trainer, valid_until=longest + n.minutes(1), **given)
    assert sign_off.sign_off(conn, trainer, valid_until=longest, **given)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_a_sign_off_is_not_taken_back_without_a_reason_that_can_be_kept(conn, reason):
    trainer = actor_of(conn, n.TRAINER)
    competence = sign(conn, trainer, n.WORKER)
    with pytest.raises(SignOffRefusedError, match="reason"):
        sign_off.revoke(conn, trainer, competence, reason=reason, at=NOW)
    assert conn.execute("SELECT revoked_at FROM delegation.competence").fetchall() == [(None,)]


def test_the_matrix_reads_the_sign_off_that_allows_most_as_readings_are_labelled(conn):
    trainer = actor_of(conn, n.TRAINER)
    given = {"person_id": n.WORKER, "activity": Activity.TEMPERATURE, "at": NOW}
    independent = sign_off.sign_off(conn, trainer, level=Level.INDEPENDENT, valid_until=NOW + YEAR, **given)
    watching = sign_off.sign_off(conn, trainer, level=Level.OBSERVE, valid_until=NOW + 2 * YEAR, **given)

    def read(at: datetime) -> list[UUID]:
        return [one.competence_id for one in matrix.sign_offs(conn, at)]

    assert read(NOW) == [independent]
    assert read(NOW + YEAR) == [watching], "the other has lapsed"
    sign_off.revoke(conn, trainer, independent, reason="Because.", at=NOW)
    assert read(NOW) == [watching]


def test_another_providers_trainer_cannot_take_a_sign_off_back(conn, neighbourhood):
    competence = sign(conn, actor_of(conn, n.TRAINER), n.WORKER)
    conn.commit()
    for who, sentence in ((n.FAR_TRAINER, "among your workers"), (n.MANAGER, "Only a trainer")):
        with pytest.raises(SignOffRefusedError, match=sentence):
            sign_off.revoke(conn, actor_of(conn, who), competence, reason="Because.", at=NOW)
        assert conn.execute("UPDATE delegation.competence SET revoked_at = %s", (NOW,)).rowcount == 0


def test_what_was_revoked_stays_revoked(conn, neighbourhood):
    trainer = actor_of(conn, n.TRAINER)
    competence = sign(conn, trainer, n.WORKER)
    sign_off.revoke(conn, trainer, competence, reason="Because.", at=NOW)
    with pytest.raises(SignOffRefusedError, match="no such sign-off in force"):
        sign_off.revoke(conn, trainer, competence, reason="Because.", at=NOW)
    assert conn.execute("UPDATE delegation.competence SET revoked_at = NULL").rowcount == 0
    assert conn.execute("SELECT revoked_at FROM delegation.competence").fetchall() == [(NOW,)]
