"""The could-not-be-excluded clock: what a worker was asked to measure, and by when.

Guards: asking again never moves the deadline. `alerts.judgement` says what answers a question.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts.sets.scoring import Scored


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be measured of one resident, and by when."""

    resident_id: UUID
    kit_id: UUID
    reading_id: UUID
    effective_at: datetime
    deciding: tuple[str, ...]
    low: int
    high: int
    answer_by: datetime


def question_of(scored: Scored, answer_by: datetime) -> Question:
    """Return the question that a score asks."""
    kit_id, reading_id = scored.cause.key
    return Question(
        resident_id=scored.cause.resident_id,
        kit_id=kit_id,
        reading_id=reading_id,
        effective_at=scored.target.effective_at,
        deciding=tuple(str(sign) for sign in scored.outcome.deciding),
        low=scored.outcome.low,
        high=scored.outcome.high,
        answer_by=answer_by,
    )


_ASK: LiteralString = """
INSERT INTO alerts.open_question
    (resident_id, kit_id, reading_id, effective_at, deciding, low, high, opened_at, answer_by)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (resident_id) DO UPDATE SET
    kit_id = EXCLUDED.kit_id, reading_id = EXCLUDED.reading_id, effective_at = EXCLUDED.effective_at,
    deciding = EXCLUDED.deciding, low = EXCLUDED.low, high = EXCLUDED.high
"""
_ANSWERED: LiteralString = "DELETE FROM alerts.open_question WHERE resident_id = ANY (%s)"
_OPEN: LiteralString = """
SELECT resident_id, kit_id, reading_id, effective_at, deciding, low, high, answer_by
FROM alerts.open_question WHERE resident_id = %s
"""
_POSTPONE: LiteralString = "UPDATE alerts.open_question SET answer_by = %s WHERE resident_id = %s"
_DUE: LiteralString = """
SELECT resident_id, kit_id, reading_id, effective_at, deciding, low, high, answer_by
FROM alerts.open_question
WHERE answer_by <= %(at)s AND (%(among)s::uuid[] IS NULL OR resident_id = ANY (%(among)s))
ORDER BY answer_by LIMIT %(most)s
"""


def ask(conn: psycopg.Connection, asked: Sequence[Question], at: datetime) -> None:
    """Open these questions. One that is open already takes what is asked now and keeps its deadline."""
    if not asked:
        return
    with conn.cursor() as cursor:
        cursor.executemany(
            _ASK,
            [
                (
                    question.resident_id,
                    question.kit_id,
                    question.reading_id,
                    question.effective_at,
                    list(question.deciding),
                    question.low,
                    question.high,
                    at,
                    question.answer_by,
                )
                for question in asked
            ],
        )


def answered(conn: psycopg.Connection, residents: Collection[UUID]) -> None:
    """Stop the clock of these residents."""
    if residents:
        conn.execute(_ANSWERED, (list(residents),))


def open_question(conn: psycopg.Connection, resident_id: UUID) -> Question | None:
    """Return the open question about this resident, if any."""
    row = conn.execute(_OPEN, (resident_id,)).fetchone()
    if row is None:
        return None
    resident, kit, reading, effective_at, deciding, low, high, answer_by = row
    return Question(resident, kit, reading, effective_at, tuple(deciding), low, high, answer_by)


def postpone(conn: psycopg.Connection, resident_id: UUID, until: datetime) -> None:
    """Put off a resident's question that could not be judged, so that the others come first."""
    conn.execute(_POSTPONE, (until, resident_id))


def due(
    conn: psycopg.Connection, at: datetime, most: int, among: Collection[UUID] | None = None
) -> list[Question]:
    """Return the questions that nobody answered in time, about these residents or about any."""
    wanted = {"at": at, "most": most, "among": None if among is None else list(among)}
    return [
        Question(resident, kit, reading, effective_at, tuple(deciding), low, high, answer_by)
        for resident, kit, reading, effective_at, deciding, low, high, answer_by in conn.execute(
            _DUE, wanted
        ).fetchall()
    ]
