"""Erase the records of residents whose care ended as long ago as the rule says, one resident in one transaction.

Guards: the time counts from the end of care, never from a reading's age. All of a resident's records go, or none; a
tombstone and an audit event stay. A failure for one resident does not stop the others.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts import erasure as conclusions
from api import journal
from api.database import Connection, Pool, try_again
from delegation import audit
from delegation.people import Actor, Process, act_as
from delegation.residents import erasure as identity
from delegation.residents import retention
from delegation.residents.retention import Ended, Tombstone
from ingest import erasure as readings

_RETENTION = Process("retention")
_log = journal.of("api.retention")


@dataclass(frozen=True, slots=True)
class Standing:
    """A resident whose care ended long enough ago. `kept_because`: why nothing is erased yet, None where it is due."""

    ended: Ended
    kept_because: str | None

    @property
    def resident_id(self) -> UUID:
        return self.ended.resident_id


def standing(conn: Connection, at: datetime, among: Collection[UUID] | None = None) -> list[Standing]:
    """Return everybody whose records are due, or would be but for a reason; those already erased are left out."""
    all_ended = retention.ended(conn, at, among)
    residents = [one.resident_id for one in all_ended]
    arrivals = readings.last_arrivals(conn, residents)
    open_ = conclusions.with_open_case(conn, residents)
    return [
        Standing(one, _kept_because(one, arrivals.get(one.resident_id), open_))
        for one in all_ended
        if one.erased_at is None or one.resident_id in arrivals
    ]


def _kept_because(one: Ended, last_arrival: datetime | None, open_: Collection[UUID]) -> str | None:
    if one.held:
        return "a legal hold"
    if one.resident_id in open_:
        return "an escalation that is still open"
    if last_arrival is not None and last_arrival > one.keep_after:
        return f"a reading that arrived on {last_arrival:%d %B %Y}, after care ended"
    return None


def erase(
    conn: Connection, resident_id: UUID, at: datetime, by: Actor | Process = _RETENTION
) -> Tombstone | None:
    """Erase one resident's records if they are due, otherwise return None; the caller commits.

    `by`: the person in whose name a command does so.
    """
    retention.lock(conn, resident_id)
    readings.lock(conn, resident_id)
    due = [one for one in standing(conn, at, [resident_id]) if one.kept_because is None]
    if not due:
        return None
    [ended] = [one.ended for one in due]
    erased = readings.erase(conn, resident_id)
    counts = {**erased.counts, **conclusions.erase(conn, resident_id, erased.span, erased.moved)}
    counts |= identity.erase(conn, resident_id)
    stone = Tombstone(resident_id, ended.ended_at, ended.rule_version, at, erased.span, counts)
    retention.bury(conn, stone)
    if isinstance(by, Actor):
        act_as(conn, by.person_id)
    audit.record(conn, by, "records.erased", f"resident:{resident_id}", at=at, resident_id=resident_id)
    return stone


def erase_due(pool: Pool, at: datetime, by: Actor | Process = _RETENTION) -> Iterator[Tombstone]:
    """Erase all that is due, a transaction for each resident; a failure is logged and tried again next time."""
    with pool.connection() as conn:
        due = [one.resident_id for one in standing(conn, at) if one.kept_because is None]
    for resident_id in due:
        try:
            stone = try_again(pool, lambda conn, who=resident_id: erase(conn, who, at, by))
        except Exception as error:
            _log.error("could not erase", error=type(error).__name__, places=journal.places(error))
            continue
        if stone is not None:
            yield stone


def said_of_due(pool: Pool, at: datetime) -> Iterator[dict[str, Any]]:
    """Yield a line for each resident whose records are due, or kept though their time has come. Changes nothing."""
    with pool.connection() as conn:
        for one in standing(conn, at):
            what = "due" if one.kept_because is None else f"kept because of {one.kept_because}"
            ended = one.ended.ended_at
            yield {
                "resident": one.resident_id,
                "care_ended_at": ended,
                "rule": one.ended.rule_version,
                "kept_because": one.kept_because,
                "says": f"{one.resident_id}  care ended {ended:%d %B %Y}, {what} ({one.ended.rule_version})",
            }


def said_of_erased(pool: Pool, at: datetime, by: Actor) -> Iterator[dict[str, Any]]:
    """Erase what is due in the name of this person; yield each tombstone as it is written."""
    for stone in erase_due(pool, at, by):
        counted = ", ".join(f"{count} {noun}" for noun, count in stone.erased.items() if count)
        yield {
            "resident": stone.resident_id,
            "care_ended_at": stone.care_ended_at,
            "rule": stone.rule_version,
            "erased": dict(stone.erased),
            "says": f"{stone.resident_id}  erased {counted or 'nothing: there was nothing'}",
        }
