"""How long a message waits on its way to us, measured by one of our own that takes the way kits' messages take.

Guards: what a kit says of its clock is held against when it was said, not against when we came to it: else every clock
would look slow by as much as we are behind. Nobody takes a probe for a kit's word.
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

    def send(self, heard: Mapping[int, datetime], at: datetime) -> None:
        """Send one over a partition that is heard, unless one is on its way that can still come."""
        if not heard or (self._awaited is not None and not _is_lost(self._awaited, heard, at)):
            return
        self._awaited = _OnItsWay(min(heard), at, uuid4().bytes)
        self._publish(topic(self._awaited.partition, NO_KIT, Leaf.STATUS), self._awaited.mark)

    def has_come(self, where: str, payload: bytes, at: datetime) -> bool:
        """Whether this is a probe and no kit's word. Of our own it is known then how long it has waited."""
        if _LEVEL not in where:
            return False
        if self._awaited is not None and payload == self._awaited.mark:
            self._waited, self._awaited = at - self._awaited.sent_at, None
        return True

    def waited(self, at: datetime) -> timedelta:
        """How long what arrives at this moment has waited: as long as the last probe, or the one that is awaited."""
        awaited = timedelta(0) if self._awaited is None else at - self._awaited.sent_at
        return max(timedelta(0), self._waited, awaited)


def _is_lost(probe: _OnItsWay, heard: Mapping[int, datetime], at: datetime) -> bool:
    """What was sent before the partition was heard, or is no longer heard, does not come back."""
    since = heard.get(probe.partition)
    return since is None or since > probe.sent_at or at > probe.sent_at + LOST_AFTER
