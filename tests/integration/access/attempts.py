"""Asks a database, as each of the cast, what it shows them and lets them do; it takes everything back.

Invariant: what is asked runs as the api's own role, in one transaction of the owner's that never commits.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from delegation.people import act_as
from tests.fixtures.databases import Database
from tests.integration.access.columns import columns_of
from tests.integration.access.relations import ABOUT, ADDING, CHANGING, ROOM

UNHEARD_OF = UUID(int=987654321)
REFUSED = "42501"
_SCHEMAS = ["delegation", "devices", "ingest", "alerts", "api"]

# Runs statements one by one and takes each back: how many rows it touched, or what was said against it.
_TRY: LiteralString = """
CREATE FUNCTION pg_temp.try(statements text[]) RETURNS TABLE (rows bigint, refusal text) LANGUAGE plpgsql AS $$
DECLARE statement text; detail text; state text; said text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        BEGIN
            EXECUTE statement;
            GET DIAGNOSTICS rows = ROW_COUNT;
            RAISE EXCEPTION 'taken back' USING ERRCODE = 'HW000';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
            refusal := CASE WHEN state <> 'HW000' THEN concat_ws('|', state, said, detail) END;
            RETURN NEXT;
        END;
    END LOOP;
END $$
"""
_RELATIONS: LiteralString = """
SELECT oid::regclass::text, ARRAY(SELECT attname::text FROM pg_attribute
                                  WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)
FROM pg_class WHERE relnamespace::regnamespace::text = ANY (%s) AND relkind IN ('r', 'v', 'm', 'p', 'f')
"""
_PLACES: LiteralString = """
SELECT resident.resident_id, home.home_id, home.hub_id, held.escalation_id,
       (SELECT min(finding_id::text)::uuid FROM alerts.finding WHERE finding.resident_id = resident.resident_id),
       (SELECT min(break_glass_id::text)::uuid FROM delegation.break_glass glass
        WHERE glass.resident_id = resident.resident_id),
       (SELECT min(audit_id) FROM delegation.audit_event event WHERE event.resident_id = resident.resident_id)
FROM delegation.resident JOIN delegation.home USING (home_id) JOIN alerts.escalation held USING (resident_id)
"""
_GLASSES: LiteralString = "SELECT break_glass_id, resident_id FROM delegation.break_glass"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows a statement touched, or what was said against it."""

    rows: int
    refusal: str | None

    @property
    def done(self) -> bool:
        return self.refusal is None and self.rows > 0

    @property
    def refused(self) -> bool:
        """Not allowed, or nothing there to do it to; the words beside an audit event must be its own."""
        return not self.done and (
            self.refusal is None or self.refusal.startswith((REFUSED, "23514|These are"))
        )

    @property
    def said(self) -> str:
        """What was said against it, but for the number of the audit event that was asked about."""
        return re.sub(r"event \d+", "event", self.refusal or "")


def changes_of(table: str) -> dict[str, sql.Composed]:
    """How its rows are changed: as somebody would, and with each other column beside that may be changed at all."""
    statement = CHANGING[table][0]
    usual = sql.Composed([sql.SQL(statement)])
    others = [one for one in columns_of(table, "u") if f"{one} =" not in statement]
    return {"": usual} | {
        one: usual + sql.SQL(", {} = {}").format(sql.Identifier(one), sql.Identifier(one)) for one in others
    }


