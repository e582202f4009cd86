"""The staff of a synthetic neighbourhood: who works where, and what they were signed off for.

Guards: nobody assesses themselves. Somebody is always in date, somebody lapsed and somebody not signed off, so that
every label can be seen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from api.seed.places import Home, new_id
from api.seed.words import nmc_number
from delegation.competence import Activity, Level
from delegation.people import Role
from delegation.places import Hub, Organisation


@dataclass(frozen=True, slots=True)
class Person:
    """A row of delegation.person."""

    person_id: UUID
    name: str
    profession: str | None = None
    regulator: str | None = None
    regulator_number: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row of delegation.role_assignment."""

    person_id: UUID
    role: Role
    organisation_id: UUID | None
    home_id: UUID | None
    hub_id: UUID | None
    resident_id: UUID | None
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Competence:
    """A row of delegation.competence."""

    person_id: UUID
    activity: Activity
    level: Level
    assessor_id: UUID
    signed_off_at: datetime
    valid_until: datetime


@dataclass(slots=True)
class Staff:
    """Everybody with a role, as they are made."""

    rng: Random
    names: Iterator[str]
    at: datetime
    people: list[Person] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    competences: list[Competence] = field(default_factory=list)
    trainers: dict[UUID, Person] = field(default_factory=dict)

    def train(self, providers: Iterable[Organisation]) -> None:
        """Add one trainer for each provider, before the workers they sign off."""
        for provider in providers:
            trainer = self._nurse("Practice educator")
            self.trainers[provider.organisation_id] = trainer
            self._assign(trainer, Role.TRAINER, organisation_id=provider.organisation_id)

    def staff_hub(self, hub: Hub, clinicians: int = 3) -> tuple[Person, Person]:
        """Add a hub's lead and clinicians; return the first clinician and the lead."""
        desk = [self._nurse("Advanced nurse practitioner") for _ in range(clinicians)]
        for person in desk:
            self._assign(person, Role.HUB_CLINICIAN, hub_id=hub.hub_id)
        lead = self._nurse("Consultant nurse")
        self._assign(lead, Role.HUB_LEAD, hub_id=hub.hub_id)
        return desk[0], lead

    def manage(self, home: Home) -> Person:
        """Add a home's manager."""
        return self._with_role("Registered manager", Role.HOME_MANAGER, home_id=home.home_id)

    def staff_home(self, home: Home, residents: int) -> list[Person]:
        """Add a home's care workers: the first lacks one sign-off, the second has lapsed, most are in date."""
        count = min(24, max(4, residents // 4))
        workers = [
            self._with_role("Care worker", Role.CARE_WORKER, home_id=home.home_id) for _ in range(count)
        ]
        trainer = self.trainers[home.organisation_id]
        for number, worker in enumerate(workers):
            self._sign_off(worker, trainer, number)
        return workers

    def work_elsewhere(self, provider: Organisation) -> Person:
        """Add a care worker of a whole provider."""
        return self._with_role("Care worker", Role.CARE_WORKER, organisation_id=provider.organisation_id)

    def delegate_at(self, provider: Organisation) -> Person:
        """Add a registered nurse who decides what a provider's workers may do for whom."""
        nurse = self._nurse("Community nurse")
        self._assign(nurse, Role.DELEGATING_PROFESSIONAL, organisation_id=provider.organisation_id)
        return nurse

    def commission(self, hub: Hub) -> Person:
        """Add the person who answers for a hub's contract, and sees its counts."""
        return self._with_role("Commissioner", Role.COMMISSIONER, hub_id=hub.hub_id)

    def operate(self) -> Person:
        """Add the operator of the platform."""
        return self._with_role("Platform operator", Role.OPERATOR)

    def care_for(self, resident_id: UUID) -> Person:
        """Add a family carer of one resident."""
        return self._with_role(None, Role.CARER, resident_id=resident_id)

    def _sign_off(self, worker: Person, trainer: Person, number: int) -> None:
        for activity in Activity:
            if number == 0 and activity is Activity.BREATHING_AND_ALERTNESS:
                continue
            if number > 2 and number % 7 == 3:  # newly come, not signed off for anything yet
                continue
            signed = self.at - timedelta(days=self.rng.randint(30, 300))
            level = Level.UNDER_SUPERVISION if number > 2 and number % 7 == 5 else Level.INDEPENDENT
            until = signed + timedelta(days=365)
            if number == 1 and activity is Activity.BLOOD_PRESSURE:
                signed, until = signed - timedelta(days=400), self.at - timedelta(days=9)
            self.competences.append(
                Competence(worker.person_id, activity, level, trainer.person_id, signed, until)
            )

    def _nurse(self, profession: str) -> Person:
        return self._person(profession, "NMC", nmc_number(self.rng))

    def _person(self, *facts: str | None) -> Person:
        person = Person(new_id(self.rng), next(self.names), *facts)
        self.people.append(person)
        return person

    def _with_role(self, profession: str | None, role: Role, **place: UUID) -> Person:
        person = self._person(profession)
        self._assign(person, role, **place)
        return person

    def _assign(
        self,
        person: Person,
        role: Role,
        *,
        organisation_id: UUID | None = None,
        home_id: UUID | None = None,
        hub_id: UUID | None = None,
        resident_id: UUID | None = None,
    ) -> None:
        since = self.at - timedelta(days=self.rng.randint(110, 900))
        self.assignments.append(
            Assignment(person.person_id, role, organisation_id, home_id, hub_id, resident_id, since)
        )
