"""Decides what one kit sends next, and applies the answers: no threads, no sockets, time as a parameter.

Guards: an item leaves the outbox only by its receipt. An item that gets no receipt, or at which the broker hangs up,
comes to travel alone and ever more rarely. It never holds up the items behind it.
"""

import hashlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from devices.gateway.next_step import Hub
from devices.gateway.outbox import Item, Outbox
from devices.receipt import OVER_QUOTA, Config, Receipt, Receipts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard a gateway tries. Times in seconds."""

    first_retry: float = 10.0
    longest_retry: float = 600.0
    messages_in_flight: int = 8
    """Published and not yet acknowledged by the broker."""
    readings_awaited: int = 500
    """Published within `first_retry` and not yet receipted by the platform."""
    batch_readings: int = 50
    batch_bytes: int = 128 * 1024
    confirm_within: float = 30.0
    """The gateway hangs up on a broker that acknowledges nothing for this long."""
    alone_patience: float = 30.0
    """How long an item that travels alone lets others go first."""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """One MQTT message to publish."""

    payload: bytes
    seqs: tuple[int, ...]
    alone: bool
    published_at: float


class Gateway:
    """One kit's sending state. Use it from one thread; only the outbox may be filled from others."""

    def __init__(self, outbox: Outbox, pace: Pace = Pace(), rng: random.Random | None = None) -> None:
        self.outbox = outbox
        self.on_receipts: Callable[[Receipts], None] | None = None
        self._wake_at = 0.0
        self._nudged = False
        self._pace = pace
        self._rng = rng or random.Random()
        self._in_flight: list[Envelope] = []
        self._awaited: dict[int, float] = {}
        self._hang_ups: dict[int, int] = {}
        self._sent: dict[bytes, tuple[int, ...]] = {}
        """For messages that differ from what is stored: the message's digest, and the numbers of the items in it."""
        self._heard_at = 0.0
        self.listened_to: datetime | None = None
        """Since when the platform says that a worker listens to this kit."""
        self._anew_at = 0.0
        """Since when, by our clock, the listening worker has missed nothing."""
        self._now = 0.0
        self._tidy_at = 0.0
        # The process may have died with items in flight, and the clock may have been set back since.
        outbox.all_due_by(0.0)

    @property
    def wake_at(self) -> float:
        """When `envelopes` may have something to send."""
        return 0.0 if self._nudged else self._wake_at

    def nudge(self) -> None:
        """Note that something was put. The only call that may come from another thread."""
        self._nudged = True

    def envelopes(self, now: float) -> list[Envelope]:
        """What to publish now, noted as published. `wake_at` then says when to ask again."""
        self._nudged = False  # before looking: a later put nudges again
        self._notice_clock(now)
        lone = self._lone(now)
        overdue = lone is not None and now - lone.due_at >= self._pace.alone_patience
        ready = [] if overdue else self._ordinary(now)
        if lone and not self._in_flight:
            ready.append(self._sealed([lone], now, alone=True))
        self._wake_at = self._next_wake(now)
        return ready

    def confirmed(self, envelope: Envelope) -> None:
        """The broker acknowledged the message. That is no receipt: it only makes room for the next."""
        self._in_flight.remove(envelope)
        for seq in envelope.seqs:
            self._hang_ups.pop(seq, None)
        self._wake_at = 0.0

    def connected(self, now: float, *, session_present: bool) -> None:
        """The link is up. A broker that forgot our session may have forgotten what it acknowledged."""
        if not session_present:
            self._begin_anew(now)
        self._awaited.clear()
        self._wake_at = 0.0

    def hung_up(self, now: float) -> None:
        """The link went down. The items in flight may be the reason, and are suspected more each time."""
        suspects = [seq for envelope in self._in_flight for seq in envelope.seqs]
        self._in_flight.clear()
        due: list[tuple[int, float]] = []
        for seq in suspects:
            self._awaited.pop(seq, None)
            times = self._hang_ups[seq] = self._hang_ups.get(seq, 0) + 1
            due.append((seq, now if times < 2 else now + self._back_off(times - 1)))
        self.outbox.postpone(due)
        self.outbox.isolate([seq for seq in suspects if self._hang_ups[seq] >= 2])
        self._wake_at = 0.0

    def stuck(self, now: float) -> bool:
        """Whether the broker has left a message unacknowledged for too long, or the clock that would tell was set."""
        return any(abs(now - one.published_at) > self._pace.confirm_within for one in self._in_flight[:1])

    def tidy(self, now: float) -> None:
        """Once an hour, delete what was receipted long ago."""
        if now >= self._tidy_at:
            self._tidy_at = now + 3600
            self.outbox.forget()

    def take_receipts(self, payload: bytes, now: float) -> None:
        """Apply a message of receipts. One that cannot be read is logged: sending again mends it."""
        try:
            message = Receipts.model_validate_json(payload)
        except ValidationError:
            log.warning("A receipts message could not be read; the readings will be sent again.")
            return
        receipts = [self._as_stored(receipt) for receipt in message.receipts]
        for seq in self.outbox.receipted(receipts, message.epoch, now):
            self._awaited.pop(seq, None)
            self._hang_ups.pop(seq, None)
        for receipt in message.receipts:
            if receipt.payload_sha256:
                # The receipt of an array names none of its items, so each is sent again alone.
                self.outbox.isolate(self._sent.pop(bytes.fromhex(receipt.payload_sha256), ()))
        if any(receipt.reason == OVER_QUOTA for receipt in message.receipts):
            log.warning(
                "The platform kept only the beginning of what it cannot understand: look at this kit."
            )
        self._heard_at = now
        self._wake_at = 0.0
        if self.on_receipts:
            self.on_receipts(message)

    def take_config(self, payload: bytes, now: float, *, retained: bool = False) -> None:
        """Apply the config: the hub to phone, the epoch that decides which receipts count, and the start of listening.

        `retained`: the platform sent it before we subscribed, so it is older than everything this process has sent.
        """
        try:
            config = Config.model_validate_json(payload)
        except ValidationError:
            log.warning("A config message could not be read; the earlier one stays in force.")
            return
        self.outbox.keep_hub(Hub(config.hub_name, config.hub_telephone))
        due_at = now + self._rng.uniform(0, self._pace.first_retry / 10)
        if self.outbox.change_epoch(config.epoch, due_at):
            log.info("The database's epoch changed: what it has not receipted is sent again.")
            self._awaited.clear()
            self._wake_at = 0.0
        if config.listening_since not in (None, self.listened_to):
            is_first = self.listened_to is None
            self.listened_to = config.listening_since
            if not (is_first and retained):
                self._begin_anew(now)

    def _begin_anew(self, now: float) -> None:
        """The listening worker may have missed all items without a receipt: they are due again shortly."""
        self._anew_at = now
        self.outbox.all_due_by(now + self._pace.first_retry * self._rng.uniform(0.05, 0.1))
        self._awaited.clear()
        self._wake_at = 0.0

    def _ordinary(self, now: float) -> list[Envelope]:
        ready: list[Envelope] = []
        while asked := self._room(now):
            due = self.outbox.unsent(now, asked, alone=False)
            if ignored := [item.seq for item in due if self._is_ignored(item)]:
                self.outbox.isolate(ignored)
                continue
            fitting = self._fitting(due)
            if fitting:
                ready.append(self._sealed(fitting, now, alone=False))
            if len(fitting) < asked and len(fitting) == len(due):
                break  # that was all
        return ready

    def _room(self, now: float) -> int:
        """How many readings the next message may hold."""
        if len(self._in_flight) >= self._pace.messages_in_flight or self._alone_in_flight():
            return 0
        self._forget_awaited(now)
        return max(0, min(self._pace.readings_awaited - len(self._awaited), self._pace.batch_readings))

    def _lone(self, now: float) -> Item | None:
        due = self.outbox.unsent(now, 1, alone=True)
        return due[0] if due else None

    def _alone_in_flight(self) -> bool:
        return any(envelope.alone for envelope in self._in_flight)

    def _is_ignored(self, item: Item) -> bool:
        """Whether it was sent twice and skipped, while the platform listened and has answered others since."""
        published_at = item.published_at
        return (
            published_at is not None
            and item.publishes >= 2
            and self._anew_at <= published_at < self._heard_at
        )

    def _fitting(self, due: list[Item]) -> list[Item]:
        size, fitting = 2, []
        for item in due:
            size += len(item.payload) + 1
            if fitting and size > self._pace.batch_bytes:
                break
            fitting.append(item)
        return fitting

    def _sealed(self, items: list[Item], now: float, *, alone: bool) -> Envelope:
        again = [(item.seq, now + self._back_off(item.publishes + 1)) for item in items]
        self.outbox.published(again, now)
        seqs = tuple(item.seq for item in items)
        payload = items[0].payload
        if len(items) > 1:
            payload = b"[" + b",".join(item.payload for item in items) + b"]"
        self._remember(payload, seqs)
        envelope = Envelope(payload, seqs, alone, now)
        self._in_flight.append(envelope)
        if not alone:
            self._awaited |= dict.fromkeys(seqs, now + self._pace.first_retry)
        return envelope

    def _remember(self, payload: bytes, seqs: tuple[int, ...]) -> None:
        self._sent[hashlib.sha256(payload).digest()] = seqs
        if len(self._sent) > 64:
            del self._sent[next(iter(self._sent))]

    def _as_stored(self, receipt: Receipt) -> Receipt:
        """The receipt with the stored item's digest: an item sent with its age has another one."""
        sent = bytes.fromhex(receipt.payload_sha256 or "")
        match self._sent.get(sent, ()):
            case (seq,) if stored := self.outbox.digest_at(seq):
                return receipt.model_copy(update={"payload_sha256": stored.hex()})
            case _:
                return receipt

    def _forget_awaited(self, now: float) -> None:
        while self._awaited:
            seq, until = next(iter(self._awaited.items()))
            if until > now:
                return
            del self._awaited[seq]

    def _back_off(self, times: int) -> float:
        full = min(self._pace.longest_retry, self._pace.first_retry * 2 ** min(times - 1, 30))
        return full * self._rng.uniform(0.75, 1.0) if times > 1 else full

    def _next_wake(self, now: float) -> float:
        if self._in_flight and (self._alone_in_flight() or self._lone(now)):
            return float("inf")  # until the broker acknowledges or hangs up
        if len(self._in_flight) >= self._pace.messages_in_flight:
            return float("inf")
        if len(self._awaited) >= self._pace.readings_awaited:
            return next(iter(self._awaited.values()))
        due = self.outbox.next_due()
        return float("inf") if due is None else due

    def _notice_clock(self, now: float) -> None:
        if now < self._now - 1:  # set back: what was due soon would now be due in hours
            self.outbox.all_due_by(now)
            self._awaited.clear()
            self._anew_at = min(self._anew_at, now)
            self._tidy_at = min(self._tidy_at, now)
        self._now = now
