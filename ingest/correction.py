"""Corrects which resident a stored reading belongs to.

Guards: the reading itself never changes; each correction is a row of its own. Afterwards the resident who loses the
reading is known as if it had never come, and the resident who gains it as if it came now. A correction can itself be
corrected. Both residents are locked first, in the order everybody uses.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from delegation import store as delegation_store
from delegation.store import Placement
from ingest.arrival import NewReading, ReadingKey, Verdict
from ingest.evaluation import Batch, Evaluator, Withdrawn, evaluate_safely
from ingest.storage import current, store, stored
from ingest.storage.current import CurrentVitals, Signs
from ingest.storage.stored import Held
from ingest.trouble import passes

_log = logging.getLogger(__name__)
# How far back to look for a sign's earlier value: the first of these is nearly always enough.
_LOOK_BACK = (timedelta(days=3), timedelta(days=60), timedelta(days=36_500))


class Reason(StrEnum):
    """Why a reading was stored for the wrong resident. Codes, because free text might name the other resident."""

    WRONG_RESIDENT_CHOSEN = "wrong_resident_chosen"
    KIT_USED_FOR_ANOTHER = "kit_used_for_another"
    CORRECTED_BY_MISTAKE = "corrected_by_mistake"
    NOT_KNOWN_HOW = "not_known_how"


class CorrectionRefusedError(Exception):
    """The correction is not possible; the message says why."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Whose a reading is. `taken_from` is None if we cannot name them.

    `seen`: the last correction that the person correcting it has seen, or 0.
    """

    key: ReadingKey
    seen: int
    taken_from: UUID | None
    reason: Reason
    corrected_by: UUID


@dataclass(frozen=True, slots=True)
class Corrected:
    """Whom the reading was held for before; if its owner can now be named, the reading as theirs and its verdict."""

    held_for: UUID | None
    reading: NewReading | None = None
    verdict: Verdict | None = None


_CORRECT: LiteralString = """
INSERT INTO ingest.reading_correction
    (kit_id, reading_id, correction_id, effective_at, stored_for, held_for, gone_number, resident_id, arrival_number,
     reason, corrected_by, corrected_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_NOW_KNOWN: LiteralString = """
UPDATE ingest.current_vitals SET signs = %s, arrivals = %s, last_effective_at = %s,
    last_arrived_at = CASE WHEN last_arrived_at > %s THEN last_arrived_at ELSE %s END,
    last_news_at = CASE WHEN last_news_at > %s THEN last_news_at ELSE %s END
WHERE resident_id = %s
"""


def correct(conn: psycopg.Connection, evaluator: Evaluator, said: Correction, at: datetime) -> Corrected:
    """Record which resident a reading was taken from. The caller authorises, audits and commits.

    Raises CorrectionRefusedError if no such reading is stored, or if it has changed since `said.seen`.
    """
    one, known = _locked(conn, said)
    whose = delegation_store.placements(conn, known)
    loser = whose.get(one.held_for) if one.held_for is not None else None
    around = evaluator.window
    theirs = [] if loser is None else stored.readings_of(conn, loser, *_span(one, around))
    gone_number = None if loser is None else known[loser.resident_id].next_number
    number = known[said.taken_from].next_number if said.taken_from is not None else None
    conn.execute(
        _CORRECT,
        (
            *one.key,
            one.correction + 1,
            one.effective_at,
            one.stored_for,
            one.held_for,
            gone_number,
            said.taken_from,
            number,
            said.reason,
            said.corrected_by,
            at,
        ),
    )
    if loser is not None:
        _take_away(conn, evaluator, one, known[loser.resident_id], loser, theirs, at)
    if said.taken_from is None or number is None:
        return Corrected(one.held_for)
    reading = stored.as_theirs(conn, one, whose[said.taken_from], number)
    return Corrected(one.held_for, *_give(conn, evaluator, reading, known[said.taken_from], at))


def _locked(conn: psycopg.Connection, said: Correction) -> tuple[Held, dict[UUID, CurrentVitals]]:
    """Lock the reading's residents and return the reading as it is once nobody else can correct it.

    The resident it was stored for is locked too, even if it is somebody else's now: every correction of it waits on
    that lock.
    """
    one = stored.held(conn, said.key)
    if one is None:
        raise CorrectionRefusedError("No such reading is stored.")
    residents = {one.stored_for, one.held_for, said.taken_from}
    known = current.lock(conn, [resident for resident in residents if resident is not None])
    one = stored.held(conn, said.key)
    if one is None or one.correction != said.seen:
        raise CorrectionRefusedError("Somebody has corrected this reading meanwhile: look at it again.")
    if one.held_for == said.taken_from:
        raise CorrectionRefusedError("That is whose it is already: choose somebody else.")
    return one, known


def _span(one: Held, around: timedelta) -> tuple[datetime, datetime]:
    return one.effective_at - around, one.effective_at + around


def _take_away(
    conn: psycopg.Connection,
    evaluator: Evaluator,
    one: Held,
    known: CurrentVitals,
    loser: Placement,
    theirs: Sequence[NewReading],
    at: datetime,
) -> None:
    """Restore what is known of the resident without the reading, and have what rested on it judged again."""
    number = known.next_number
    gone = stored.as_theirs(conn, one, loser, number)
    rest = _before(conn, loser, known, gone)
    latest = max((other.effective_at for other in rest), default=None)
    arrived = max((other.arrived_at for other in rest), default=None)
    news = max((other.arrived_at for other in rest if other.is_news), default=None)
    signs = Jsonb(_without(known.signs, one.key, rest), dumps=to_json)
    moments = (gone.arrived_at, arrived, gone.arrived_at, news)
    conn.execute(_NOW_KNOWN, (signs, number, latest, *moments, loser.resident_id))
    gone = gone._replace(latest_effective_at=latest or gone.effective_at)
    withdrawn = Withdrawn(gone, theirs, [other for other in theirs if other.key != one.key])
    try:
        with conn.transaction():
            evaluator.withdraw(conn, withdrawn, at)
    except Exception as error:
        if passes(error):
            raise  # whoever asked is told, and asks again
        _log.exception("what rested on a corrected reading could not be judged anew")
        evaluator.cannot_score(conn, withdrawn.without or [gone], at)


def _give(
    conn: psycopg.Connection, evaluator: Evaluator, reading: NewReading, known: CurrentVitals, at: datetime
) -> tuple[NewReading, Verdict]:
    """Treat the reading as the door treats one that arrives now."""
    latest = max(reading.effective_at, known.last_effective_at or reading.effective_at)
    reading = reading._replace(latest_effective_at=latest)
    current.update(conn, {known.resident_id: known}, [reading])
    moments = {known.resident_id: [reading.effective_at]}
    others = [one for one in store.history(conn, moments, evaluator.window) if one.key != reading.key]
    verdicts = evaluate_safely(conn, evaluator, Batch([reading], others), at)
    return reading, verdicts.get(reading.key, Verdict())


def _before(
    conn: psycopg.Connection, loser: Placement, known: CurrentVitals, gone: NewReading
) -> list[NewReading]:
    """Return their other readings, back to the last news of them and the last value of each sign `gone` gave."""
    until = max(gone.effective_at, known.last_effective_at or gone.effective_at)
    wanted = _said_by(known.signs, gone.key)
    rest: list[NewReading] = []
    for span in _LOOK_BACK:
        rest = stored.readings_of(conn, loser, until - min(span, until - _FIRST_DAY), until)
        said = {str(sign) for one in rest for sign in (*one.values, *one.cleared)}
        if wanted <= said and any(one.is_news for one in rest):
            break
    return rest


_FIRST_DAY = datetime.fromisoformat("1900-01-01T00:00:00+00:00")


def _said_by(signs: Signs, key: ReadingKey) -> set[str]:
    ours = tuple(map(str, key))
    return {sign for sign, entry in signs.items() if (entry["kit"], entry["reading"]) == ours}


def _without(signs: Signs, key: ReadingKey, others: Sequence[NewReading]) -> Signs:
    """Replace what the reading said by what the others last said, or by nothing."""
    said_by_it = _said_by(signs, key)
    left: dict[str, dict[str, Any]] = {sign: entry for sign, entry in signs.items() if sign not in said_by_it}
    for other in stored.in_order_of_time(others):
        stamp = current.stamp_of(other)
        for sign, value in current.said_by(other).items():
            if sign in said_by_it:
                left[sign] = {"value": value, **stamp}
    return left
