"""The residents of a synthetic neighbourhood, and what has been decided for each.

Guards: only residents with an authorisation are on scale 2. Nobody on oxygen has a record that no oxygen is in use.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from api.seed.places import Home, new_id
from api.seed.words import gmc_number, mobile, nhs_numbers
from delegation.residents.particulars import NONE_KNOWN
from devices.kits import HomeKind

ONE_IN_SCALE_2 = 12
ALLERGIES = (*(NONE_KNOWN,) * 5, "Penicillin", "Trimethoprim", "Latex", "Codeine: vomiting", None)
BACKGROUNDS = (
    "Hypertension, osteoarthritis",
    "Frailty, falls in the last year",
    "Heart failure, atrial fibrillation",
    "Type 2 diabetes, chronic kidney disease stage 3",
    "Vascular dementia with long-standing confusion",
    "Previous stroke, weaker on the left",
    "Parkinson's disease",
    "COPD, no history of carbon dioxide retention",
    "Ischaemic heart disease",
    None,
)
COMPANY = ("Lives alone", "Lives with husband", "Lives with wife", "Daughter visits every evening")
CEILINGS = (
    "Hospital only for what cannot be treated at home; not for intensive care.",
    "Treat reversible illness at home first; ring the hub before an ambulance.",
    "For comfort at home; no blood tests or drips.",
)


@dataclass(frozen=True, slots=True)
class Resident:
    """A row of delegation.resident."""

    resident_id: UUID
    home_id: UUID
    name: str
    nhs_number: str
    born_on: date
    allergies: str | None
    background: str | None
    call_back_phone: str | None
    usual_company: str | None
    lives_here_from: datetime
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class ScaleAuthorisation:
    """A row of delegation.spo2_scale_authorisation."""

    resident_id: UUID
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    starts_at: datetime
    review_by: datetime
    recorded_by: UUID


@dataclass(frozen=True, slots=True)
class AirRecord:
    """A row of delegation.air_record."""

    resident_id: UUID
    recorded_by: UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A row of delegation.ceiling."""

    resident_id: UUID
    statement: str
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    starts_at: datetime
    review_by: datetime
    recorded_by: UUID


@dataclass(frozen=True, slots=True)
class Pause:
    """A row of delegation.monitoring_pause."""

    resident_id: UUID
    reason: str
    starts_at: datetime
    ends_at: datetime
    recorded_by: UUID
    recorded_at: datetime


@dataclass(slots=True)
class Residents:
    """All residents and the decisions about them, as they are made."""

    rng: Random
    names: Iterator[str]
    at: datetime
    total: int
    residents: list[Resident] = field(default_factory=list)
    scales: list[ScaleAuthorisation] = field(default_factory=list)
    air: list[AirRecord] = field(default_factory=list)
    ceilings: list[Ceiling] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    _nhs_numbers: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._nhs_numbers = nhs_numbers(self.rng)

    @property
    def on_scale_2(self) -> frozenset[UUID]:
        return frozenset(scale.resident_id for scale in self.scales)

    @property
    def paused(self) -> frozenset[UUID]:
        return frozenset(pause.resident_id for pause in self.pauses)

    def move_in(self, home: Home, count: int, manager: UUID) -> list[Resident]:
        """Fill one home; its manager records the decisions."""
        for _ in range(count):
            self.residents.append(self._resident(home, manager))
        return self.residents[-count:]

    def pause(self, resident: Resident, recorded_by: UUID) -> None:
        """Pause a resident who is in hospital until the day after tomorrow."""
        start, end = self.at - timedelta(days=1), self.at + timedelta(days=2)
        self.pauses.append(Pause(resident.resident_id, "In hospital", start, end, recorded_by, start))

    def _resident(self, home: Home, manager: UUID) -> Resident:
        # One in twelve; in a neighbourhood of two or three the last, and nobody who lives alone in one.
        retains = len(self.residents) % ONE_IN_SCALE_2 == min(3, max(1, self.total - 1))
        in_own_home = home.kind is HomeKind.HOME_CARE_ROUND
        resident = Resident(
            resident_id=new_id(self.rng),
            home_id=home.home_id,
            name=next(self.names),
            nhs_number=next(self._nhs_numbers),
            born_on=(self.at - timedelta(days=self.rng.randint(71 * 366, 98 * 365))).date(),
            allergies=self.rng.choice(ALLERGIES),
            background="COPD, retains carbon dioxide" if retains else self.rng.choice(BACKGROUNDS),
            call_back_phone=mobile(self.rng) if in_own_home else None,
            usual_company=self.rng.choice(COMPANY) if in_own_home else "Care workers, day and night",
            lives_here_from=self.at - timedelta(days=self.rng.randint(120, 1500)),
        )
        self._decide(resident, retains=retains, manager=manager)
        return resident

    def _decide(self, resident: Resident, *, retains: bool, manager: UUID) -> None:
        ago = timedelta(days=self.rng.randint(40, 100))
        if retains:
            self._authorise(resident, manager)
        elif self.rng.random() < 0.9:
            self.air.append(AirRecord(resident.resident_id, manager, self.at - ago))
        if self.rng.random() < 0.2:
            self._limit_treatment(resident, manager, self.at - ago)

    def _limit_treatment(self, resident: Resident, manager: UUID, decided: datetime) -> None:
        self.ceilings.append(
            Ceiling(
                resident_id=resident.resident_id,
                statement=self.rng.choice(CEILINGS),
                clinician_name=self._doctor(),
                regulator="GMC",
                regulator_number=gmc_number(self.rng),
                reason="Agreed with them and their family.",
                decided_at=decided,
                starts_at=decided,
                review_by=decided + timedelta(days=180),
                recorded_by=manager,
            )
        )

    def _authorise(self, resident: Resident, manager: UUID) -> None:
        # The first one's review is overdue: scale 2 stays, and says so.
        review_by = self.at + timedelta(days=self.rng.randint(60, 300) if self.scales else -20)
        decided = review_by - timedelta(days=365)
        self.scales.append(
            ScaleAuthorisation(
                resident_id=resident.resident_id,
                clinician_name=self._doctor(),
                regulator="GMC",
                regulator_number=gmc_number(self.rng),
                reason="Hypercapnic respiratory failure confirmed by blood gas; target 88 to 92%.",
                decided_at=decided,
                starts_at=decided,
                review_by=review_by,
                recorded_by=manager,
            )
        )

    def _doctor(self) -> str:
        return f"Dr {next(self.names)}"
