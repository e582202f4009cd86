"""A pause of somebody's monitoring is recorded by their home or the hub, shows to whoever cares, and is ended early."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from api.web.presenters.moments import calendar_day
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, JSON = f"{AMARA}/pause", f"/api/v1{AMARA}/pauses"
DONE: LiteralString = """
SELECT action, purpose, split_part(actor, ':', 2)::uuid FROM delegation.audit_event
WHERE action LIKE 'pause.%' ORDER BY audit_id
"""


def day(ahead: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def filled(**different: str) -> dict[str, str]:
    return {"seen": "", "reason": "In hospital", "starts_at": day(-1), "ends_at": day(5)} | different


def seen_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seen)" value="([0-9a-f-]*)"', page))


def test_it_holds_from_when_somebody_says_they_are_away_until_somebody_says_they_are_back(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    manager, clinician, worker = (sign_in(who) for who in (n.MANAGER, n.CLINICIAN, n.WORKER))
    assert f'href="{PAGE}"' in manager.get(AMARA).text
    assert manager.post(PAGE, data=filled()).status_code == 303
    shown = worker.get(AMARA).text
    assert re.search(
        r"Monitoring is paused until .{5,20} 23:59: In hospital\.</strong> Recorded by Mona", shown
    )
    assert "They are back" not in shown, "that is for the manager and the hub to say"
    assert "In hospital, until" in worker.get("/rounds").text
    changed = filled(reason="Still in hospital", ends_at=day(20)) | seen_in(clinician.get(PAGE).text)
    assert clinician.post(PAGE, data=changed).status_code == 303
    [end] = set(re.findall(rf'action="({PAGE}/[0-9a-f-]+/end)"', manager.get(AMARA).text))
    assert manager.post(end, follow_redirects=True).text.count("The pause has ended. Measure them now") == 1
    assert "Monitoring is paused" not in worker.get(AMARA).text
    again = manager.post(end)
    assert (again.status_code, "is not paused any more" in again.text) == (409, True)
    assert "Pause the monitoring of Amara" in again.text, "what stands now, with the form for another"
    with neighbourhood.connect() as owner:
        done = owner.execute(DONE).fetchall()
        held = owner.execute("SELECT reason, ended_by FROM delegation.monitoring_pause ORDER BY 1").fetchall()
    assert done == [
        ("pause.recorded", "direct_care", n.MANAGER),
        ("pause.changed", "direct_care", n.CLINICIAN),
        ("pause.ended", "direct_care", n.MANAGER),
    ]
    assert held == [("In hospital", n.CLINICIAN), ("Still in hospital", n.MANAGER)]


def test_what_cannot_be_is_said_beside_its_field_and_what_was_recorded_meanwhile_is_shown(
    sign_in: SignIn,
) -> None:
    manager, clinician = sign_in(n.MANAGER), sign_in(n.CLINICIAN)
    opened = seen_in(manager.get(PAGE).text)
    for different, sentence in (
        ({"reason": " "}, "Say why they are away"),
        ({"starts_at": ""}, "Give the day since when they are away"),
        ({"starts_at": day(1)}, "They are watched until they have gone"),
        ({"ends_at": "soon"}, "Give the last day of the pause"),
        ({"ends_at": day(-2)}, "Choose a day to come, or today"),
    ):
        answer = manager.post(PAGE, data=filled(**different))
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence
        assert f'value="{filled(**different)["ends_at"]}"' in answer.text, (
            "nothing that was filled in is lost"
        )
    assert clinician.post(PAGE, data=filled(reason="With her daughter")).status_code == 303
    late = manager.post(PAGE, data=filled() | opened)
    assert (late.status_code, "A colleague has just recorded" in late.text) == (422, True)
    assert 'href="#standing"' in late.text, "it is said at the pause that stands, not at the reason"
    assert re.search(
        r'id="standing".*A colleague has just.*With her daughter.*id="reason"', late.text, re.DOTALL
    )
    assert manager.post(PAGE, data=filled() | seen_in(late.text)).status_code == 303, "now they have seen it"


def test_the_first_and_the_last_day_are_named_and_hold_and_a_day_more_does_not(sign_in: SignIn) -> None:
    manager = sign_in(n.MANAGER)
    first, _, _, last = map(
        date.fromisoformat, re.findall(r'(?:min|max)="([0-9-]{10})"', manager.get(PAGE).text)
    )
    one = timedelta(days=1)
    for different, named in (
        ({"starts_at": first - one}, f"Choose {calendar_day(first)} or a later day"),
        ({"ends_at": last + one}, f"Choose {calendar_day(last)} or an earlier day"),
    ):
        answer = manager.post(PAGE, data=filled(**{name: str(day) for name, day in different.items()}))
        assert (answer.status_code, named in answer.text) == (422, True), named
        assert f"{calendar_day(first)} at the earliest" in answer.text
        assert f"{calendar_day(last)} at the latest" in answer.text
    assert manager.post(PAGE, data=filled(starts_at=str(first), ends_at=str(last))).status_code == 303


@pytest.mark.parametrize(
    ("person", "status", "of_record"),
    [(n.WORKER, 403, 200), (n.OUTSIDE_CLINICIAN, 404, 404)],
    ids=["worker", "far hub"],
)
def test_nobody_else_records_one(sign_in: SignIn, person: UUID, status: int, of_record: int) -> None:
    client = sign_in(person)
    assert client.get(PAGE).status_code == client.post(PAGE, data=filled()).status_code == status
    shown = client.get(AMARA)
    assert (shown.status_code, f'href="{PAGE}"' in shown.text) == (of_record, False)


def test_a_program_records_one_and_ends_it_as_a_page_does(sign_in: SignIn) -> None:
    client, now = sign_in(n.CLINICIAN), datetime.now(UTC)
    given = {
        "reason": "In hospital",
        "starts_at": (now - timedelta(hours=3)).isoformat(),
        "ends_at": (now + timedelta(days=2)).isoformat(),
    }
    assert client.post(JSON, json=given).status_code == 422, "who records one has read what is in force"
    made = client.post(JSON, json=given | {"seen": None})
    assert made.status_code == 201
    assert client.post(JSON, json=given | {"seen": None}).status_code == 409
    shown = client.get(f"/api/v1{AMARA}").json()["decisions"]["pause"]
    assert (shown["pause_id"], shown["reason"]) == (made.json()["pause_id"], "In hospital")
    long = client.post(
        JSON,
        json=given | {"seen": shown["pause_id"], "ends_at": (now + timedelta(days=300)).isoformat()},
    )
    assert (long.status_code, "within 28 days" in long.json()["detail"]) == (422, True)
    assert client.post(f"{JSON}/{shown['pause_id']}/end").status_code == 204
    assert client.post(f"{JSON}/{shown['pause_id']}/end").status_code == 409
    assert client.get(f"/api/v1{AMARA}").json()["decisions"]["pause"] is None
