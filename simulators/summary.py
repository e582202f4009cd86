"""What a simulation did: numbers that add up, and the truth about who fell ill.

Invariant: `sent` is counted from the kits' ledgers, and sent = stored + quarantined + on_kits.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from devices.gateway.outbox import State
from devices.kits import KitSheet
from simulators.fleet import Tally
from simulators.plan import Case


@dataclass(frozen=True, slots=True)
class CaseTruth:
    """What really happened to one resident, to hold the platform's findings against."""

    scenario: str
    truth: str
    kit: str
    resident: str
    onset_at: str
    crisis_at: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run. Counts of readings, but for `receipts` and `duplicates`, which count receipts."""

    sent: int
    receipted: int
    stored: int
    quarantined: int
    on_kits: int
    receipts: int
    duplicates: int
    kits: int
    residents: int
    seconds: float
    """How long readings were made; the wait for receipts came after."""
    interrupted: bool
    seed: int
    faults: tuple[str, ...]
    cases: tuple[CaseTruth, ...]
    outboxes: Path
    """The directory that `simulators.fleet.sent_readings` reads."""

    def as_json(self) -> dict[str, Any]:
        """With plain values, for printing."""
        return asdict(self) | {"outboxes": str(self.outboxes)}


def summary(
    *,
    ledger: Counter[State],
    tally: Tally,
    sheet: KitSheet,
    cases: Iterable[Case],
    began: datetime,
    seconds: float,
    interrupted: bool,
    seed: int,
    faults: Iterable[str],
    outboxes: Path,
) -> Summary:
    """Put the result together from the ledgers and the last tally."""
    stored, quarantined = ledger[State.STORED], ledger[State.QUARANTINED]
    return Summary(
        sent=ledger.total(),
        receipted=stored + quarantined,
        stored=stored,
        quarantined=quarantined,
        on_kits=ledger[State.ON_KIT],
        receipts=tally.receipts,
        duplicates=tally.duplicates,
        kits=len(sheet.kits),
        residents=sum(len(kit.residents) for kit in sheet.kits),
        seconds=round(seconds, 3),
        interrupted=interrupted,
        seed=seed,
        faults=tuple(sorted(faults)),
        cases=tuple(_truth(case, sheet, began) for case in cases),
        outboxes=outboxes,
    )


def _truth(case: Case, sheet: KitSheet, began: datetime) -> CaseTruth:
    return CaseTruth(
        scenario=case.scenario.name,
        truth=case.scenario.truth,
        kit=str(sheet.kits[case.kit].kit_id),
        resident=str(case.resident.resident_id),
        onset_at=(began + timedelta(seconds=case.onset)).isoformat(),
        crisis_at=(began + timedelta(seconds=case.crisis)).isoformat(),
    )
