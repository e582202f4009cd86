"""Running a simulated neighbourhood in real time: from a kit sheet to a summary.

Guards: a run ends when it was told to, by time or by signal. It then makes no more readings, waits a bounded
time for receipts, and says what is still on the kits.
"""

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devices.gateway.gateway import Pace
from devices.kits import KitSheet
from simulators.faults import OFFLINE_HOURS, Fault, Faults
from simulators.fleet import AT_ONCE, PACE, Fleet, Tally
from simulators.plan import Plan
from simulators.programme import DEMO_SPEED, Draft, Programme
from simulators.scenarios import ScenarioName
from simulators.summary import Summary, summary

DRAIN_SECONDS = 20.0
LOOK_EVERY = 0.25  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Progress = Callable[[Tally], None]


def run(
    sheet: KitSheet,
    *,
    rate: float,
    seconds: float,
    directory: Path,
    scenarios: Iterable[ScenarioName | str] = (),
    seed: int | None = None,
    faults: Iterable[Fault | str] = (),
    speed: float = DEMO_SPEED,
    history_hours: float = 0.0,
    drain_seconds: float = DRAIN_SECONDS,
    pace: Pace = PACE,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Summary:
    """Simulate the kits of a sheet against its broker.

    `rate` is in readings a second over all kits, for `seconds` seconds. Each scenario happens to a resident
    of its own, `speed` times as fast as in life. `history_hours` of healthy readings, taken in the past, are
    sent first. `directory` holds the kits' outboxes. With those of an earlier run the kits go on where they
    were, and the summary counts everything in them. `pace` is how hard the gateways try. `progress` is called
    a few times a second.

    The run ends early on SIGINT or SIGTERM (when called from the main thread) or when `stop` is set. A second
    signal ends the wait for receipts too.

    Raise ValueError for an unknown scenario or fault, and NobodyToFallIllError if the sheet has nobody for a
    scenario.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    luck = Faults.of(faults, seed)
    programme = Programme(
        rate=rate,
        seconds=seconds,
        seed=seed,
        started_at=datetime.now(UTC),
        scenarios=tuple(map(ScenarioName, scenarios)),
        speed=speed,
        history_hours=history_hours,
    )
    offline = luck.offline([kit.kit_id for kit in sheet.kits], _kits_with_illness(sheet, programme), seconds)
    plan = Plan(sheet.kits, programme, backlog_hours=dict.fromkeys(offline, OFFLINE_HOURS))
    fleet = Fleet(sheet, directory, luck, pace)
    try:
        with _stopped_by_signals(_Stopping(stop or threading.Event())) as stopping:
            fleet.put_history(plan.history(), programme.started_at)
            fleet.set_offline(offline)
            with fleet:
                began = datetime.now(UTC)
                lasted = _Sending(fleet, seconds, offline, stopping, progress).send(plan.live())
                _drain(fleet, drain_seconds, stopping, progress)
        return summary(
            ledger=fleet.ledger(),
            tally=fleet.tally(),
            spoilt=fleet.spoilt,
            sheet=sheet,
            illnesses=plan.illnesses,
            began=began,
            seconds=lasted,
            interrupted=stopping.sending,
            seed=seed,
            faults=luck.kinds,
            outboxes=directory,
        )
    finally:
        fleet.close()


@dataclass(slots=True)
class _Stopping:
    """What was asked for: to make no more readings, then not to wait for receipts either.

    A signal only adds to a number: setting an event that its own thread waits on could block that thread for
    ever.
    """

    event: threading.Event
    signals: int = 0

    @property
    def sending(self) -> bool:
        return self.signals > 0 or self.event.is_set()

    @property
    def waiting(self) -> bool:
        return self.signals > 1

    def ask(self) -> None:
        self.signals += 1


class _Sending:
    """Makes readings while the time for it lasts."""

    def __init__(
        self,
        fleet: Fleet,
        seconds: float,
        offline: dict[int, float],
        stopping: _Stopping,
        progress: Progress | None,
    ) -> None:
        self._fleet = fleet
        self._seconds = seconds
        self._offline = offline
        self._stopping = stopping
        self._progress = progress
        self._looked = float("-inf")

    def send(self, drafts: Iterator[Draft]) -> float:
        """Put each draft when its time has come; return how many seconds that took."""
        began = time.monotonic()
        now = 0.0
        coming = next(drafts, None)
        while now < self._seconds and not self._stopping.sending:
            now = time.monotonic() - began
            due: list[Draft] = []
            while coming and coming.offset <= now and len(due) < AT_ONCE:
                due.append(coming)
                coming = next(drafts, None)
            if due:
                self._fleet.put(due)
            self._look(now)
            next_at = min(coming.offset if coming else self._seconds, self._seconds, now + LOOK_EVERY)
            time.sleep(max(0.0, began + next_at - time.monotonic()))
        return min(now, self._seconds)

    def _look(self, now: float) -> None:
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        self._fleet.set_offline(place for place, until in self._offline.items() if now < until)
        if self._progress:
            self._progress(self._fleet.tally())


def _drain(fleet: Fleet, seconds: float, stopping: _Stopping, progress: Progress | None) -> None:
    """Wait for the receipts of what was sent, with every kit on the network, for at most so many seconds."""
    fleet.set_offline(())
    deadline = time.monotonic() + seconds
    while fleet.waiting() and time.monotonic() < deadline and not stopping.waiting:
        if progress:
            progress(fleet.tally())
        time.sleep(LOOK_EVERY / 2)
    if progress:
        progress(fleet.tally())


def _kits_with_illness(sheet: KitSheet, programme: Programme) -> set[int]:
    return {illness.kit for illness in Plan(sheet.kits, programme).illnesses}


@contextmanager
def _stopped_by_signals(stopping: _Stopping) -> Iterator[_Stopping]:
    """Let a signal ask for a stop instead of ending the process; outside the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.signal(number, lambda *_: stopping.ask()) for number in SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
