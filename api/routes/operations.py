"""What an operator watches: kits, their books, and what could not be understood.

Guards: ids, counts, reasons and the names of homes; no person and no payload.
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
    """`ledgers` has the platform's side of the books alone: stored, in quarantine, unreadable."""

    kits: list[kits.Kit]
    ledgers: list[ledger.KitLedger]


@router.get("/kits")
def all_kits(visit: OperatorVisit) -> Kits:
    """Every kit as it last spoke of itself, with its books."""
    return Kits(kits.kits(visit.conn), ledger.ledgers(visit.conn))


@router.get("/quarantine")
def quarantine(visit: OperatorVisit) -> list[kits.Quarantined]:
    """What is in quarantine, by reason."""
    return kits.quarantined(visit.conn)
