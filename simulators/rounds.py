"""When residents are visited and by whom: mealtime rounds in care homes, visits in people's own homes.

Guards: the same seed gives the same visits. Each round of a home visits each of its residents once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from devices.identifiers import PersonId
from devices.kits import HomeKind, Kit, WatchedResident

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Habits:
    """How one carer works. The first three say how often, 0..1."""

    skips_respiration: float = 0.0
    leaves_out_an_instrument: float = 0.0
    goes_back_when_asked: float = 1.0
    rounds_to_even: bool = False
    minutes_a_resident: float = 6.0


CAREFUL = Habits()


@dataclass(frozen=True, slots=True)
class Visit:
    """One carer with one resident at one moment. `kit` is its place on the kit sheet."""

    at: datetime
    kit: int
    resident: WatchedResident
    worker: PersonId | None


@dataclass(frozen=True, slots=True)
class Timetable:
    """The local hours at which rounds begin, and how many minutes lie between two residents."""

    hours: tuple[float, ...]
    minutes_between: tuple[float, float]


TIMETABLES = {
    HomeKind.CARE_HOME: Timetable((7.75, 12.5, 17.25), (0.5, 2.0)),
    HomeKind.HOME_CARE_ROUND: Timetable((7.5, 16.5), (8.0, 20.0)),  # the homes are some way apart
}


def habits(rng: Random) -> Habits:
    """Return one carer's habits: most carers are careful, some hurry, a few are slow."""
    hurries = rng.random() < 0.2
    return Habits(
        skips_respiration=0.3 if hurries else 0.01,
        leaves_out_an_instrument=0.1 if hurries else 0.02,
        goes_back_when_asked=0.7 if hurries else 0.95,
        rounds_to_even=rng.random() < 0.3,
        minutes_a_resident=rng.choice((4.0, 5.0, 6.0, 6.0, 11.0)),
    )


def visits(
    place: int, kit: Kit, day: datetime, minutes: dict[PersonId, float], rng: Random
) -> Iterator[Visit]:
    """Yield a kit's visits on one local day, in order. `minutes`: how long each carer stays with a resident."""
    timetable = TIMETABLES[kit.home_kind]
    midnight = day.astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
    for hour in timetable.hours:
        worker = rng.choice(kit.workers) if kit.workers else None
        at = midnight + timedelta(hours=hour, minutes=rng.uniform(-10, 15))
        order = list(kit.residents)
        rng.shuffle(order)
        for resident in order:
            yield Visit(at.astimezone(UTC), place, resident, worker)
            stay = minutes[worker] if worker else CAREFUL.minutes_a_resident
            at += timedelta(minutes=stay * rng.uniform(0.7, 1.4) + rng.uniform(*timetable.minutes_between))
