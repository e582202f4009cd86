"""Each address that shows somebody's record writes down who looked, in which role, what for, and by which request."""

import re
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
from devices.identifiers import new_reading_id
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
    "/hubs/{hub_id}/people": "is about those who work there",
}
AMARA = "/residents/{resident_id}"
# Each of these shows the record again when an empty form is sent to it, or one about what is in force no more.
EMPTY = (
    f"{AMARA}/air",
    f"{AMARA}/air/{{nothing_in_force}}/withdraw",
    f"{AMARA}/ceiling",
    f"{AMARA}/ceiling/revoke",
    f"{AMARA}/details",
    f"{AMARA}/limits",
    f"{AMARA}/limits/{{sign}}/revoke",
    f"{AMARA}/move",
    f"{AMARA}/pause",
    f"{AMARA}/pause/{{nothing_in_force}}/end",
    f"{AMARA}/raise",
    f"{AMARA}/readings/{{kit_id}}/{{reading_id}}/correct",
    f"{AMARA}/records/end",
    f"{AMARA}/records/export",
    f"{AMARA}/records/hold",
    f"{AMARA}/scale-two",
    f"{AMARA}/scale-two/revoke",
    "/escalations/{escalation_id}/close",
)
# These do so where a little is filled in.
FILLED: tuple[tuple[str, dict[str, str]], ...] = (
    (f"{AMARA}/capture", {"reading_id": "{new_reading_id}", "opened_at": "{now}"}),
    ("/homes/{home_id}/people/invitations", {"role": "carer"}),
    (f"{AMARA}/readings/{{kit_id}}/{{reading_id}}/correct", {"whose": "nobody", "reason": "not_known_how"}),
    ("/escalations/{escalation_id}/close", {"disposition": "gp_today", "note": "Doctor comes.", "seen": "0"}),
    ("/homes/{home_id}/residents/new", {"other_than": "{resident_id}"}),
)
# These never come back with a record in them.
NO_FORM = {
    "/hubs/{hub_id}/people/invitations": "is about those who work there",
    "/escalations/{escalation_id}/claim": "leads back to the queue, which is written down",
    "/escalations/{escalation_id}/release": "leads back to the queue, which is written down",
    "/escalations/{escalation_id}/undo": "leads back to the queue, which is written down",
    f"{AMARA}/records/go-on": "leads back to their records",
    f"{AMARA}/records/lift": "leads back to their records",
}
CLIVE_LOOKS, MONA_LOOKS, LEAD_LOOKS = (
    (n.CLINICIAN, "hub_clinician"),
    (n.MANAGER, "home_manager"),
    (n.HUB_LEAD, "hub_lead"),
)
HER, HOME, HUB = "{resident_id}", "home:{home_id}", "hub:{hub_id}"
CLIVE_ANSWERS = [(*CLIVE_LOOKS, "hub_answer", HER)]
MONA_KEEPS_RECORDS = [(*MONA_LOOKS, "record_keeping", HER)]
MONA_KEEPS_THE_HOMES = [(*MONA_LOOKS, "record_keeping", HOME)]
WHOSE_READING = [(*CLIVE_LOOKS, "correction", HER), (*CLIVE_LOOKS, "correction", HOME)]
# The first of Clive, Mona, the worker and the lead who may open it: who, in which role, what for, and whose it is.
WRITTEN: dict[str, list[tuple[UUID, str, str, str]]] = {
    "/api/v1/escalations/{escalation_id}": CLIVE_ANSWERS,
    "/api/v1/homes/{home_id}/break-glass": [(*MONA_LOOKS, "direct_care", HOME)],
    "/api/v1/homes/{home_id}/today": [(*CLIVE_LOOKS, "hub_answer", HOME)],
    "/api/v1/hubs/{hub_id}/break-glass": [(*LEAD_LOOKS, "hub_answer", HUB)],
    "/api/v1/hubs/{hub_id}/escalations": [(*CLIVE_LOOKS, "hub_answer", HUB), *CLIVE_ANSWERS],
    "/api/v1/hubs/{hub_id}/reviews": [(*CLIVE_LOOKS, "hub_answer", HUB), *CLIVE_ANSWERS],
    f"/api/v1{AMARA}": CLIVE_ANSWERS,
    f"/api/v1{AMARA}/details": MONA_KEEPS_RECORDS,
    f"/api/v1{AMARA}/homes-to-move-to": MONA_KEEPS_RECORDS,
    f"/api/v1{AMARA}/limits": CLIVE_ANSWERS,
    f"/api/v1{AMARA}/readings": CLIVE_ANSWERS,
    f"/api/v1{AMARA}/records": MONA_KEEPS_RECORDS,
    f"/api/v1{AMARA}/scores": CLIVE_ANSWERS,
    "/escalations/{escalation_id}/close": CLIVE_ANSWERS,
    "/homes/{home_id}": [(*CLIVE_LOOKS, "hub_answer", HOME)],
    "/homes/{home_id}/looks": [(*MONA_LOOKS, "audit", HOME)],
    "/homes/{home_id}/people": MONA_KEEPS_THE_HOMES,
    "/homes/{home_id}/people/invitations": MONA_KEEPS_THE_HOMES,
    "/homes/{home_id}/records": MONA_KEEPS_THE_HOMES,
    "/homes/{home_id}/residents/new": MONA_KEEPS_RECORDS,
    # Amara was on these two within the hour, in the answers above.
    "/hubs/{hub_id}": [(*CLIVE_LOOKS, "hub_answer", HUB)],
    "/hubs/{hub_id}/reviews": [(*CLIVE_LOOKS, "hub_answer", HUB)],
    "/hubs/{hub_id}/raise?name=amara": [(*CLIVE_LOOKS, "hub_answer", HUB), *CLIVE_ANSWERS],
    AMARA: CLIVE_ANSWERS,
    f"{AMARA}/air": CLIVE_ANSWERS,
    f"{AMARA}/air/{{nothing_in_force}}/withdraw": CLIVE_ANSWERS,
    f"{AMARA}/capture": [(*MONA_LOOKS, "direct_care", HER)],
    f"{AMARA}/ceiling": CLIVE_ANSWERS,
    f"{AMARA}/ceiling/revoke": CLIVE_ANSWERS,
    f"{AMARA}/details": MONA_KEEPS_RECORDS,
    f"{AMARA}/limits": CLIVE_ANSWERS,
    f"{AMARA}/limits/{{sign}}/revoke": CLIVE_ANSWERS,
    f"{AMARA}/looks": [(*MONA_LOOKS, "audit", HER)],
    f"{AMARA}/move": MONA_KEEPS_RECORDS,
    f"{AMARA}/pause": CLIVE_ANSWERS,
    f"{AMARA}/pause/{{nothing_in_force}}/end": CLIVE_ANSWERS,
    f"{AMARA}/raise": CLIVE_ANSWERS,
    f"{AMARA}/readings/{{kit_id}}/{{reading_id}}/correct": WHOSE_READING,
    f"{AMARA}/records": MONA_KEEPS_RECORDS,
    f"{AMARA}/records/end": MONA_KEEPS_RECORDS,
    f"{AMARA}/records/export": MONA_KEEPS_RECORDS,
    f"{AMARA}/records/hold": MONA_KEEPS_RECORDS,
    f"{AMARA}/scale-two": CLIVE_ANSWERS,
    f"{AMARA}/scale-two/revoke": CLIVE_ANSWERS,
    "/rounds": [(*MONA_LOOKS, "direct_care", HOME)],
}
HTML = {"Accept": "text/html"}
SHOWN_AGAIN = (HTTPStatus.OK, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by)
VALUES (%s, 'pulse', 90, 'Dr Synthetic', 'GMC', '1234567', 'A pacemaker', now(), now(), now() + interval '90 days', %s)
"""
CEILING: LiteralString = """
INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by)
VALUES (%s, 'For hospital', 'Dr Synthetic', 'GMC', '1234567', 'Agreed', now(), now(), now() + interval '20 days', %s)
"""
BROKEN: LiteralString = """
INSERT INTO delegation.break_glass (person_id, resident_id, hubs, reason, words, ends_at)
VALUES (%s, %s, %s, 'called_here', 'They rang here', now() + interval '1 hour')
"""
TRAINS: LiteralString = """
INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at) VALUES (%s, 'trainer', %s, now())
"""
AUDITED: LiteralString = """
SELECT actor, role, purpose, coalesce(resident_id::text, subject) FROM delegation.audit_event
WHERE request_id = %s ORDER BY audit_id
"""


def paths(method: str) -> set[str]:
    return {
        str(route.path)
        for route in iter_route_contexts(create_app(Settings()).routes)
        if method in (route.methods or ()) and any(place in str(route.path) for place in PLACES)
    }


def templates() -> list[str]:
    return [*sorted(paths("GET") - NO_LOOK.keys()), "/rounds", "/hubs/{hub_id}/raise?name=amara"]


def test_every_form_about_somebody_is_asked_here_what_it_writes_down() -> None:
    asked = {places_out(template) for method, template, _ in ways_to_look() if method == "POST"}
    forms = {places_out(path): path for path in paths("POST") if not path.startswith("/api/")}
    assert {path for shape, path in forms.items() if shape not in asked} == NO_FORM.keys()
    assert asked <= forms.keys()


def places_out(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def ways_to_look() -> list[tuple[str, str, dict[str, str]]]:
    """Every page that is opened, and every form that comes back."""
    opened = [("GET", template, {}) for template in templates()]
    returned = [("POST", template, {}) for template in EMPTY]
    return [*opened, *returned, *(("POST", template, fields) for template, fields in FILLED)]


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
    nothing = {"nothing_in_force": UUID(int=99), "new_reading_id": new_reading_id(), "now": now.isoformat()}
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
    said = {name: str(one) for name, one in ids.items()}
    written: dict[tuple[str, str], object] = {}
    expected: dict[tuple[str, str], object] = {}
    for method, template, fields in ways_to_look():
        address = template.format_map(said)
        sent = {name: text.format_map(said) for name, text in fields.items()} if method == "POST" else None
        answers = (one.request(method, address, data=sent, headers=HTML) for one in clients.values())
        answer = next(filter(is_shown, answers))
        with neighbourhood.connect() as owner:
            written[method, template] = owner.execute(AUDITED, (answer.headers["x-request-id"],)).fetchall()
        expected[method, template] = [
            (f"person:{who}", role, purpose, of_whom.format_map(said))
            for who, role, purpose, of_whom in WRITTEN[template]
        ]
    assert written == expected
    assert {template for _, template in written} == WRITTEN.keys()
    # What layers below the api write knows the request too.
    answer = clients[n.CLINICIAN].post(f"/api/v1/escalations/{ids['escalation_id']}/release")
    with neighbourhood.connect() as owner:
        assert set(owner.execute(AUDITED, (answer.headers["x-request-id"],)).fetchall()) == {
            (f"person:{n.CLINICIAN}", "hub_clinician", "hub_answer", str(n.AMARA))
        }


def test_an_answer_that_changed_nothing_and_shows_a_case_is_a_look(
    served: Served, neighbourhood: Database, ids: dict[str, Any]
) -> None:
    client = served.signed_in(n.CLINICIAN)
    again = client.post(f"/api/v1/escalations/{ids['escalation_id']}/claim")
    assert again.json()["escalation"]["resident_id"] == str(n.AMARA)
    assert actions_of(neighbourhood, again) == [("escalation.seen", n.AMARA)]


def test_who_is_shown_beside_another_is_written_down_too(
    served: Served, neighbourhood: Database, ids: dict[str, Any]
) -> None:
    clive, mona = served.signed_in(n.CLINICIAN), served.signed_in(n.MANAGER)
    named = clive.get(f"/hubs/{n.HUB}/raise?name=amara")
    assert ("resident.found", n.AMARA) in actions_of(neighbourhood, named)
    asked = clive.get(f"/residents/{n.AMARA}/readings/{n.KIT}/{ids['reading_id']}/correct")
    assert "Bram Synthetic" in asked.text
    assert actions_of(neighbourhood, asked) == [("reading.seen", n.AMARA), ("home.residents_named", None)]
    with neighbourhood.connect() as owner:
        [(born_on,)] = owner.execute(
            "SELECT born_on FROM delegation.resident WHERE resident_id = %s", (n.AMARA,)
        ).fetchall()
    new = {"name": "Amara Synthetic", "born_on": born_on.isoformat(), "allergies": None, "other_than": []}
    alike = mona.post(f"/api/v1/homes/{n.ORCHARD}/residents", json=new)
    assert (alike.status_code, alike.json()["resident_id"]) == (409, str(n.AMARA)), alike.text
    assert actions_of(neighbourhood, alike) == [("resident.details_seen", n.AMARA)]


def test_the_part_of_the_queue_that_changes_is_a_look_of_its_own_to_whoever_did_not_open_the_queue(
    served: Served, neighbourhood: Database, ids: dict[str, Any]
) -> None:
    opened, not_opened, part = (
        served.signed_in(n.CLINICIAN),
        served.signed_in(n.COLLEAGUE),
        f"/hubs/{n.HUB}/queue",
    )
    whole = [("hub.queue_seen", None), ("resident.queue_seen", n.AMARA)]
    assert actions_of(neighbourhood, opened.get(f"/hubs/{n.HUB}", headers=HTML)) == whole
    assert actions_of(neighbourhood, opened.get(part)) == []
    first, second = not_opened.get(part), not_opened.get(part)
    assert "Amara Synthetic" in first.text
    assert (actions_of(neighbourhood, first), actions_of(neighbourhood, second)) == (whole, [])


def test_whom_a_refresh_of_the_queue_shows_for_the_first_time_is_written_down_and_their_manager_reads_of_it(
    served: Served, neighbourhood: Database, ids: dict[str, Any]
) -> None:
    clive, part = served.signed_in(n.CLINICIAN), f"/hubs/{n.HUB}/queue"
    clive.get(f"/hubs/{n.HUB}", headers=HTML)
    raised = clive.post(
        f"/api/v1/residents/{n.BRAM}/escalations",
        json={"severity": "medium", "words": "They rang about Bram"},
    )
    assert raised.status_code == HTTPStatus.CREATED, raised.text
    refreshed = clive.get(part)
    assert "Bram Synthetic" in refreshed.text
    assert actions_of(neighbourhood, refreshed) == [("resident.queue_seen", n.BRAM)]
    assert actions_of(neighbourhood, clive.get(part)) == []
    looks = served.signed_in(n.MANAGER).get(f"/residents/{n.BRAM}/looks", headers=HTML).text
    assert "Saw them on the hub’s queue" in looks


@pytest.mark.parametrize("address", [f"/hubs/{n.HUB}/reviews", f"/api/v1/hubs/{n.HUB}/reviews"])
def test_whose_review_is_due_is_written_down_by_name(
    served: Served, neighbourhood: Database, ids: dict[str, Any], address: str
) -> None:
    clive = served.signed_in(n.CLINICIAN)
    first, second = (clive.get(address, headers=HTML) for _ in range(2))
    assert "Amara Synthetic" in first.text
    listed = ("hub.reviews_seen", None)
    assert actions_of(neighbourhood, first) == [listed, ("resident.reviews_seen", n.AMARA)]
    assert actions_of(neighbourhood, second) == [listed]


def test_a_role_that_opens_no_record_is_no_care_behind_broken_glass(
    served: Served, neighbourhood: Database
) -> None:
    """Whoever trains at a home and opens a record there as a clinician of another hub opens it from outside."""
    with neighbourhood.connect() as owner:
        owner.execute(TRAINS, (n.OUTSIDE_CLINICIAN, n.ORCHARD))
        owner.execute(BROKEN, (n.OUTSIDE_CLINICIAN, n.AMARA, [n.OTHER_HUB]))
    seen = served.signed_in(n.OUTSIDE_CLINICIAN).get(f"/api/v1/residents/{n.AMARA}")
    assert seen.status_code == 200
    with neighbourhood.connect() as owner:
        [(_, _, purpose, _)] = owner.execute(AUDITED, (seen.headers["x-request-id"],)).fetchall()
    assert purpose == "break_glass"


def actions_of(neighbourhood: Database, answer: httpx.Response) -> list[tuple[str, UUID | None]]:
    asked = "SELECT action, resident_id FROM delegation.audit_event WHERE request_id = %s ORDER BY audit_id"
    with neighbourhood.connect() as owner:
        return owner.execute(asked, (answer.headers["x-request-id"],)).fetchall()
