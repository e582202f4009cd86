"""The one door every reading comes through, whether a kit sent it or a person typed it.

Guards: all of it in the caller's one transaction, identity first, residents locked in id order, so that what is
stored is scored and escalated, exactly once, in whatever order and by however many workers.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from delegation import store as delegation_store
from delegation.store import Placement
from devices import registry
from devices.reading import ReadingPayload, Unreadable, content_digest
from devices.receipt import CALL_999, OVER_QUOTA, Outcome
from devices.registry import LentKit
from ingest import current, quality, quarantine, store
from ingest.arrival import Arrival, KnownReading, NewReading, ReadingKey, Repeated, Settled, Verdict
from ingest.current import CurrentVitals
from ingest.evaluation import Batch, Evaluator, Unnamed, evaluate_safely, recall_safely
from ingest.numbering import Sound, readings_of
from ingest.quarantine import Reason
from ingest.store import Seen

# Told alike, so that a kit cannot find out who exists.
_NOT_YOURS = "unknown_resident"


def put_away(
    conn: psycopg.Connection, arrival: Arrival, why: str, evaluator: Evaluator, at: datetime
) -> Settled:
    """Keep in quarantine what could not be stored; if it is a reading of somebody here, a person is told."""
    reason = Reason("unstorable", why, "unstorable")
    sorted_ = _sort(conn, [arrival], evaluator)
    kept = quarantine.keep(conn, sorted_.refused or [(arrival, reason)], whole=0 in sorted_.sound)
    if 0 not in sorted_.sound:
        _tell(conn, sorted_, sorted_.emergencies(kept.new), evaluator, at)
        return sorted_.settled[0]
    _, payload, _, placement = sorted_.sound[0]
    current.lock(conn, {placement.resident_id})
    verdict = evaluator.cannot_keep(conn, placement, payload, at)
    return Settled(arrival, Outcome.QUARANTINED, reason.told, verdict)


class _Sorted:
    """The arrivals of one batch, as the door learns what each of them is."""

    def __init__(
        self, kits: Mapping[UUID, LentKit], placements: Mapping[UUID, Placement], evaluator: Evaluator
    ) -> None:
        self.kits = kits
        self.placements = placements
        self._evaluator = evaluator
        self.settled: dict[int, Settled] = {}
        self.refused: list[tuple[Arrival, Reason]] = []
        self._refused_at: list[int] = []
        self.sound: dict[int, Sound] = {}
        self.repeated: dict[int, Repeated] = {}

    def refuse(self, index: int, arrival: Arrival, reason: Reason) -> None:
        self.refused.append((arrival, reason))
        self._refused_at.append(index)
        # Whoever sees what goes to 999 is told so, whatever is wrong with the rest.
        verdict = Verdict(next=CALL_999) if self._evaluator.goes_to_999(arrival.item) else Verdict()
        self.settled[index] = Settled(arrival, Outcome.QUARANTINED, reason.told, verdict)

    def cut(self, places: Collection[int]) -> None:
        """Tell the senders of what was refused that it is not kept whole."""
        for place in places:
            index = self._refused_at[place]
            self.settled[index] = self.settled[index]._replace(reason=OVER_QUOTA)

    def emergencies(self, places: Collection[int]) -> list[int]:
        """The indexes of what goes to 999 among what was refused."""
        indexes = (self._refused_at[place] for place in sorted(places))
        return [index for index in indexes if self.settled[index].verdict.next == CALL_999]

    def whose(self, index: int) -> Placement | None:
        """Whose a refused reading is, where that is known and the kit's provider cares for them."""
        arrival = self.settled[index].arrival
        kit = self.kits.get(arrival.kit_id) if arrival.kit_id is not None else None
        if kit is None or isinstance(arrival.item, Unreadable):
            return None
        found = self.placements.get(arrival.item.resident)
        return found if found is not None and found.organisation_id == kit.organisation_id else None

    def accept(self, index: int, verdicts: Mapping[ReadingKey, Verdict]) -> None:
        arrival, payload, kit, _ = self.sound[index]
        outcome = Outcome.DUPLICATE if index in self.repeated else Outcome.STORED
        verdict = verdicts.get((kit.kit_id, payload.reading_id), Verdict())
        self.settled[index] = Settled(arrival, outcome, None, verdict)


def receive(
    conn: psycopg.Connection, arrivals: Sequence[Arrival], evaluator: Evaluator, at: datetime
) -> list[Settled]:
    """Settle every arrival, in order. The caller commits, and only then acknowledges or sends a receipt.

    Raises psycopg.OperationalError where the whole batch must run again, and whatever the database says of
    data it cannot hold: the caller then tries the messages one by one.
    """
    batch = _sort(conn, arrivals, evaluator)
    fresh = _claim(conn, batch)
    kept = quarantine.keep(conn, batch.refused)
    batch.cut(kept.cut)
    emergencies = batch.emergencies(kept.new)
    _lock_together(conn, batch, fresh, emergencies)
    verdicts = _store_and_judge(conn, [batch.sound[index] for index in fresh], evaluator, at)
    earlier = [one for one in batch.repeated.values() if one.key not in verdicts]
    verdicts |= recall_safely(conn, evaluator, earlier, at)
    for index in (*fresh, *batch.repeated):
        batch.accept(index, verdicts)
    _tell(conn, batch, emergencies, evaluator, at)
    return [batch.settled[index] for index in range(len(arrivals))]


