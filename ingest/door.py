"""The door: every reading comes through it, whether a kit sent it or a person typed it.

Guards: everything happens in the caller's one transaction: identities are claimed first, then residents are locked in
id order. So each reading is stored, scored and escalated exactly once, in any order and with any number of workers.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from devices import registry
from devices.reading import ReadingPayload
from devices.receipt import Outcome
from ingest import quality, quarantine
from ingest.arrival import (
    Arrival,
    KnownReading,
    NewReading,
    ReadingKey,
    Repeated,
    Settled,
    Sound,
    Verdict,
)
from ingest.evaluation import Batch, Evaluator, Unnamed, evaluate_safely, recall_safely
from ingest.quarantine import Reason
from ingest.sorting import CONFLICT, Sorted
from ingest.standing import standing
from ingest.storage import current, store
from ingest.storage.current import CurrentVitals
from ingest.storage.identity import Claimed, claim
from ingest.storage.numbering import readings_of


def put_away(
    conn: psycopg.Connection, arrival: Arrival, why: str, evaluator: Evaluator, at: datetime
) -> Settled:
    """Keep in quarantine what could not be stored. If it is a reading of a resident here, tell a person."""
    reason = Reason("unstorable", why, "unstorable")
    batch = Sorted([arrival], standing(conn, [arrival]), evaluator)
    kept = quarantine.keep(conn, batch.refused or [(arrival, reason)], whole=bool(batch.sound))
    if not batch.sound:
        _tell(conn, batch, batch.emergencies(kept.new), evaluator, at)
        return batch.at(0)
    [one] = batch.sound
    current.lock(conn, {one.placement.resident_id})
    if kept.new:
        verdict = evaluator.cannot_keep(conn, one.placement, one.payload, at)
    else:
        verdict = Verdict(next=evaluator.next_unstored(one.payload))
    return Settled(arrival, Outcome.QUARANTINED, reason.told, verdict)


def receive(
    conn: psycopg.Connection, arrivals: Sequence[Arrival], evaluator: Evaluator, at: datetime
) -> list[Settled]:
    """Settle every arrival, in order. The caller commits, and only then acknowledges or sends a receipt.

    Raises psycopg.OperationalError if the whole batch must run again, and any error the database raises for data it
    cannot hold: the caller then tries the messages one by one.
    """
    batch = Sorted(arrivals, standing(conn, arrivals), evaluator)
    claimed = claim(conn, batch.sound, locking=not batch.refused)
    for one in claimed.conflicting:
        batch.refuse(one.place, one.arrival, CONFLICT)
    kept = quarantine.keep(conn, batch.refused)
    batch.cut(kept.cut)
    emergencies = batch.emergencies(kept.new)
    before = _locked(conn, batch, claimed, emergencies, evaluator)
    verdicts = _store_and_judge(conn, batch, claimed.new, before, evaluator, at)
    verdicts |= _recalled(conn, claimed, verdicts, evaluator, at)
    batch.accept(claimed.new, Outcome.STORED, verdicts)
    batch.accept([one for one, _ in claimed.repeated], Outcome.DUPLICATE, verdicts)
    _tell(conn, batch, emergencies, evaluator, at)
    return batch.settled


def _locked(
    conn: psycopg.Connection,
    batch: Sorted,
    claimed: Claimed,
    emergencies: Collection[int],
    evaluator: Evaluator,
) -> dict[UUID, CurrentVitals]:
    """Lock the residents of new readings and of emergencies, and return what is known of those with new readings."""
    if claimed.locked is not None:
        return claimed.locked
    fresh = {one.payload.resident for one in claimed.new}
    told = {whose.resident_id for place in emergencies if (whose := batch.whose(place))}
    rows = current.lock(conn, fresh | told) if fresh or told else {}
    if emergencies:
        evaluator.take_turn(conn, fresh | told, batch.homes(emergencies))
    return {resident: row for resident, row in rows.items() if resident in fresh}


def _recalled(
    conn: psycopg.Connection,
    claimed: Claimed,
    verdicts: Mapping[ReadingKey, Verdict],
    evaluator: Evaluator,
    at: datetime,
) -> Mapping[ReadingKey, Verdict]:
    """The verdicts given when the repeated readings were first stored."""
    repeated = {
        one.key: Repeated(one.payload, one.kit.kit_id, one.placement, moment, _slow_by(one, moment))
        for one, moment in claimed.repeated
        if one.key not in verdicts
    }
    return recall_safely(conn, evaluator, list(repeated.values()), at)


def _slow_by(one: Sound, moment: datetime) -> timedelta:
    return quality.clock(one.kit.clock_skew_s, believed=moment == one.payload.taken_at)[0]


def _tell(
    conn: psycopg.Connection, batch: Sorted, emergencies: Collection[int], evaluator: Evaluator, at: datetime
) -> None:
    """Tell a person of each emergency, stored or not: in the resident's case, or as a notice of its kit."""
    unnamed: list[Unnamed] = []
    for place in emergencies:
        arrival, whose = batch.at(place).arrival, batch.whose(place)
        kit_id, said = arrival.kit_id, arrival.item
        if whose is not None and isinstance(said, ReadingPayload):
            batch.told(place, verdict=evaluator.cannot_keep(conn, whose, said, at))
        elif kit_id is not None and (kit := batch.standing.kits.get(kit_id)):
            unnamed.append(Unnamed(kit_id, kit.home_id, said))
        else:
            known = registry.enrolled(conn, {kit_id} if kit_id is not None else ())
            unnamed.append(Unnamed(kit_id if kit_id in known else None, None, said))
    if unnamed:
        evaluator.cannot_name(conn, unnamed, at)


def _store_and_judge(
    conn: psycopg.Connection,
    batch: Sorted,
    sound: Sequence[Sound],
    before: dict[UUID, CurrentVitals],
    evaluator: Evaluator,
    at: datetime,
) -> dict[ReadingKey, Verdict]:
    if not sound:
        return {}
    new, late = readings_of(sound, before, batch.standing.operators)
    store.copy(conn, new)
    current.update(conn, before, new)
    known = _known(conn, before, late, evaluator.window, new)
    return evaluate_safely(conn, evaluator, Batch(new, known), at)


def _known(
    conn: psycopg.Connection,
    before: dict[UUID, CurrentVitals],
    late: dict[UUID, list[datetime]],
    window: timedelta,
    new: Sequence[NewReading],
) -> list[KnownReading]:
    """What was known before: the current signs, or the stored history for residents who have a late reading."""
    since = min(reading.effective_at for reading in new) - window
    known = [
        one
        for resident, row in before.items()
        if resident not in late
        for one in current.known_readings(row, since)
    ]
    if not late:
        return known
    keys = {reading.key for reading in new}
    return known + [one for one in store.history(conn, late, window) if one.key not in keys]
