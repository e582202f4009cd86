"""What an operator watches: kits, their ledgers, and the quarantine.

Guards: only ids, counts, reasons and the names of homes; no person and no payload.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter

from api.access import Visit, needs
from api.queries import kits
from delegation.rights import READ, Record
from ingest import ledger

router = APIRouter(prefix="/api/v1", tags=["operations"])

OperatorVisit = Annotated[Visit, needs(READ, Record.LEDGERS)]


@dataclass(frozen=True, slots=True)
class Kits:
    """The kits. `ledgers` has only the platform's side: stored, in quarantine, unreadable."""

    kits: list[kits.Kit]
    ledgers: list[ledger.KitLedger]


@router.get("/kits")
def all_kits(visit: OperatorVisit) -> Kits:
    """Every kit's last status, with its ledger."""
    return Kits(kits.kits(visit.conn), ledger.ledgers(visit.conn))


@router.get("/quarantine")
def quarantine(visit: OperatorVisit) -> list[kits.Quarantined]:
    """The quarantine, by reason."""
    return kits.quarantined(visit.conn)