def _lock_together(
    conn: psycopg.Connection, batch: _Sorted, fresh: Collection[int], emergencies: Collection[int]
) -> None:
    """Whoever is told of in the end is locked with the others, in the one order."""
    told = {one.resident_id for index in emergencies if (one := batch.whose(index))}
    if told:
        current.lock(conn, told | {batch.sound[index].payload.resident for index in fresh})


def _tell(
    conn: psycopg.Connection, batch: _Sorted, emergencies: Collection[int], evaluator: Evaluator, at: datetime
) -> None:
    """Of an emergency a person hears, stored or not: in the resident's case, or else of the kit that said it."""
    unnamed: list[Unnamed] = []
    for index in emergencies:
        settled, whose = batch.settled[index], batch.whose(index)
        kit_id, said = settled.arrival.kit_id, settled.arrival.item
        if whose is not None and isinstance(said, ReadingPayload):
            verdict = evaluator.cannot_keep(conn, whose, said, at)
            batch.settled[index] = settled._replace(verdict=verdict)
        elif kit_id is not None and (kit := batch.kits.get(kit_id)):
            unnamed.append(Unnamed(kit_id, kit.home_id, said))
        else:
            known = registry.enrolled(conn, {kit_id} if kit_id is not None else ())
            unnamed.append(Unnamed(kit_id if kit_id in known else None, None, said))
    if unnamed:
        evaluator.cannot_name(conn, unnamed, at)


def _sort(conn: psycopg.Connection, arrivals: Sequence[Arrival], evaluator: Evaluator) -> _Sorted:
    """Tell what can be stored from what must be kept in quarantine."""
    kits = registry.lent(conn, {one.kit_id for one in arrivals if one.kit_id is not None})
    residents = {one.item.resident for one in arrivals if isinstance(one.item, ReadingPayload)}
    placements = delegation_store.placements(conn, residents)
    sorted_ = _Sorted(kits, placements, evaluator)
    for index, arrival in enumerate(arrivals):
        kit = kits.get(arrival.kit_id) if arrival.kit_id is not None else None
        if isinstance(arrival.item, Unreadable):
            unreadable = arrival.item
            sorted_.refuse(index, arrival, Reason(unreadable.reason, unreadable.detail, unreadable.reason))
        elif kit is None:
            detail = "No kit with this id is enrolled and lent to a home."
            sorted_.refuse(index, arrival, Reason("unknown_kit", detail, "unknown_kit"))
        else:
            placement = placements.get(arrival.item.resident)
            reason = _objection(arrival.item, kit, placement)
            if reason is not None or placement is None:
                sorted_.refuse(index, arrival, reason or _unknown_resident())
            else:
                sorted_.sound[index] = Sound(arrival, arrival.item, kit, placement)
    return sorted_


def _objection(payload: ReadingPayload, kit: LentKit, placement: Placement | None) -> Reason | None:
    if payload.kit is not None and payload.kit != kit.kit_id:
        return Reason(
            "not_this_kit", "The reading claims another kit than the one that sent it.", "not_this_kit"
        )
    if placement is None:
        return _unknown_resident()
    if placement.organisation_id != kit.organisation_id:
        detail = "The resident is cared for by another provider than the one this kit is lent to."
        return Reason("another_providers_resident", detail, _NOT_YOURS)
    return None


def _unknown_resident() -> Reason:
    return Reason("unknown_resident", "No resident has this id.", _NOT_YOURS)


def _claim(conn: psycopg.Connection, batch: _Sorted) -> list[int]:
    """Claim identities; returns the indexes of what is new, and notes what is repeated and what conflicts."""
    first: dict[ReadingKey, tuple[int, Seen]] = {}
    others: list[tuple[int, ReadingKey, bytes]] = []
    for index, (arrival, payload, kit, _) in batch.sound.items():
        key = (kit.kit_id, payload.reading_id)
        said = content_digest(payload)
        if key in first:
            others.append((index, key, said))
        else:
            effective_at, _ = quality.effective(payload.taken_at, arrival.arrived_at)
            first[key] = (index, Seen(key, said, payload.resident, effective_at))
    new = store.see(conn, [seen for _, seen in first.values()])
    others += [(index, key, seen.digest) for key, (index, seen) in first.items() if key not in new]
    stored = store.seen(conn, {key for _, key, _ in others})
    for index, key, said in others:
        arrival, payload, kit, placement = batch.sound[index]
        if stored[key].digest == said:
            slow_by, _ = quality.clock(kit.clock_skew_s)
            moment = stored[key].effective_at
            batch.repeated[index] = Repeated(payload, kit.kit_id, placement, moment, slow_by)
        else:
            detail = "A reading with this id is stored already and says something else."
            batch.refuse(index, arrival, Reason("conflict", detail, "conflict"))
    return sorted(index for key, (index, _) in first.items() if key in new)


def _store_and_judge(
    conn: psycopg.Connection,
    sound: Sequence[Sound],
    evaluator: Evaluator,
    at: datetime,
) -> dict[ReadingKey, Verdict]:
    if not sound:
        return {}
    before = current.lock(conn, {one.payload.resident for one in sound})
    taken_by = {one.payload.taken_by for one in sound if one.payload.taken_by is not None}
    operators = delegation_store.operators(conn, taken_by)
    new, late = readings_of(sound, before, operators)
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
    """What was known before: the current signs where nothing is late, else what is stored around it."""
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
