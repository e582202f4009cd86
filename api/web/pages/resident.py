"""The resident's page: who they are, what is decided, how they are now, and how they have been.

Guards: every look is audited. Every query of history is limited in time.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerts.standing import policies_in_force
from api.access import Visit, needs
from api.correcting import rights
from api.looking import looked
from api.parts import parts_of
from api.problems import not_found
from api.queries import baseline, desks, escalation, glass, limits, reading_pages, readings, records, scores
from api.queries.reading_pages import Page
from api.queries.reading_place import after_all, place_of
from api.queries.resident import decisions
from api.reach import resident_seen
from api.web.pages.queue import SAID
from api.web.presenters import glass as glass_words
from api.web.presenters import history, vitals
from api.web.presenters import limits as limit_words
from api.web.presenters import reading_pages as reading_words
from api.web.presenters import records as record_words
from api.web.presenters import resident as words
from api.web.presenters.answers import taken_back
from api.web.presenters.charted import MOST, SPAN, charted
from api.web.presenters.moments import clock
from api.web.presenters.scales import other_scale
from api.web.presenters.trends import folded_words, trends
from api.web.rendering import page
from delegation.decisions.decision import HOME_OR_HUB, may_record
from delegation.rights import ADD, CHANGE, READ, Record
from devices.vital_signs import VitalSign
from ingest.quality import AHEAD

router = APIRouter()

CareVisit = Annotated[Visit, needs(READ, Record.RESIDENTS)]
_SCORE_SPAN = timedelta(days=30)
_CASE_SPAN = timedelta(days=90)


@router.get("/residents/{resident_id}")
def show(
    request: Request,
    resident_id: UUID,
    visit: CareVisit,
    said: str = "",
    older_than: str = "",
    newer_than: str = "",
) -> HTMLResponse:
    """Show the whole page; `older_than` and `newer_than` only turn the pages of its readings."""
    conn, at, me = visit.conn, visit.at, visit.actor.person_id
    found = resident_seen(visit, resident_id)
    decided = decisions(conn, resident_id, at)
    latest = scores.latest(conn, resident_id, at - _SCORE_SPAN)
    seen = readings.readings(conn, resident_id, at - SPAN, after_all(at + AHEAD), MOST + 1)
    chart = charted(seen, at)
    listed = _turned_to(visit, resident_id, older_than, newer_than) or reading_pages.newest(seen)
    held = readings.current(conn, resident_id)
    cases = escalation.cases_of_resident(conn, resident_id, at - _CASE_SPAN, at)
    shown = [
        history.case_view(one, me, at, at_my_hub=found.at_my_hub, lead=visit.actor.may(CHANGE, Record.CLAIMS))
        for one in cases
    ]
    open_ = {
        one.escalation.escalation_id: one.escalation for one in cases if one.escalation.state != "closed"
    }
    undone = escalation.taken_back(conn, open_)
    usual_of = policies_in_force(conn, at).for_hub(found.hub_id).usual
    in_force = words.in_force(decided.scale_two, at)
    newest_limits = limits.newest(conn, resident_id, at)
    own_limits = [one for one in newest_limits if one.is_in_force(at)]
    through_glass = glass_words.through_glass(glass.open_until(conn, resident_id), at)
    pictures = trends(
        chart,
        scores.standing(conn, resident_id, chart.since),
        scale=2 if in_force else 1,
        followed=VitalSign if found.no_score_reason else {one.sign for one in own_limits},
    )
    folded = [one for one in pictures if one.uneventful]
    view = {
        "quiet": parts_of(request).pulse.words_for(visit.actor, visit.at),
        "resident": words.view(found, decided, at),
        "vitals": vitals.view(
            held,
            latest,
            scores.latest_full_set(conn, resident_id, at - _SCORE_SPAN),
            baseline.baseline(conn, resident_id, usual_of, at),
            readings.operators(conn, resident_id, vitals.moments_of(held)),
            usual_of=usual_of,
            air_assumed=decided.air is not None,
            other_scale=other_scale(latest, decided.scale_two, at),
            now=at,
        ),
        "trends": [one for one in pictures if not one.uneventful],
        "trends_folded": folded,
        "trends_folded_say": folded_words(folded),
        "trends_say": chart.says,
        "taken_back": [
            taken_back(one, at, claimed=open_[one.escalation_id].state == "claimed")
            for one in undone.values()
        ],
        "open": [one for one in shown if one.open],
        "answered": [one for one in shown if one.answer is not None and one.answer.in_sight],
        "past": [one for one in shown if one.answer is not None and not one.answer.in_sight],
        "readings": reading_words.view(listed, at, rights(visit, resident_id).over),
        "ended": record_words.ended(ended) if (ended := records.ended(conn, resident_id, at)) else None,
        "keeps_records": records.answers_for(conn, resident_id),
        "on_scale_two": in_force is not None,
        "limits": limit_words.views(own_limits, at),
        "limits_revoked": limit_words.revoked_views(one for one in newest_limits if not one.is_in_force(at)),
        "through_glass": through_glass,
        "my_hubs": desks.hubs(conn) if through_glass else [],
        "pause_id": decided.pause.pause_id if decided.pause else None,
        "air_recorded": decided.air is not None,
        "may_record": may_record(conn, resident_id, HOME_OR_HUB),
        "may_capture": visit.actor.may(ADD, Record.READINGS) and through_glass is None,
        "may_open_home": visit.actor.may(READ, Record.DAY) and through_glass is None,
        "may_go_round": visit.actor.may(READ, Record.ROUND),
        "said": SAID.get(said),
        "now_iso": at.isoformat(),
        "as_of": clock(at, at),
    }
    looked(visit, resident_id, "resident.history_seen" if older_than or newer_than else "resident.seen")
    return page(request, "resident.jinja", view, who=visit.actor.name)


def _turned_to(visit: Visit, resident_id: UUID, older_than: str, newer_than: str) -> Page | None:
    """Return the page of readings that was asked for; None for the newest."""
    if not (older_than or newer_than):
        return None
    place = place_of(older_than or newer_than)
    if place is None:
        raise not_found("page of readings")
    if older_than:
        return reading_pages.older(visit.conn, resident_id, place)
    found = reading_pages.newer(visit.conn, resident_id, place, visit.at)
    return found if found.rows else None
