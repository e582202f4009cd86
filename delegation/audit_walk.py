"""Walk along the audit's chain and name every place where it and the rows disagree.

Guards: a walk keeps only its position, so a chain of any length can be walked. After a fault it goes on from the stored
values, so each fault is named once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from delegation.audit_chain import GENESIS, digest_of, link

# No transaction stays open this long. An event dated still earlier was inserted in some other way.
LONGEST_TRANSACTION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where chain and rows disagree: an event, or a seal where no event can be named."""

    audit_id: int | None
    seal_id: int | None
    what: str

    def __str__(self) -> str:
        named = f"seal {self.seal_id}" if self.audit_id is None else f"event {self.audit_id}"
        return f"{named}: {self.what}"


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal of a day and its root, from a head whose signature was checked."""

    day: date
    seal_id: int
    root: bytes


class Walk:
    """One walk from the beginning of the chain. Pass each seal's events in order, then the seal."""

    def __init__(self, heads: Sequence[Head] = ()) -> None:
        self.events = 0
        self.seals = 0
        self._heads: Mapping[int, list[Head]] = _by_seal(heads)
        self._at_seal = 0
        # After a seal that does not fit, the chain may go on from the last event or from the seal's own root.
        self._from = self._before_seal = (GENESIS,)
        self._last_event: int | None = None
        self._highest_event = 0
        self._events_before_seal = 0
        self._latest: datetime | None = None
        self._is_open = False

    def event(self, seal_id: int, digest: bytes, stored: bytes, event: Sequence[object]) -> Iterator[Broken]:
        """Check the next event: its columns, from its number to the time it was written."""
        yield from self._enter(seal_id)
        audit_id, *said = event
        assert isinstance(audit_id, int)
        if said[0] is None:
            yield Broken(audit_id, seal_id, "was removed")
        elif digest_of(event) != digest:
            yield Broken(audit_id, seal_id, "was changed")
        else:
            yield from self._in_time(audit_id, seal_id, said[-1])
        if stored not in [link(place, digest) for place in self._from]:
            yield Broken(audit_id, seal_id, f"does not follow {self._place()}: {_BETWEEN}")
        self._from, self._last_event = (stored,), audit_id
        self._highest_event = max(self._highest_event, audit_id)
        self.events += 1

    def seal(self, seal_id: int, previous: bytes, root: bytes, settled: int) -> Iterator[Broken]:
        """Check the seal over the events since the seal before it, up to `settled` of which none is left to seal."""
        yield from self._enter(seal_id)
        if settled > self._highest_event:
            yield Broken(None, seal_id, "says of events that nobody has sealed that they are")
        if previous not in self._before_seal:
            yield Broken(None, seal_id, "does not follow the seal before it")
        if root not in self._from:
            yield Broken(None, seal_id, f"does not end with {self._place()}: {_BETWEEN}")
        elif self.events == self._events_before_seal:
            yield Broken(None, seal_id, "seals no event")
        for head in self._heads.get(seal_id, ()):
            if head.root != root:
                yield Broken(None, seal_id, f"is not the seal that the head of {head.day} was signed over")
        self._from = tuple({*self._from, root})
        self._is_open = False
        self.seals += 1

    def end(self) -> Iterator[Broken]:
        """Check what is missing at the end of the chain."""
        if self._is_open:
            yield Broken(None, self._at_seal, "was removed")
        for seal_id in sorted(one for one in self._heads if one > self._at_seal):
            for head in self._heads[seal_id]:
                yield Broken(None, seal_id, f"was removed: the head of {head.day} was signed over it")

    def _enter(self, seal_id: int) -> Iterator[Broken]:
        if seal_id == self._at_seal:
            return
        if self._is_open:
            yield Broken(None, self._at_seal, "was removed")
        if seal_id != self._at_seal + 1:
            yield Broken(None, self._at_seal + 1, "was removed")
        self._at_seal, self._before_seal, self._is_open = seal_id, self._from, True
        self._events_before_seal = self.events

    def _in_time(self, audit_id: int, seal_id: int, written_at: object) -> Iterator[Broken]:
        assert isinstance(written_at, datetime)
        if self._latest is not None and written_at < self._latest - LONGEST_TRANSACTION:
            yield Broken(audit_id, seal_id, "was inserted: it says it was written long before it was sealed")
        self._latest = max(self._latest or written_at, written_at)

    def _place(self) -> str:
        return "the beginning" if self._last_event is None else f"event {self._last_event}"


_BETWEEN = "something was removed, inserted or moved there"


def _by_seal(heads: Sequence[Head]) -> Mapping[int, list[Head]]:
    found: dict[int, list[Head]] = {}
    for head in heads:
        found.setdefault(head.seal_id, []).append(head)
    return found
