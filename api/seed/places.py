"""The organisations, hubs and homes of a synthetic neighbourhood.

Guards: every home belongs to one provider and one hub. The first home is always a care home of the first provider,
where a demonstration expects it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from api.seed.words import home_names, telephone
from delegation.places import Hub, Organisation
from devices.kits import HomeKind

HOMES_PER_HUB = 20
HUB_NAMES = ("Mossbeck Clinical Hub", "Eastwater Clinical Hub", "Highfold Clinical Hub")
CARE_HOME_ROUNDS = (8, 13, 18)
HOME_CARE_ROUNDS = (9, 17)


@dataclass(frozen=True, slots=True)
class Home:
    """A row of delegation.home."""

    home_id: UUID
    organisation_id: UUID
    hub_id: UUID
    name: str
    kind: HomeKind
    phone: str
    rounds: Sequence[int]
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class Places:
    """All organisations, hubs and homes."""

    care_providers: tuple[Organisation, Organisation]
    home_care_provider: Organisation
    hub_provider: Organisation
    hubs: tuple[Hub, ...]
    homes: tuple[Home, ...]

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        return (*self.care_providers, self.home_care_provider, self.hub_provider)

    @property
    def providers(self) -> tuple[Organisation, ...]:
        """Return the organisations that employ care workers."""
        return (*self.care_providers, self.home_care_provider)


def new_id(rng: Random) -> UUID:
    """Return an opaque id that is the same for the same seed."""
    return UUID(int=rng.getrandbits(128), version=4)


def places(rng: Random, homes: int) -> Places:
    """Make as many homes as asked for, one in five of them a home-care round, under one hub or two."""
    first, second, at_home, hub_provider = (
        Organisation(new_id(rng), name, kind)
        for name, kind in (
            ("Wexmoor Care", "care_provider"),
            ("Thistledown Homes", "care_provider"),
            ("Larkrise at Home", "care_provider"),
            ("Mossbeck Community Health", "hub_provider"),
        )
    )
    hub_names = HUB_NAMES[: 1 if homes <= HOMES_PER_HUB else 2]
    hubs = tuple(Hub(new_id(rng), hub_provider.organisation_id, name, telephone(rng)) for name in hub_names)
    # A care home first, then a round, so that two homes show both.
    cycle = (first, at_home, second, first, second)
    buildings = home_names(rng)
    made: list[Home] = []
    for number in range(homes):
        provider = cycle[number % len(cycle)]
        is_round = provider is at_home
        name = next(buildings)
        made.append(
            Home(
                home_id=new_id(rng),
                organisation_id=provider.organisation_id,
                hub_id=hubs[number * len(hubs) // homes].hub_id,
                name=f"{name.rsplit(' ', 1)[0]} home-care round {number}" if is_round else name,
                kind=HomeKind.HOME_CARE_ROUND if is_round else HomeKind.CARE_HOME,
                phone=telephone(rng),
                rounds=list(HOME_CARE_ROUNDS if is_round else CARE_HOME_ROUNDS),
            )
        )
    return Places((first, second), at_home, hub_provider, hubs, tuple(made))


def elsewhere(rng: Random, made: Places) -> tuple[Hub, Home]:
    """Make another hub, and a care home that it watches over."""
    name = HUB_NAMES[len(made.hubs)]
    hub = Hub(new_id(rng), made.hub_provider.organisation_id, name, telephone(rng))
    taken = {home.name for home in made.homes}
    home = Home(
        home_id=new_id(rng),
        organisation_id=made.care_providers[1].organisation_id,
        hub_id=hub.hub_id,
        name=next(name for name in home_names(rng) if name not in taken),
        kind=HomeKind.CARE_HOME,
        phone=telephone(rng),
        rounds=list(CARE_HOME_ROUNDS),
    )
    return hub, home
