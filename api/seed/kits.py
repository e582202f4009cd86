"""The kits of a synthetic neighbourhood: one for about twelve residents, and each home's capture form.

Guards: every watched resident is on exactly one kit of their home. A kit's secret is random, never made from the seed.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from pydantic import SecretStr

from api.seed.places import Home, new_id
from api.seed.residents import Resident
from devices.identifiers import KitId, PersonId, ResidentId
from devices.kits import Kit, WatchedResident
from devices.topics import partition_of

RESIDENTS_PER_KIT = 12


@dataclass(frozen=True, slots=True)
class EnrolledKit:
    """A row of devices.kit."""

    kit_id: UUID
    partition: int
    kind: str
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class Loan:
    """A row of devices.kit_loan."""

    kit_id: UUID
    home_id: UUID
    lent_at: datetime


def kits_of(
    rng: Random,
    home: Home,
    residents: Sequence[Resident],
    workers: Sequence[UUID],
    on_scale_2: Collection[UUID],
) -> list[Kit]:
    """Return the kits of one home, its residents spread evenly over them."""
    count = max(1, -(-len(residents) // RESIDENTS_PER_KIT))
    made: list[Kit] = []
    for number in range(count):
        kit_id = new_id(rng)
        made.append(
            Kit(
                kit_id=KitId(kit_id),
                partition=partition_of(home.home_id),
                username=str(kit_id),  # as the broker's access rules require
                secret=SecretStr(secrets.token_urlsafe(24)),
                home_kind=home.kind,
                residents=tuple(
                    WatchedResident(
                        resident_id=ResidentId(resident.resident_id),
                        spo2_scale=2 if resident.resident_id in on_scale_2 else 1,
                    )
                    for resident in residents[number::count]
                ),
                workers=tuple(map(PersonId, workers)),
            )
        )
    return made


def enrol(rng: Random, home: Home, kits: Sequence[Kit], at: datetime) -> tuple[list[EnrolledKit], list[Loan]]:
    """Return the rows for a home's kits and its capture form, lent at `at`; nobody was watched, or silent, before."""
    enrolled_at = at - timedelta(days=100)
    partition = partition_of(home.home_id)
    enrolled = [EnrolledKit(kit.kit_id, partition, "kit", enrolled_at) for kit in kits]
    enrolled.append(EnrolledKit(new_id(rng), partition, "web", enrolled_at))
    return enrolled, [Loan(kit.kit_id, home.home_id, at) for kit in enrolled]
