"""Sorts a batch into what can be stored and what goes to quarantine, and records the outcome of each arrival.

Guards: a kit reports only on residents of the provider it is lent to, and learns nothing of others.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from delegation.store import Placement
from devices.reading import ReadingPayload, Unreadable
from devices.receipt import CALL_999, OVER_QUOTA, Outcome
from devices.registry import LentKit
from ingest import quality
from ingest.arrival import Arrival, ReadingKey, Settled, Sound, Verdict
from ingest.evaluation import Evaluator
from ingest.quarantine import Reason
from ingest.standing import Standing

# Both reasons are told alike, so that a kit cannot find out who exists.
_NOT_YOURS = "unknown_resident"
_UNKNOWN_KIT = Reason("unknown_kit", "No kit with this id is enrolled and lent to a home.", "unknown_kit")
_NOT_THIS_KIT = Reason(
    "not_this_kit", "The reading claims another kit than the one that sent it.", "not_this_kit"
)
_UNKNOWN_RESIDENT = Reason("unknown_resident", "No resident has this id.", _NOT_YOURS)
_ANOTHER_PROVIDERS = Reason(
    "another_providers_resident",
    "The resident is cared for by another provider than the one this kit is lent to.",
    _NOT_YOURS,
)
CONFLICT = Reason("conflict", "A reading with this id is stored already and says something else.", "conflict")
_NOTHING_FOUND = Verdict()


class Sorted:
    """The arrivals of one batch, with what the door has learned of each."""

    def __init__(self, arrivals: Sequence[Arrival], standing: Standing, evaluator: Evaluator) -> None:
        self.standing = standing
        self.sound: list[Sound] = []
        self.refused: list[tuple[Arrival, Reason]] = []
        self._refused_at: list[int] = []
        self._settled: list[Settled | None] = [None] * len(arrivals)
        self._evaluator = evaluator
        for place, arrival in enumerate(arrivals):
            self._sort(place, arrival)

    @property
    def settled(self) -> list[Settled]:
        """The outcomes in the order of arrival. Complete once every arrival is settled."""
        return [one for one in self._settled if one is not None]

    def _sort(self, place: int, arrival: Arrival) -> None:
        said = arrival.item
        if isinstance(said, Unreadable):
            self.refuse(place, arrival, Reason(said.reason, said.detail, said.reason))
            return
        kit = self.standing.kits.get(arrival.kit_id) if arrival.kit_id is not None else None
        placement = self.standing.placements.get(said.resident)
        objection = _objection(said, kit, placement)
        if objection is not None or kit is None or placement is None:
            self.refuse(place, arrival, objection or _UNKNOWN_RESIDENT)
            return
        effective_at, oddities = quality.effective(
            said.taken_at, arrival.arrived_at, kit.enrolled_at, said.age_s, arrival.waited_at_most
        )
        key = kit.kit_id, said.reading_id
        self.sound.append(Sound(place, arrival, said, kit, placement, key, effective_at, oddities))

    def refuse(self, place: int, arrival: Arrival, reason: Reason) -> None:
        """Send it to quarantine. An emergency in it is answered all the same, whatever is wrong with the rest."""
        self.refused.append((arrival, reason))
        self._refused_at.append(place)
        verdict = Verdict(next=self._evaluator.next_unstored(arrival.item))
        self._settled[place] = Settled(arrival, Outcome.QUARANTINED, reason.told, verdict)

    def cut(self, numbers: Collection[int]) -> None:
        """Tell the senders of these refused arrivals that only the beginning is kept. Numbers index `refused`."""
        for number in numbers:
            self.told(self._refused_at[number], reason=OVER_QUOTA)

    def told(self, place: int, **otherwise: object) -> None:
        """Change what is said of an arrival that is settled already."""
        self._settled[place] = self.at(place)._replace(**otherwise)

    def at(self, place: int) -> Settled:
        """The outcome of one arrival. Raises LookupError if it is not settled yet."""
        settled = self._settled[place]
        if settled is None:
            raise LookupError("This arrival is not settled yet.")
        return settled

    def emergencies(self, numbers: Collection[int]) -> list[int]:
        """The places of those of these refused arrivals whose sender is to call 999."""
        places = (self._refused_at[number] for number in sorted(numbers))
        return [place for place in places if self.at(place).verdict.next == CALL_999]

    def whose(self, place: int) -> Placement | None:
        """Whose a refused reading is, if that is known and the kit's provider cares for them."""
        arrival = self.at(place).arrival
        kit = self.standing.kits.get(arrival.kit_id) if arrival.kit_id is not None else None
        if kit is None or isinstance(arrival.item, Unreadable):
            return None
        found = self.standing.placements.get(arrival.item.resident)
        return found if found is not None and found.organisation_id == kit.organisation_id else None

    def homes(self, places: Iterable[int]) -> set[UUID]:
        """The homes to which the kits that sent these are lent."""
        kits = (self.standing.kits.get(kit) for place in places if (kit := self.at(place).arrival.kit_id))
        return {kit.home_id for kit in kits if kit is not None}

    def accept(
        self, sound: Iterable[Sound], outcome: Outcome, verdicts: Mapping[ReadingKey, Verdict]
    ) -> None:
        """Settle these as stored."""
        for one in sound:
            verdict = verdicts.get(one.key, _NOTHING_FOUND)
            self._settled[one.place] = Settled(one.arrival, outcome, None, verdict)


def _objection(payload: ReadingPayload, kit: LentKit | None, placement: Placement | None) -> Reason | None:
    if kit is None:
        return _UNKNOWN_KIT
    if payload.kit is not None and payload.kit != kit.kit_id:
        return _NOT_THIS_KIT
    if placement is None:
        return _UNKNOWN_RESIDENT
    return _ANOTHER_PROVIDERS if placement.organisation_id != kit.organisation_id else None