class Attempts:
    """One transaction, asked as one person after the other."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.owner = self._conn = conn
        self._literals = psycopg.ClientCursor(conn)
        rows = conn.execute(_PLACES).fetchall()
        names = ("home", "hub", "case", "finding", "glass", "event")
        self._fitting = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
        # What a case or a glass is about, for rows that name only that.
        self._whose = {row[3]: row[0] for row in rows} | dict(conn.execute(_GLASSES).fetchall())
        # The owner has no actor, so of the views over hypertables only what lies beneath them answers.
        self.subjects = {table: self._subjects_in(table.replace("visible_", "")) for table in ABOUT}
        self.relations: dict[str, list[str]] = dict(conn.execute(_RELATIONS, (_SCHEMAS,)).fetchall())

    def seen_by(self, who: UUID | None) -> Mapping[str, set[UUID]]:
        """Whom and what the rows are about that they are shown, by relation."""
        with self._as(who):
            return {table: self._subjects_in(table) for table in ABOUT}

    def done_by(self, who: UUID | None, deeds: Iterable[str]) -> list[Outcome]:
        """What comes of each statement."""
        with self._as(who):
            tried = self._conn.execute("SELECT * FROM pg_temp.try(%s)", (list(deeds),))
            return [Outcome(rows or 0, refusal) for rows, refusal in tried.fetchall()]

    def one(self, query: LiteralString, **values: object) -> UUID:
        """One id, as the owner."""
        found = self.owner.execute(query, values).fetchone()
        assert found is not None, query
        return found[0]

    def tried(self, who: UUID, statement: str, **values: object) -> Outcome:
        """What comes of one statement."""
        [outcome] = self.done_by(who, [self._literals.mogrify(statement, {"me": who, **values})])  # pyright: ignore[reportArgumentType]
        return outcome

    def adding(self, who: UUID | None, label: str, subject: UUID) -> str:
        """The statement that adds such a row about this subject."""
        return self._text(ADDING[label], who, subject)

    def changed_by(self, who: UUID | None) -> Mapping[tuple[str, str], tuple[list[UUID], int]]:
        """Whose rows they change, by relation and by what is changed beside; and how many where they put no condition,
        so that none is looked at.
        """
        with self._as(who):
            return {
                (table, beside): self._changed(who, statement, CHANGING[table][1])
                for table in CHANGING
                for beside, statement in changes_of(table).items()
            }

    def _changed(
        self, who: UUID | None, statement: sql.Composed, column: LiteralString
    ) -> tuple[list[UUID], int]:
        self._conn.execute("SAVEPOINT looking")
        condition = sql.SQL("{} WHERE {} IS NOT NULL RETURNING {}").format(
            statement, sql.SQL(column), sql.SQL(column)
        )
        changed = [subject for (subject,) in self._conn.execute(condition, {"me": who}).fetchall()]
        self._conn.execute("ROLLBACK TO looking")
        without_condition = self._conn.execute(statement, {"me": who}).rowcount
        self._conn.execute("ROLLBACK TO looking")
        return changed, without_condition

    def make_room(self) -> None:
        """Nothing that is there already is in the way of adding."""
        for statement in ROOM:
            self._conn.execute(statement)

    def _subjects_in(self, table: str) -> set[UUID]:
        column = ABOUT.get(table, "resident_id")
        listing = sql.SQL("SELECT DISTINCT {} FROM {}").format(
            sql.SQL(column), sql.Identifier(*table.split("."))
        )
        rows = self._conn.execute(listing).fetchall()
        return {self._whose.get(subject, subject) for (subject,) in rows if subject is not None}

    def _text(self, statement: str, who: UUID | None, subject: UUID) -> str:
        fitting = self._fitting.get(subject) or dict.fromkeys(
            ("home", "hub", "case", "finding", "glass"), UNHEARD_OF
        ) | {"event": 0}
        return self._literals.mogrify(statement, {"me": who, "subject": subject, **fitting})  # pyright: ignore[reportArgumentType]

    @contextmanager
    def _as(self, who: UUID | None) -> Iterator[None]:
        self._conn.execute("SAVEPOINT somebody")
        self._conn.execute("SET LOCAL ROLE hearthwatch_api")
        self._conn.execute("SELECT set_config('hearthwatch.actor', '', true)")
        if who is not None:
            act_as(self._conn, who)
        yield
        self._conn.execute("ROLLBACK TO somebody")


@contextmanager
def attempts_on(records: Database) -> Iterator[Attempts]:
    """Attempts on what is filled, none of which is committed."""
    with records.connect() as conn:
        conn.execute("SET LOCAL ROLE hearthwatch_api")
        conn.execute(_TRY)
        conn.execute("RESET ROLE")
        yield Attempts(conn)
        conn.rollback()
