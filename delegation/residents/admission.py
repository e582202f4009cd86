"""Add a resident to a home, and correct what is written down about them.

Guards: only the home's manager or the hub's lead may do so, and the database checks this too. The actor never learns
the name of a resident of a home that is not theirs, and may ask only a few times. A second resident with the same name
and date of birth at a home must be confirmed, as far as the actor can see both. The audit keeps what stood there
before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row

from delegation import audit, turns
from delegation.people import Actor
from delegation.residents import particulars, retention
from delegation.residents.particulars import Particulars
from delegation.rights import ADD, CHANGE, Record

_LONDON = ZoneInfo("Europe/London")


class Outcome(StrEnum):
    """The result of adding, correcting or moving a resident."""

    DONE = "done"
    YOURS = "yours"
    ALIKE = "alike"
    ELSEWHERE = "elsewhere"
    WAIT = "wait"


class AdmissionRefusedError(PermissionError):
    """The actor may not do this, or not now; the message says why."""


class ChangedMeanwhileError(AdmissionRefusedError):
    """Somebody else changed these facts after the actor opened them, so nothing is recorded."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed these facts since you opened them. Look at them as they stand now,"
            " and put right what is still wrong."
        )


class UnfitParticularsError(ValueError):
    """The particulars cannot be recorded. `faults` maps each field to a sentence."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{sentence}." for sentence in faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome. `resident_id` is the resident added or corrected, the one with this number at a home of the actor's,
    or the one alike."""

    outcome: Outcome
    resident_id: UUID | None = None
    until: datetime | None = None


_MAY_ADD: LiteralString = "SELECT %s IN (SELECT delegation.homes_held('home_manager', 'hub_lead'))"
_MAY_CHANGE: LiteralString = "SELECT %s IN (SELECT delegation.residents_answered_for())"
_BORN_THEN: LiteralString = """
SELECT resident_id, name FROM delegation.resident
WHERE home_id = %s AND born_on = %s AND NOT resident_id = ANY (%s) AND NOT coalesce(nhs_number = %s, false)
ORDER BY resident_id
"""
_TAKEN: LiteralString = "SELECT outcome, resident, until FROM delegation.nhs_number_taken(%s, %s)"
_ADD: LiteralString = """
INSERT INTO delegation.resident (resident_id, home_id, name, nhs_number, born_on, allergies, background,
    call_back_phone, usual_company, no_score_reason)
VALUES (%(resident)s, %(home)s, %(name)s, %(nhs_number)s, %(born_on)s, %(allergies)s, %(background)s,
    %(call_back_phone)s, %(usual_company)s, %(no_score_reason)s)
"""
_STANDING: LiteralString = """
SELECT home_id, name, nhs_number, born_on, allergies, background, call_back_phone, usual_company, no_score_reason
FROM delegation.resident WHERE resident_id = %s FOR NO KEY UPDATE
"""
_CORRECT: LiteralString = """
UPDATE delegation.resident SET name = %(name)s, nhs_number = %(nhs_number)s, born_on = %(born_on)s,
    allergies = %(allergies)s, background = %(background)s, call_back_phone = %(call_back_phone)s,
    usual_company = %(usual_company)s, no_score_reason = %(no_score_reason)s
WHERE resident_id = %(resident)s
"""
_ENDED: LiteralString = """
SELECT FROM delegation.end_of_care WHERE resident_id = %s AND withdrawn_at IS NULL
"""


def add(
    conn: psycopg.Connection[Any],
    actor: Actor,
    home_id: UUID,
    given: Particulars,
    at: datetime,
    words: str | None = None,
    other_than: Collection[UUID] = (),
) -> Done:
    """Add a resident to a home. `words` are kept beside the audit event.

    The caller commits whatever the outcome is, because each attempt counts towards a limit. `other_than` are residents
    the actor has confirmed to be other people of the same name and date of birth. Raises AdmissionRefusedError,
    UnfitParticularsError.
    """
    if not actor.may(ADD, Record.RESIDENTS) or conn.execute(_MAY_ADD, (home_id,)).fetchone() != (True,):
        raise AdmissionRefusedError("Only the home's manager or the hub's lead adds a resident.")
    row = _fit(given, at)
    resident_id = uuid4()
    place = f"home:{home_id}"
    # Ask about namesakes before the NHS number: an attempt that adds nobody must reveal nothing about the number.
    if found := alike(conn, home_id, row, other_than):
        return Done(Outcome.ALIKE, found)
    if refused := _number_taken(conn, actor, given.nhs_number, None, place, at):
        return refused
    try:
        with conn.transaction():
            conn.execute(_ADD, row | {"resident": resident_id, "home": home_id})
    except UniqueViolation:  # another transaction added the number first
        return _elsewhere(conn, actor, place, None, at)
    audit.record(conn, actor, "resident.added", place, at=at, resident_id=resident_id, words=words)
    return Done(Outcome.DONE, resident_id)


