"""A home's day, for its manager, and the round, for care workers.

Guards: both are made from the same readings, so they cannot disagree.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.looking import looked_at_place
from api.parts import parts_of
from api.problems import not_found
from api.queries import desks, escalation, glass, home, quiet_kits, records
from api.queries import notices as unnamed
from api.queries.home import Home
from api.signing_in.pins import without_pin
from api.web.presenters import glass as glass_words
from api.web.presenters import notices as notice_words
from api.web.presenters.home import Day, day
from api.web.presenters.moments import full_clock
from api.web.presenters.need import by_need
from api.web.presenters.quiet_kits import CHECK, lines
from api.web.presenters.rounds import midnight
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.rights import READ, Record

router = APIRouter()

HomeVisit = Annotated[Visit, needs(READ, Record.DAY)]
RoundVisit = Annotated[Visit, needs(READ, Record.ROUND)]
_SAID = {
    "moved": "Recorded: they have moved, and are on the lists of their new home.",
    "glass": glass_words.NOTED,
}
_ANSWERED_WITHIN = timedelta(days=7)


@router.get("/homes/{home_id}")
def show(request: Request, home_id: UUID, visit: HomeVisit, said: str = "") -> HTMLResponse:
    """Show the home today."""
    found = home.home(visit.conn, home_id)
    if found is None:
        raise not_found("home")
    view = {
        "quiet": parts_of(request).pulse.words_for(visit.actor, visit.at),
        "day": _day(visit, found),
        "queue": found.hub_id if found.at_my_hub else None,
        "unnamed": notice_words.at_home(unnamed.of_home(visit.conn, home_id), visit.at),
        "quiet_kits": lines(quiet_kits.of_home(visit.conn, home_id, visit.at), visit.at),
        "check_kit": CHECK,
        "may_capture": visit.actor.may(READ, Record.ROUND),
        "manages": home_id in {one.place_id for one in desks.homes_managed(visit.conn)},
        "keeps_records": records.answers_for_home(visit.conn, home_id),
        "glass": glass_words.views(glass.unseen_at_home(visit.conn, home_id), visit.at),
        "now_iso": visit.at.isoformat(),
        "clock": full_clock(visit.at),
        "said": _SAID.get(said),
    }
    looked_at_place(visit, f"home:{home_id}", "home.seen")
    return page(request, "home.jinja", view, who=visit.actor.name)


@router.get("/rounds")
def rounds(request: Request, visit: RoundVisit) -> HTMLResponse:
    """Show everybody to observe, those who need it first."""
    days = [_day(visit, one) for one in home.homes(visit.conn)]
    view = {
        "quiet": parts_of(request).pulse.words_for(visit.actor, visit.at),
        "days": [(one, by_need(one.rows)) for one in days],
        "tablet": without_pin(request, visit),
        "unnamed": {
            one.home_id: notice_words.at_home(unnamed.of_home(visit.conn, one.home_id), visit.at)
            for one in days
        },
        "now_iso": visit.at.isoformat(),
        "clock": full_clock(visit.at),
    }
    for one in days:
        looked_at_place(visit, f"home:{one.home_id}", "home.round_seen", Purpose.DIRECT_CARE)
    return page(request, "rounds.jinja", view, who=visit.actor.name)


def _day(visit: Visit, found: Home) -> Day:
    conn, at = visit.conn, visit.at
    lives = home.living_there(conn, found.home_id, at)
    residents = [one.resident_id for one in lives]
    since = midnight(at)
    cases = escalation.of_home(conn, found.home_id, at - _ANSWERED_WITHIN)
    return day(
        found,
        lives,
        home.observed(conn, residents, since, at),
        home.full_sets(conn, residents, since, at),
        cases,
        escalation.taken_back(conn, [one.escalation_id for one in cases]),
        me=visit.actor.person_id,
        now=at,
    )
