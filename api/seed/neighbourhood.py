"""A whole synthetic neighbourhood, made from a seed before any of it is written.

Guards: the same seed and moment give the same people, homes and ids; only secrets differ.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from api.seed.cast import CastMember, member
from api.seed.kits import EnrolledKit, Loan, enrol, kits_of
from api.seed.places import Home, Places, elsewhere, places
from api.seed.residents import Resident, Residents
from api.seed.staff import Person, Staff
from api.seed.words import names
from delegation.people import Role
from devices.kits import Kit


@dataclass(slots=True)
class Neighbourhood:
    """Everything that `api.seed.store` writes."""

    places: Places
    residents: Residents
    staff: Staff
    kits: list[Kit] = field(default_factory=list)
    enrolled: list[EnrolledKit] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)
    cast: list[CastMember] = field(default_factory=list)
    elsewhere: Resident | None = None
    """A resident whom the cast's clinician sees only by breaking the glass, if one was asked for."""


def neighbourhood(
    *, homes: int, residents_per_home: int, seed: int, at: datetime, one_elsewhere: bool = False
) -> Neighbourhood:
    """Make a neighbourhood as it is at a moment. Raises ValueError for one without homes or residents.

    `one_elsewhere` adds one resident in a home that another hub watches over.
    """
    if homes < 1 or residents_per_home < 1:
        raise ValueError("A neighbourhood has at least one home with one resident in it.")
    rng = Random(f"hearthwatch neighbourhood {seed}")
    everybody = names(rng)
    made = Neighbourhood(
        places(rng, homes),
        Residents(rng, everybody, at, total=homes * residents_per_home),
        Staff(rng, everybody, at),
    )
    made.staff.train(made.places.providers)
    _open_hubs(made)
    for home in made.places.homes:
        _open_home(made, home, residents_per_home, at, rng)
    _finish_cast(made)
    if one_elsewhere:
        _settle_elsewhere(made, at, rng)
    return made


def _open_hubs(made: Neighbourhood) -> None:
    for hub in made.places.hubs:
        clinician, lead = made.staff.staff_hub(hub)
        if hub is made.places.hubs[0]:
            made.cast.append(member("hub-clinician", clinician, Role.HUB_CLINICIAN, hub.name))
            made.cast.append(member("hub-lead", lead, Role.HUB_LEAD, hub.name))


def _settle_elsewhere(made: Neighbourhood, at: datetime, rng: Random) -> None:
    hub, home = elsewhere(rng, made.places)
    made.places = replace(made.places, hubs=(*made.places.hubs, hub), homes=(*made.places.homes, home))
    made.staff.staff_hub(hub)
    manager = _open_home(made, home, 1, at, rng)
    made.elsewhere = made.residents.residents[-1]
    told = "told when a record is opened from outside the hub"
    made.cast.append(member("other-manager", manager, Role.HOME_MANAGER, home.name, told))


def _open_home(made: Neighbourhood, home: Home, residents: int, at: datetime, rng: Random) -> Person:
    """Fill a home with people and kits; return its manager."""
    manager = made.staff.manage(home)
    workers = made.staff.staff_home(home, residents)
    moved_in = made.residents.move_in(home, residents, manager.person_id)
    if home is made.places.homes[0]:
        _cast_first_home(made, home, manager, workers)
        if residents > 5:
            made.residents.pause(moved_in[5], manager.person_id)
    # A paused resident is away, so no kit lists them.
    present = [one for one in moved_in if one.resident_id not in made.residents.paused]
    on_scale_2 = made.residents.on_scale_2
    kits = kits_of(rng, home, present, [worker.person_id for worker in workers], on_scale_2)
    enrolled, loans = enrol(rng, home, kits, at)
    made.kits.extend(kits)
    made.enrolled.extend(enrolled)
    made.loans.extend(loans)
    return manager


def _cast_first_home(made: Neighbourhood, home: Home, manager: Person, workers: list[Person]) -> None:
    provider = next(one for one in made.places.providers if one.organisation_id == home.organisation_id)
    not_yet = "not yet signed off for breathing and alertness"
    lapsed = "blood pressure sign-off has lapsed"
    made.cast += [
        member("care-worker", workers[0], Role.CARE_WORKER, home.name, not_yet),
        member("lapsed-worker", workers[1], Role.CARE_WORKER, home.name, lapsed),
        member("home-manager", manager, Role.HOME_MANAGER, home.name),
        member("trainer", made.staff.trainers[provider.organisation_id], Role.TRAINER, provider.name),
    ]


def _finish_cast(made: Neighbourhood) -> None:
    second = made.places.care_providers[1]
    stranger = made.staff.work_elsewhere(second)
    cared_for = _somebody_at_home(made)
    first, hub = made.places.care_providers[0], made.places.hubs[0]
    made.cast += [
        member("operator", made.staff.operate(), Role.OPERATOR, "the platform"),
        member("family-carer", made.staff.care_for(cared_for.resident_id), Role.CARER, cared_for.name),
        member("delegating-nurse", made.staff.delegate_at(first), Role.DELEGATING_PROFESSIONAL, first.name),
        member("commissioner", made.staff.commission(hub), Role.COMMISSIONER, hub.name, "counts only"),
        member("other-provider", stranger, Role.CARE_WORKER, second.name, "sees nothing of the first home"),
    ]


def _somebody_at_home(made: Neighbourhood) -> Resident:
    """Return a resident in their own home, otherwise the last of all."""
    for resident in made.residents.residents:
        if resident.call_back_phone is not None:
            return resident
    return made.residents.residents[-1]
