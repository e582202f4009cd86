"""How long a message waits on its way to us, measured by one of our own that takes the way kits' messages take.

Guards: what a kit says of its clock is held against when it was said, not against when we came to it: else every clock
would look slow by as much as we are behind. Nobody takes a probe for a kit's word. Where none comes back, as where a
broker forbids it, that is known: nothing is then held to have waited, and `comes_no_more` is for somebody to mend.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from devices.identifiers import KitId
from devices.topics import Leaf, topic

NO_KIT = KitId(UUID(int=0))
"""The name under which workers write to themselves: no kit has it."""
LOST_AFTER = timedelta(minutes=15)
HELD_BACK_FROM = 1_000
"""With so many messages in hand the broker may hold others back, of 2,000 at most: a probe may still be among them."""
_LEVEL = f"/{NO_KIT}/"


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    partition: int
    sent_at: datetime
    mark: bytes


class Probe:
    """One worker's, which sends one at a time and waits until it is back."""

    def __init__(self, publish: Callable[[str, bytes], Any]) -> None:
        self._publish = publish
        self._awaited: _OnItsWay | None = None
        self._waited = timedelta(0)
        self.comes_no_more = False
        """One was waited for in vain on a partition heard without a gap, and none has come back since."""

    def send(self, heard: Mapping[int, datetime], at: datetime, *, in_hand: int = 0) -> None:
        """Send one over a partition that is heard, unless one is on its way that can still come."""
        awaited = self._awaited
        if not heard:
            return
        if awaited is not None and not _has_missed(awaited, heard):
            if in_hand >= HELD_BACK_FROM or at <= awaited.sent_at + LOST_AFTER:
                return
            self.comes_no_more, self._waited = True, timedelta(0)
        self._awaited = _OnItsWay(min(heard), at, uuid4().bytes)
        self._publish(topic(self._awaited.partition, NO_KIT, Leaf.STATUS), self._awaited.mark)

    def has_come(self, where: str, payload: bytes, at: datetime) -> bool:
        """Whether this is a probe and no kit's word. Of our own it is known then how long it has waited."""
        if _LEVEL not in where:
            return False
        if self._awaited is not None and payload == self._awaited.mark:
            self._waited, self._awaited = at - self._awaited.sent_at, None
            self.comes_no_more = False
        return True

    def waited(self, at: datetime) -> timedelta:
        """How long what arrives at this moment has waited: as long as the last probe, or the one that is awaited.

        Where none comes back any more: not at all. What two statuses agree on is then believed of a slow clock.
        """
        if self.comes_no_more:
            return timedelta(0)
        awaited = timedelta(0) if self._awaited is None else at - self._awaited.sent_at
        return max(timedelta(0), self._waited, awaited)


def _has_missed(probe: _OnItsWay, heard: Mapping[int, datetime]) -> bool:
    """What was sent before the partition was heard, or is no longer heard, does not come back."""
    since = heard.get(probe.partition)
    return since is None or since > probe.sent_at
