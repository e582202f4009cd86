"""Who may read whose record, in a few lines of plain rules: the oracle of `test_permissions_in_any_order`.

Invariant: written by hand. Nothing here is worked out from the rights, the policies or the database, and every method
is told the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# As a page offers it, from today; a code is good for a week, broken glass for an hour.
USUAL_DAYS = {"care_worker": 7, "carer": 90, "hub_clinician": 90}
CODE_IS_GOOD, GLASS_IS_OPEN = timedelta(days=7), timedelta(hours=1)
AT_HOME, AT_HUB = ("care_worker", "home_manager"), ("hub_clinician", "hub_lead")


@dataclass(frozen=True)
class Home:
    """Whose it is, and who watches it."""

    home_id: UUID
    provider: UUID
    hub: UUID


@dataclass
class Held:
    """A role: of a person, at a home, for a provider, at a hub, or to a resident."""

    assignment_id: UUID
    person: UUID
    role: str
    place: UUID
    starts: datetime
    ends: datetime | None

    def is_over(self, at: datetime) -> bool:
        return self.ends is not None and self.ends <= at

    def in_force(self, at: datetime) -> bool:
        return self.starts <= at and not self.is_over(at)


@dataclass
class Offer:
    """An invitation to a role."""

    invitation_id: UUID
    code: str
    by: UUID
    role: str
    place: UUID
    ends: datetime
    good_until: datetime
    gone: bool = False


@dataclass
class Glass:
    """A record that was opened from outside."""

    person: UUID
    resident: UUID
    ends: datetime


@dataclass
class World:
    """Who lives where and holds which role, what is offered, and what was opened."""

    homes: tuple[Home, ...]
    lives: dict[UUID, Home]
    held: list[Held] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    glasses: list[Glass] = field(default_factory=list)

    def reads(self, person: UUID, at: datetime) -> set[UUID]:
        """The residents whose records they may read."""
        return {resident for resident in self.lives if self._reads(person, resident, at)}

    def _reads(self, person: UUID, resident: UUID, at: datetime) -> bool:
        opened = any(
            (one.person, one.resident) == (person, resident) and at < one.ends for one in self.glasses
        )
        return (
            self._cares_over(person, self.lives[resident], at)
            or any(one.role == "carer" and one.place == resident for one in self._in_force(person, at))
            or (opened and self.works_at_a_hub(person, at))
        )

    def needs_glass(self, person: UUID, resident: UUID, at: datetime) -> bool:
        """Whether they would read this record only by opening it from outside; a family's record is opened too."""
        return not self._cares_over(person, self.lives[resident], at)

    def works_at_a_hub(self, person: UUID, at: datetime) -> bool:
        return any(one.role in AT_HUB for one in self._in_force(person, at))

    def moves(self, person: UUID, resident: UUID, home: Home, at: datetime) -> bool:
        """Whether they may move a resident to this home."""
        here = self.lives[resident]
        answers = self._over(person, here, at, "home_manager", "hub_lead")
        return answers and home != here and home.provider == here.provider

    def gives(self, person: UUID, role: str, place: UUID, at: datetime) -> bool:
        """Whether this role is theirs to give and to end; a role for all of a provider is nobody's on a page."""
        match role:
            case "care_worker":
                return any(
                    self._over(person, home, at, "home_manager")
                    for home in self.homes
                    if home.home_id == place
                )
            case "carer":
                return self._over(person, self.lives[place], at, "home_manager")
            case "hub_clinician":
                return any(
                    one.role == "hub_lead" and one.place == place for one in self._in_force(person, at)
                )
            case _:
                return False

    def ends(self, person: UUID, held: Held, at: datetime) -> bool:
        """Whether they may end a role."""
        return (
            person != held.person and not held.is_over(at) and self.gives(person, held.role, held.place, at)
        )

    def extends(self, person: UUID, held: Held, at: datetime) -> bool:
        """Whether they may extend it: one without an end goes on anyway."""
        return held.ends is not None and self.ends(person, held, at)

    def takes(self, person: UUID, offer: Offer, at: datetime) -> bool:
        """Whether they may take on what is offered."""
        good = not offer.gone and at < min(offer.good_until, offer.ends)
        return good and person != offer.by and self.gives(offer.by, offer.role, offer.place, at)

    def withdraws(self, person: UUID, offer: Offer, at: datetime) -> bool:
        return not offer.gone and self.gives(person, offer.role, offer.place, at)

    def holds_already(self, person: UUID, role: str, place: UUID, at: datetime) -> list[Held]:
        """The same role at the same place, in force then or to come."""
        return [
            one
            for one in self.held
            if (one.person, one.role, one.place) == (person, role, place) and not one.is_over(at)
        ]

    def time_passes(self, by: timedelta) -> None:
        """All that was, and all that is to be, is so much longer ago or sooner."""
        for one in self.held:
            one.starts -= by
            one.ends = None if one.ends is None else one.ends - by
        for offer in self.offers:
            offer.ends, offer.good_until = offer.ends - by, offer.good_until - by
        for glass in self.glasses:
            glass.ends -= by

    def moments(self) -> Iterator[datetime]:
        """When something begins or ends by itself."""
        for one in self.held:
            yield one.starts
            yield from () if one.ends is None else (one.ends,)
        for offer in self.offers:
            yield from (offer.ends, offer.good_until)
        yield from (glass.ends for glass in self.glasses)

    def _in_force(self, person: UUID, at: datetime) -> list[Held]:
        return [one for one in self.held if one.person == person and one.in_force(at)]

    def _over(self, person: UUID, home: Home, at: datetime, *roles: str) -> bool:
        places = (home.home_id, home.provider, home.hub)
        return any(one.role in roles and one.place in places for one in self._in_force(person, at))

    def _cares_over(self, person: UUID, home: Home, at: datetime) -> bool:
        return self._over(person, home, at, *AT_HOME, *AT_HUB)


def end_of_day(at: datetime, days: int) -> datetime:
    """The last second of a day to come, in London."""
    return datetime.combine(at.astimezone(LONDON).date() + timedelta(days=days), time(23, 59, 59), LONDON)
