"""What a simulation did: numbers that add up, and the truth about who fell ill.

Guards: `sent` is counted from the kits' ledgers, and sent = stored + quarantined + on_kits.
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
from simulators.illnesses import Illness


@dataclass(frozen=True, slots=True)
class IllnessTruth:
    """What really happened to one resident, to compare the platform's findings with."""

    scenario: str
    truth: str
    kit: str
    resident: str
    onset_at: str
    crisis_at: str
    over_at: str
    emergency_sign: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run, as counts of readings; `receipts` and `duplicates` count receipts."""

    sent: int
    receipted: int
    stored: int
    quarantined: int
    on_kits: int
    spoilt: int
    """How many were spoilt on purpose in this run; all of them belong in quarantine."""
    receipts: int
    duplicates: int
    kits: int
    residents: int
    seconds: float
    """How long readings were made; the wait for receipts came after."""
    interrupted: bool
    seed: int
    faults: tuple[str, ...]
    illnesses: tuple[IllnessTruth, ...]
    outboxes: Path
    """The directory that `simulators.fleet.sent_readings` reads."""

    def as_json(self) -> dict[str, Any]:
        """Return the summary with plain values, for printing."""
        return asdict(self) | {"outboxes": str(self.outboxes)}


def summary(
    *,
    ledger: Counter[State],
    tally: Tally,
    spoilt: int,
    sheet: KitSheet,
    illnesses: Iterable[Illness],
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
        spoilt=spoilt,
        receipts=tally.receipts,
        duplicates=tally.duplicates,
        kits=len(sheet.kits),
        residents=sum(len(kit.residents) for kit in sheet.kits),
        seconds=round(seconds, 3),
        interrupted=interrupted,
        seed=seed,
        faults=tuple(sorted(faults)),
        illnesses=tuple(_truth(illness, sheet, began) for illness in illnesses),
        outboxes=outboxes,
    )


def _truth(illness: Illness, sheet: KitSheet, began: datetime) -> IllnessTruth:
    return IllnessTruth(
        scenario=illness.scenario.name,
        truth=illness.scenario.truth,
        kit=str(sheet.kits[illness.kit].kit_id),
        resident=str(illness.resident.resident_id),
        onset_at=(began + timedelta(seconds=illness.onset)).isoformat(),
        crisis_at=(began + timedelta(seconds=illness.crisis)).isoformat(),
        over_at=(began + timedelta(seconds=illness.over)).isoformat(),
        emergency_sign=illness.emergency_sign,
    )
