"""The probe: a worker's message to itself, which measures how long messages wait on their way to us.

Guards: a kit's clock is compared with the time the kit spoke, not the time we read it. Otherwise every clock would look
slow by our own backlog. No probe is taken for a kit's status. If probes stop coming back, for instance because the
broker forbids them, statuses count as not having waited, and `comes_no_more` tells an operator to mend it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from devices.identifiers import KitId
from devices.topics import Leaf, topic

NO_KIT = KitId(UUID(int=0))
"""The kit id under which workers write to themselves: no kit has it."""
LOST_AFTER = timedelta(minutes=15)
HELD_BACK_FROM = 1_000
"""With this many messages in hand the broker, which passes on at most 2,000, may be holding the probe back."""
_LEVEL = f"/{NO_KIT}/"


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    partition: int
    sent_at: datetime
    mark: bytes


class Probe:
    """One worker's probe: it sends one message at a time and waits until it is back."""

    def __init__(self, publish: Callable[[str, bytes], Any]) -> None:
        self._publish = publish
        self._awaited: _OnItsWay | None = None
        self._waited = timedelta(0)
        self._back: list[tuple[datetime, datetime]] = []
        """Pairs of moments: what arrives after the first was sent after the second. At most two pairs are kept, since
        one batch may hold messages from before and after a probe."""
        self.comes_no_more = False
        """A probe did not return on a partition heard without a gap, and none has come back since."""

    def send(self, heard: Mapping[int, datetime], at: datetime, *, in_hand: int = 0) -> None:
        """Send a probe on a partition that is heard, unless one is on its way that can still return."""
        awaited = self._awaited
        if not heard:
            return
        since = min(heard.values())  # the broker keeps nothing for a worker that does not listen
        if not self._back or since > self._back[-1][0]:
            self._back = [*self._back[-1:], (since, since)]
        if awaited is not None and not _has_missed(awaited, heard):
            if in_hand >= HELD_BACK_FROM or at <= awaited.sent_at + LOST_AFTER:
                return
            self.comes_no_more, self._waited = True, timedelta(0)
        self._awaited = _OnItsWay(min(heard), at, uuid4().bytes)
        self._publish(topic(self._awaited.partition, NO_KIT, Leaf.STATUS), self._awaited.mark)

    def has_come(self, where: str, payload: bytes, at: datetime) -> bool:
        """Whether this is a probe and not a kit's status. If it is our own, note how long it waited."""
        if _LEVEL not in where:
            return False
        if self._awaited is not None and payload == self._awaited.mark:
            # The broker passes messages on in order.
            self._back = [*self._back[-1:], (at, self._awaited.sent_at)]
            self._waited, self._awaited = at - self._awaited.sent_at, None
            self.comes_no_more = False
        return True

    def waited(self, at: datetime) -> timedelta:
        """How long a message that arrives now has waited: as long as the last probe, or the one under way.

        Zero if probes no longer come back. A clock that two statuses call slow is then believed.
        """
        if self.comes_no_more:
            return timedelta(0)
        awaited = timedelta(0) if self._awaited is None else at - self._awaited.sent_at
        return max(timedelta(0), self._waited, awaited)

    def waited_at_most(self, at: datetime) -> timedelta | None:
        """The longest that a message that arrives now can have waited; None if probes do not tell.

        It grows while the worker waits for the database and sends no probe.
        """
        if self.comes_no_more:
            return None
        return next((at - sent_at for arrived_at, sent_at in reversed(self._back) if arrived_at <= at), None)


def _has_missed(probe: _OnItsWay, heard: Mapping[int, datetime]) -> bool:
    """A probe is lost if its partition is no longer heard, or was not yet heard when it was sent."""
    since = heard.get(probe.partition)
    return since is None or since > probe.sent_at