def correct(
    conn: psycopg.Connection[Any],
    actor: Actor,
    resident_id: UUID,
    given: Particulars,
    at: datetime,
    seen: str,
    other_than: Collection[UUID] = (),
) -> Done:
    """Correct what is written down about a resident.

    The caller commits whatever the outcome is, because each attempt counts towards a limit. `seen` is the digest of the
    facts that the actor opened (see `particulars.stand_as`); `other_than` is as in `add`. Raises AdmissionRefusedError,
    ChangedMeanwhileError, UnfitParticularsError.
    """
    check(conn, actor, resident_id)
    row = _fit(given, at)
    with conn.cursor(row_factory=dict_row) as cursor:
        [before] = cursor.execute(_STANDING, (resident_id,)).fetchall()
    if seen != particulars.stand_as(before):
        raise ChangedMeanwhileError
    differing = particulars.changed(before, row)
    subject = f"resident:{resident_id}"
    if not differing:
        return Done(Outcome.DONE, resident_id)
    if differing.keys() & {"name", "born_on"} and (
        found := alike(conn, before["home_id"], row, [*other_than, resident_id])
    ):
        return Done(Outcome.ALIKE, found)
    if "nhs_number" in differing and (
        refused := _number_taken(conn, actor, given.nhs_number, resident_id, subject, at)
    ):
        return refused
    try:
        with conn.transaction():
            conn.execute(_CORRECT, row | {"resident": resident_id})
    except UniqueViolation:
        return _elsewhere(conn, actor, subject, resident_id, at)
    words = "; ".join(f"{name}: {_word(was)} -> {_word(now)}" for name, (was, now) in differing.items())
    audit.record(
        conn, actor, "resident.details_corrected", subject, at=at, resident_id=resident_id, words=words
    )
    return Done(Outcome.DONE, resident_id)


def check(conn: psycopg.Connection[Any], actor: Actor, resident_id: UUID) -> None:
    """Raise AdmissionRefusedError unless the actor may change this resident's facts and care has not ended."""
    answer = conn.execute(_MAY_CHANGE, (resident_id,)).fetchone()
    if not actor.may(CHANGE, Record.RESIDENTS) or answer != (True,):
        raise AdmissionRefusedError("Only the home's manager or the hub's lead puts this right.")
    retention.lock(conn, resident_id)
    if conn.execute(_ENDED, (resident_id,)).rowcount:
        raise AdmissionRefusedError(
            "Care has ended. If that is a mistake, say first on the page of the records that it goes on."
        )


def _fit(given: Particulars, at: datetime) -> dict[str, object]:
    today = at.astimezone(_LONDON).date()
    if faults := given.faults(today):
        raise UnfitParticularsError(faults)
    return given.row(today)


def alike(
    conn: psycopg.Connection[Any], home_id: UUID, who: Mapping[str, Any], other_than: Collection[UUID]
) -> UUID | None:
    """Return another resident of the home with this `name` and `born_on`, and not this `nhs_number`, if the actor sees
    one."""
    turns.take(conn, "admission", home_id)  # so that each sees the residents whom the other has added
    born_then = conn.execute(
        _BORN_THEN, (home_id, who["born_on"], list(other_than), who["nhs_number"])
    ).fetchall()
    return next((other for other, name in born_then if particulars.same_name(name, who["name"])), None)


def _number_taken(
    conn: psycopg.Connection[Any],
    actor: Actor,
    number: str | None,
    resident_id: UUID | None,
    subject: str,
    at: datetime,
) -> Done | None:
    if number is None:
        return None
    [(outcome, whose, until)] = conn.execute(_TAKEN, (number, resident_id)).fetchall()
    match outcome:
        case "free":
            return None
        case Outcome.ELSEWHERE:
            return _elsewhere(conn, actor, subject, resident_id, at)
        case Outcome.WAIT:
            audit.record(conn, actor, "resident.asked_too_often", subject, at=at, resident_id=resident_id)
    return Done(Outcome(outcome), whose, until)


def _elsewhere(
    conn: psycopg.Connection[Any], actor: Actor, subject: str, resident_id: UUID | None, at: datetime
) -> Done:
    audit.record(conn, actor, "resident.known_elsewhere", subject, at=at, resident_id=resident_id)
    return Done(Outcome.ELSEWHERE)


def _word(value: object) -> str:
    return "nothing" if value is None else str(value)
