"""Tells what can be stored from what must be kept in quarantine, and keeps what has become of each arrival.

Guards: a kit speaks for residents of the provider it is lent to and for nobody else's, and is told nothing of others.
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

# Told alike, so that a kit cannot find out who exists.
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
    """The arrivals of one batch, as the door learns what each of them is."""

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
        """What became of each, in the order they came, once that is known of all."""
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
            said.taken_at, arrival.arrived_at, kit.enrolled_at, said.age_s
        )
        key = kit.kit_id, said.reading_id
        self.sound.append(Sound(place, arrival, said, kit, placement, key, effective_at, oddities))

    def refuse(self, place: int, arrival: Arrival, reason: Reason) -> None:
        """It goes to quarantine. Whoever sees what is grave is told what to do, whatever is wrong with the rest."""
        self.refused.append((arrival, reason))
        self._refused_at.append(place)
        verdict = Verdict(next=self._evaluator.next_unstored(arrival.item))
        self._settled[place] = Settled(arrival, Outcome.QUARANTINED, reason.told, verdict)

    def cut(self, numbers: Collection[int]) -> None:
        """Tell the senders of these, of what was refused, that it is not kept whole."""
        for number in numbers:
            self.told(self._refused_at[number], reason=OVER_QUOTA)

    def told(self, place: int, **otherwise: object) -> None:
        """Say something else of what is settled already."""
        self._settled[place] = self.at(place)._replace(**otherwise)

    def at(self, place: int) -> Settled:
        """What became of one. Raises LookupError where that is not known yet."""
        settled = self._settled[place]
        if settled is None:
            raise LookupError("This arrival is not settled yet.")
        return settled

    def emergencies(self, numbers: Collection[int]) -> list[int]:
        """The places of what goes to 999 among these, of what was refused."""
        places = (self._refused_at[number] for number in sorted(numbers))
        return [place for place in places if self.at(place).verdict.next == CALL_999]

    def whose(self, place: int) -> Placement | None:
        """Whose a refused reading is, where that is known and the kit's provider cares for them."""
        arrival = self.at(place).arrival
        kit = self.standing.kits.get(arrival.kit_id) if arrival.kit_id is not None else None
        if kit is None or isinstance(arrival.item, Unreadable):
            return None
        found = self.standing.placements.get(arrival.item.resident)
        return found if found is not None and found.organisation_id == kit.organisation_id else None

    def homes(self, places: Iterable[int]) -> set[UUID]:
        """Those to which the kits that sent these are lent."""
        kits = (self.standing.kits.get(kit) for place in places if (kit := self.at(place).arrival.kit_id))
        return {kit.home_id for kit in kits if kit is not None}

    def accept(
        self, sound: Iterable[Sound], outcome: Outcome, verdicts: Mapping[ReadingKey, Verdict]
    ) -> None:
        """These are stored."""
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
