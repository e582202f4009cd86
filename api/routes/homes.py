"""A home's day: what was observed of each resident, and the hub's answers.

Guards: the day is the home's own, in Europe/London.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.access import Visit, needs
from api.looking import looked_at_place
from api.problems import not_found
from api.queries import home as homes
from api.queries.escalation import Escalation, of_home
from delegation.rights import READ, Record

router = APIRouter(prefix="/api/v1/homes", tags=["homes"])

LONDON = ZoneInfo("Europe/London")
HomeVisit = Annotated[Visit, needs(READ, Record.DAY)]


@dataclass(frozen=True, slots=True)
class Today:
    """Since midnight in London."""

    home: homes.Home
    since: datetime
    residents: list[homes.Lives]
    observed: list[homes.Observed]
    full_sets: list[homes.FullSet]
    escalations: list[Escalation]


@router.get("/{home_id}/today")
def today(home_id: UUID, visit: HomeVisit) -> Today:
    """What was done today, for whom, and which escalations are open or were closed today."""
    found = homes.home(visit.conn, home_id)
    if found is None:
        raise not_found("home")
    since = datetime.combine(visit.at.astimezone(LONDON), time.min, LONDON).astimezone(visit.at.tzinfo)
    looked_at_place(visit, f"home:{home_id}", "home.seen")
    lives = homes.living_there(visit.conn, home_id, visit.at)
    residents = [one.resident_id for one in lives]
    return Today(
        home=found,
        since=since,
        residents=lives,
        observed=homes.observed(visit.conn, residents, since, visit.at),
        full_sets=homes.full_sets(visit.conn, residents, since, visit.at),
        escalations=of_home(visit.conn, home_id, since),
    )
