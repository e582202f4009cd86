"""What was done to whose record is written by somebody, sealed once, and cannot be changed unseen."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest

from delegation import audit, audit_seal, audit_verify
from delegation.audit import NoActorError, Purpose
from delegation.audit_verify import Broken
from delegation.people import Process, actor_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
API, INGEST, SCHEDULER = "hearthwatch_api", "hearthwatch_ingest", "hearthwatch_scheduler"
SEALER = Process("test")
# As somebody with the powers of the server itself would: no trigger and no foreign key stands in the way.
UNGUARDED: LiteralString = "SET session_replication_role = replica"


def write(conn: psycopg.Connection[Any], *subjects: str, words: str | None = None) -> None:
    for subject in subjects:
        audit.record(conn, SEALER, "reading.seen", subject, at=NOW, resident_id=n.AMARA, words=words)


def seal(database: Database, most: int = 10_000, at: datetime = NOW) -> int:
    with database.connect(SCHEDULER) as conn:
        return audit_seal.seal(conn, at, most)


def verify(database: Database) -> list[Broken]:
    with database.connect() as owner:
        return list(audit_verify.verify(owner).broken)


def sealed_subjects(database: Database) -> list[list[str]]:
    with database.connect() as owner:
        rows = owner.execute("""
            SELECT array_agg(subject ORDER BY audit_id) FROM delegation.audit_sealed_event
            JOIN delegation.audit_event USING (audit_id) GROUP BY seal_id ORDER BY seal_id
        """).fetchall()
    return [subjects for (subjects,) in rows]


def test_nothing_is_written_without_an_actor(neighbourhood):
    with neighbourhood.connect(API) as conn:
        with pytest.raises(NoActorError, match="name the actor"):
            audit.record(conn, None, "reading.seen", "resident", at=NOW)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT FROM delegation.audit_event")
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM delegation.audit_event").fetchone() == (0,)
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(
                "INSERT INTO delegation.audit_event (at, actor, purpose, action, subject)"
                " VALUES (now(), '', 'x', 'x', 'x')"
            )


def test_a_person_writes_as_themselves_with_the_roles_they_hold(neighbourhood):
    with neighbourhood.connect(API) as conn:
        manager = actor_of(conn, n.MANAGER, "request-1")
        audit.record(
            conn,
            manager,
            "resident.seen",
            "resident",
            at=NOW,
            purpose=Purpose.DIRECT_CARE,
            words="Asked by the family",
        )
    with neighbourhood.connect() as owner:
        written = "SELECT actor, role, purpose, request_id FROM delegation.audit_event"
        assert owner.execute(written).fetchall() == [
            (f"person:{n.MANAGER}", "home_manager", "direct_care", "request-1")
        ]
        assert owner.execute("SELECT words FROM delegation.audit_text").fetchall() == [
            ("Asked by the family",)
        ]


@pytest.mark.parametrize("role", [INGEST, SCHEDULER])
def test_a_process_writes_as_itself(neighbourhood, role):
    with neighbourhood.connect(role) as conn:
        write(conn, "resident", words="noted")
    assert seal(neighbourhood) == 1
    assert verify(neighbourhood) == []


def test_an_event_that_commits_after_a_later_one_was_sealed_is_sealed_next(neighbourhood):
    with neighbourhood.connect(INGEST) as early, neighbourhood.connect(INGEST) as late:
        write(early, "first")
        write(late, "second")
        late.commit()
        assert seal(neighbourhood) == 1
        early.commit()
        write(late, "third")
        late.commit()
    assert seal(neighbourhood) == 2
    assert seal(neighbourhood) == 0
    assert sealed_subjects(neighbourhood) == [["second"], ["first", "third"]]
    assert verify(neighbourhood) == []


def settled(database: Database) -> list[int]:
    with database.connect() as owner:
        rows = owner.execute("SELECT settled FROM delegation.audit_seal ORDER BY seal_id").fetchall()
    return [event for (event,) in rows]


def test_what_was_sealed_long_ago_is_not_looked_at_again(neighbourhood):
    with neighbourhood.connect(INGEST, autocommit=True) as writer:
        for hours in (0, 2, 4):
            write(writer, f"a{hours}", f"b{hours}")
            assert seal(neighbourhood, at=NOW + timedelta(hours=hours)) == 2
    assert settled(neighbourhood) == [0, 2, 4]
    with neighbourhood.connect() as owner:
        owner.execute(UNGUARDED)
        owner.execute("DELETE FROM delegation.audit_sealed_event WHERE audit_id IN (3, 5)")
    assert seal(neighbourhood, at=NOW + timedelta(hours=4)) == 1, "the second seal's event was looked for"


def test_an_event_that_commits_while_the_sealer_is_away_for_hours_is_sealed_when_it_comes_back(neighbourhood):
    with neighbourhood.connect(INGEST) as early, neighbourhood.connect(INGEST) as late:
        write(early, "first")
        write(late, "second")
        late.commit()
        assert seal(neighbourhood) == 1
        early.commit()
    assert seal(neighbourhood, at=NOW + timedelta(hours=3)) == 1
    assert settled(neighbourhood) == [0, 2]


def test_nothing_is_settled_by_a_seal_that_could_not_take_all(neighbourhood):
    with neighbourhood.connect(INGEST) as early, neighbourhood.connect(INGEST) as late:
        write(early, "first", "second")
        write(late, "third")
        late.commit()
        assert seal(neighbourhood) == 1
        early.commit()
    hours = [seal(neighbourhood, most=1, at=NOW + timedelta(hours=3 * hour)) for hour in (1, 2, 3)]
    assert hours == [1, 1, 0]
    assert verify(neighbourhood) == []


def test_an_event_that_is_rolled_back_leaves_no_hole_in_the_chain(neighbourhood):
    with neighbourhood.connect(INGEST) as conn:
        write(conn, "one")
        conn.commit()
        write(conn, "never")
        conn.rollback()
        write(conn, "two")
    assert seal(neighbourhood) == 2
    assert verify(neighbourhood) == []


def test_a_writer_never_waits_for_the_sealer(neighbourhood):
    with neighbourhood.connect(SCHEDULER) as sealer, neighbourhood.connect(INGEST) as writer:
        write(writer, "one")
        writer.commit()
        audit_seal.seal(sealer, NOW)
        writer.execute("SET lock_timeout = '2s'")
        write(writer, "while the seal is not committed")
        writer.commit()
    assert seal(neighbourhood) == 1


@pytest.mark.both_databases
def test_writers_and_sealers_side_by_side_seal_each_event_once(neighbourhood):
    sealed: list[int] = []

    def write_some(name: str) -> None:
        with neighbourhood.connect(INGEST) as conn:
            for number in range(25):
                write(conn, f"{name}{number}")
                conn.commit()

    def seal_some() -> None:
        sealed.extend(seal(neighbourhood, most=7) for _ in range(10))

    threads = [threading.Thread(target=write_some, args=(name,)) for name in "ab"]
    threads += [threading.Thread(target=seal_some) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed.append(seal(neighbourhood))
    assert sum(sealed) == 50
    assert sorted(subject for seals in sealed_subjects(neighbourhood) for subject in seals) == sorted(
        f"{name}{number}" for name in "ab" for number in range(25)
    )
    assert verify(neighbourhood) == []


@pytest.fixture
def three_seals(neighbourhood: Database) -> Database:
    """Six events under three seals; their ids are 1 to 6."""
    with neighbourhood.connect(INGEST, autocommit=True) as conn:
        for subjects in (("a", "b"), ("c", "d"), ("e", "f")):
            write(conn, *subjects, words=f"about {subjects[0]}")
            assert seal(neighbourhood) == 2
    assert verify(neighbourhood) == []
    return neighbourhood


BETWEEN = "something was removed, inserted or moved there"
TAMPERING: dict[str, tuple[LiteralString, list[Broken]]] = {
    "an event was changed": (
        "UPDATE delegation.audit_event SET subject = 'somebody else' WHERE audit_id = 3",
        [Broken(3, 2, "was changed")],
    ),
    "an event's time was changed by a microsecond": (
        "UPDATE delegation.audit_event SET at = at + interval '1 microsecond' WHERE audit_id = 4",
        [Broken(4, 2, "was changed")],
    ),
    "an event's time of writing was changed": (
        "UPDATE delegation.audit_event SET written_at = at WHERE audit_id = 2",
        [Broken(2, 1, "was changed")],
    ),
    "an event was made about nobody": (
        "UPDATE delegation.audit_event SET resident_id = NULL WHERE audit_id = 1",
        [Broken(1, 1, "was changed")],
    ),
    "an event was removed": (
        "DELETE FROM delegation.audit_event WHERE audit_id = 5",
        [Broken(5, 3, "was removed")],
    ),
    "two events changed places": (
        """UPDATE delegation.audit_event SET subject = CASE audit_id WHEN 3 THEN 'd' ELSE 'c' END
           WHERE audit_id IN (3, 4)""",
        [Broken(3, 2, "was changed"), Broken(4, 2, "was changed")],
    ),
    "two digests changed places": (
        """UPDATE delegation.audit_sealed_event held SET digest = other.digest FROM delegation.audit_sealed_event other
           WHERE held.audit_id IN (1, 2) AND other.audit_id = 3 - held.audit_id""",
        [
            Broken(1, 1, "was changed"),
            Broken(1, 1, f"does not follow the beginning: {BETWEEN}"),
            Broken(2, 1, "was changed"),
            Broken(2, 1, f"does not follow event 1: {BETWEEN}"),
        ],
    ),
    "an event and the trace of it were removed": (
        """WITH gone AS (DELETE FROM delegation.audit_sealed_event WHERE audit_id = 3)
           DELETE FROM delegation.audit_event WHERE audit_id = 3""",
        [Broken(4, 2, f"does not follow event 2: {BETWEEN}")],
    ),
    "the last event that is sealed, and the trace of it, were removed": (
        """WITH gone AS (DELETE FROM delegation.audit_sealed_event WHERE audit_id = 6)
           DELETE FROM delegation.audit_event WHERE audit_id = 6""",
        [Broken(None, 3, f"does not end with event 5: {BETWEEN}")],
    ),
    "the last event of a seal in between, and the trace of it, were removed": (
        """WITH gone AS (DELETE FROM delegation.audit_sealed_event WHERE audit_id = 4)
           DELETE FROM delegation.audit_event WHERE audit_id = 4""",
        [Broken(None, 2, f"does not end with event 3: {BETWEEN}")],
    ),
    "a seal was removed": (
        "DELETE FROM delegation.audit_seal WHERE seal_id = 2",
        [Broken(None, 2, "was removed")],
    ),
    "a seal was written anew": (
        "UPDATE delegation.audit_seal SET root = sha256('other') WHERE seal_id = 2",
        [Broken(None, 2, f"does not end with event 4: {BETWEEN}")],
    ),
    "words were changed": (
        "UPDATE delegation.audit_text SET words = 'about somebody else' WHERE audit_id = 2",
        [Broken(2, 1, "has other words than were written")],
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_named(three_seals, what):
    statement, expected = TAMPERING[what]
    with three_seals.connect(autocommit=True) as owner:
        owner.execute(UNGUARDED)
        owner.execute(statement)
    assert verify(three_seals) == expected


@pytest.mark.both_databases
@pytest.mark.parametrize("words", [None, "what was said"])
@pytest.mark.parametrize("role", [API, INGEST, SCHEDULER])
def test_nobody_can_put_other_words_beside_an_event(neighbourhood, role, words):
    with neighbourhood.connect(INGEST) as conn:
        write(conn, "one", words=words)
    with neighbourhood.connect() as owner:
        owner.execute("DELETE FROM delegation.audit_text")
    with neighbourhood.connect(role) as conn:
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(n.MANAGER),))
        with pytest.raises(psycopg.errors.CheckViolation):
            conn.execute("INSERT INTO delegation.audit_text VALUES (1, 'salt', 'what nobody said')")


@pytest.mark.parametrize("role", [API, INGEST, SCHEDULER])
def test_an_event_that_claims_another_time_shows_when_it_was_written(neighbourhood, role):
    with neighbourhood.connect(role) as conn:
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(n.MANAGER),))
        backdated = (NOW, f"person:{n.MANAGER}")
        columns = "INSERT INTO delegation.audit_event (at, actor, purpose, action, subject)"
        insert = f"{columns} VALUES (%s, %s, 'x', 'x', 'x')"
        conn.execute(insert, backdated)
        conn.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(
                "INSERT INTO delegation.audit_event (at, actor, purpose, action, subject, written_at)"
                " VALUES (%s, %s, 'x', 'x', 'x', '2026-03-04')",
                backdated,
            )
    with neighbourhood.connect() as owner:
        owner_sees = "SELECT now() - written_at < interval '5 minutes' FROM delegation.audit_event"
        assert owner.execute(owner_sees).fetchall() == [(True,)]


def test_words_put_beside_an_event_that_had_none_are_found(neighbourhood):
    with neighbourhood.connect(INGEST) as conn:
        write(conn, "one")
    seal(neighbourhood)
    with neighbourhood.connect() as owner:
        owner.execute(UNGUARDED)
        owner.execute("INSERT INTO delegation.audit_text VALUES (1, 'salt', 'what nobody said')")
    assert verify(neighbourhood) == [Broken(1, 1, "has other words than were written")]


def test_erasing_words_leaves_the_chain_whole(three_seals):
    with three_seals.connect() as owner:
        assert owner.execute("DELETE FROM delegation.audit_text WHERE words = 'about c'").rowcount == 2
    assert verify(three_seals) == []


def test_the_digest_of_words_cannot_be_guessed_from_the_words(neighbourhood):
    with neighbourhood.connect(INGEST) as conn:
        write(conn, "one", "two", words="the same")
    with neighbourhood.connect() as owner:
        digests = {row[0] for row in owner.execute("SELECT text_digest FROM delegation.audit_event")}
    assert len(digests) == 2


def test_a_sealed_event_cannot_simply_be_deleted(three_seals):
    with three_seals.connect() as owner, pytest.raises(psycopg.errors.ForeignKeyViolation):
        owner.execute("DELETE FROM delegation.audit_event WHERE audit_id = 5")
