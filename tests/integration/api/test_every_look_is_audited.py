"""Each address that shows somebody's record writes down who looked, in which role, what for, and by which request."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest
from fastapi.routing import iter_route_contexts

from alerts.cases import desk
from alerts.evaluator import Evaluator
from api.app import create_app
from api.settings import Settings
from delegation.decisions import scale_two
from delegation.decisions.registers import Regulator
from delegation.decisions.scale_two import Decision
from delegation.people import actor_of
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

PLACES = ("{resident_id}", "{home_id}", "{hub_id}", "{escalation_id}")
# What shows no record of a resident, or is no look of its own.
NO_LOOK = {
    "/hubs/{hub_id}/queue": "the part of a page that was opened that is renewed",
    "/hubs/{hub_id}/events": "says that something changed, and of whom by an id alone",
    "/hubs/{hub_id}/raise": "an empty form, where nobody's name is asked for",
    "/api/v1/hubs/{hub_id}/notices": "names no resident",
    "/hubs/{hub_id}/counts": "is about nobody in particular",
    "/homes/{home_id}/residents/new": "an empty form",
    "/homes/{home_id}/people": "is about those who work there",
    "/hubs/{hub_id}/people": "is about those who work there",
}
# Each of these shows the record again when an empty form is sent to it, or one about what is in force no more.
FORMS = (
    "air",
    "air/{nothing_in_force}/withdraw",
    "ceiling",
    "ceiling/revoke",
    "details",
    "limits",
    "limits/{sign}/revoke",
    "move",
    "pause",
    "pause/{nothing_in_force}/end",
    "scale-two",
    "scale-two/revoke",
)
SHOWN_AGAIN = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by)
VALUES (%s, 'pulse', 90, 'Dr Synthetic', 'GMC', '1234567', 'A pacemaker', now(), now(), now() + interval '90 days', %s)
"""
CEILING: LiteralString = """
INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by)
VALUES (%s, 'For hospital', 'Dr Synthetic', 'GMC', '1234567', 'Agreed', now(), now(), now() + interval '90 days', %s)
"""
AUDITED: LiteralString = """
SELECT actor, role IS NOT NULL, purpose, coalesce(resident_id::text, subject) FROM delegation.audit_event
WHERE request_id = %s
"""


def templates() -> list[str]:
    found = {
        str(route.path)
        for route in iter_route_contexts(create_app(Settings()).routes)
        if "GET" in (route.methods or ()) and any(place in str(route.path) for place in PLACES)
    }
    return [*sorted(found - NO_LOOK.keys()), "/rounds", "/hubs/{hub_id}/raise?name=amara"]


def ways_to_look() -> list[tuple[str, str]]:
    """Every page that is opened, and every form that comes back."""
    opened = [("GET", template) for template in templates()]
    return opened + [("POST", f"/residents/{{resident_id}}/{form}") for form in FORMS]


def is_shown(answer: httpx.Response) -> bool:
    shown = SHOWN_AGAIN if answer.request.method == "POST" else (HTTPStatus.OK,)
    return answer.status_code in shown


@pytest.fixture
def ids(neighbourhood: Database) -> dict[str, Any]:
    """Amara has a grave reading, a case that Clive has claimed, scale 2, a limit of her own, and a ceiling."""
    now = datetime.now(UTC)
    kit = n.Kit()
    reading = kit.reading(values=n.GRAVE, taken_at=now)
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        [settled] = door.receive(conn, [kit.arrival(reading, now)], Evaluator(), now)
    case = settled.verdict.escalation_id
    assert case is not None
    with neighbourhood.connect("hearthwatch_api") as conn:
        clive = actor_of(conn, n.CLINICIAN)
        desk.claim(conn, clive, case, now)
        scale_two.authorise(conn, clive, n.AMARA, decision(now), now, seen=None)
    with neighbourhood.connect() as owner:
        owner.execute(LIMIT, (n.AMARA, n.CLINICIAN))
        owner.execute(CEILING, (n.AMARA, n.CLINICIAN))
    places = {"resident_id": n.AMARA, "home_id": n.ORCHARD, "hub_id": n.HUB, "kit_id": n.KIT, "sign": "pulse"}
    nothing = {"nothing_in_force": UUID(int=99)}
    return places | nothing | {"escalation_id": case, "reading_id": reading.reading_id}


def decision(now: datetime) -> Decision:
    return Decision(
        clinician_name="Dr Synthetic",
        regulator=Regulator.GMC,
        regulator_number="1234567",
        decided_on=now.date(),
        review_on=now.date().replace(year=now.year + 1, day=1),
        reason="A blood gas of that day",
        hypercapnic_failure_confirmed=True,
        target_88_to_92=True,
    )


def test_whoever_looks_is_written_down_at_every_address(
    served: Served, neighbourhood: Database, ids: dict[str, Any]
) -> None:
    clients = {person: served.signed_in(person) for person in (n.CLINICIAN, n.MANAGER, n.WORKER, n.HUB_LEAD)}
    unwritten: dict[tuple[str, str], object] = {}
    for method, template in ways_to_look():
        address = template.format_map({name: str(one) for name, one in ids.items()})
        for person, client in clients.items():
            answer = client.request(method, address, headers={"Accept": "text/html"})
            if is_shown(answer):
                with neighbourhood.connect() as owner:
                    rows = owner.execute(AUDITED, (answer.headers["x-request-id"],)).fetchall()
                if not rows or {row[:2] for row in rows} != {(f"person:{person}", True)}:
                    unwritten[method, template] = rows
                break
        else:
            unwritten[method, template] = "nobody of the four may open it"
    assert unwritten == {}
    # What layers below the api write knows the request too.
    answer = clients[n.CLINICIAN].post(f"/api/v1/escalations/{ids['escalation_id']}/release")
    with neighbourhood.connect() as owner:
        assert owner.execute(AUDITED, (answer.headers["x-request-id"],)).fetchall() == [
            (f"person:{n.CLINICIAN}", True, "hub_answer", str(n.AMARA))
        ]
