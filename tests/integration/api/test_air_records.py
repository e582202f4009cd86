"""That no oxygen is in use is recorded by the home or the hub, ended by an entry of oxygen, and recorded anew."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.api.test_capture import observed, send
from tests.integration.api.test_pauses import seen_in

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, JSON = f"{AMARA}/air", f"/api/v1{AMARA}/air-records"
CHECKED = {"checked": "yes"}
NONE_IN_USE = "No oxygen in use, recorded"
OXYGEN_UNSAID = {sign: value for sign, value in n.NORMAL.items() if sign != "on_oxygen"}


def test_an_entry_of_oxygen_ends_it_and_it_is_recorded_anew_and_withdrawn(sign_in: SignIn) -> None:
    manager, clinician, worker = (sign_in(who) for who in (n.MANAGER, n.CLINICIAN, n.WORKER))
    assert "Record that no oxygen is in use" in manager.get(AMARA).text
    unchecked = manager.post(PAGE, data={})
    assert (unchecked.status_code, "Check first that no oxygen is in use" in unchecked.text) == (422, True)
    assert manager.post(PAGE, data=CHECKED).status_code == 303
    assert f"{NONE_IN_USE}" in worker.get(AMARA).text
    assert "by Mona" in worker.get(AMARA).text
    again = manager.post(PAGE, data=CHECKED)
    assert (again.status_code, "is recorded already." in again.text, NONE_IN_USE in again.text) == (
        409,
        True,
        True,
    )
    assert send(worker, observed(n.NORMAL | {"on_oxygen": True})).status_code < 300
    assert NONE_IN_USE not in worker.get(AMARA).text
    over = {"over": "yes"} | seen_in(clinician.get(PAGE).text)
    assert clinician.post(PAGE, data=CHECKED | over).status_code == 303
    assert NONE_IN_USE in worker.get(AMARA).text
    [end] = re.findall(rf'action="({PAGE}/[0-9a-f-]+/withdraw)"', manager.get(PAGE).text)
    assert "Ended: air is not assumed any more." in manager.post(end, follow_redirects=True).text
    assert NONE_IN_USE not in worker.get(AMARA).text
    again = manager.post(end)
    assert (again.status_code, "has ended already" in again.text, "I have checked" in again.text) == (
        409,
        True,
        True,
    )


@pytest.mark.parametrize(
    "said",
    [
        {"values": n.NORMAL | {"on_oxygen": True}},
        {"values": OXYGEN_UNSAID, "not_obtained": {"on_oxygen": "unrecordable"}},
    ],
    ids=["on oxygen", "could not be had"],
)
def test_a_last_entry_that_says_otherwise_is_shown_and_has_to_be_confirmed(
    sign_in: SignIn, said: dict[str, Any]
) -> None:
    manager, worker = sign_in(n.MANAGER), sign_in(n.WORKER)
    assert "The last entry above is over" not in manager.get(PAGE).text, (
        "nobody has said anything of oxygen yet"
    )
    assert send(worker, observed(**said)).status_code == 201
    shown = manager.get(PAGE).text
    words = "On oxygen, today" if said["values"].get("on_oxygen") else "Tried, could not be recorded, today"
    assert words in shown
    unconfirmed = manager.post(PAGE, data=CHECKED | seen_in(shown))
    assert (unconfirmed.status_code, "confirm that this is over" in unconfirmed.text) == (422, True)
    assert manager.post(JSON, json={"checked": True}).status_code == 422
    assert send(worker, observed(**said)).status_code == 201
    stale = manager.post(PAGE, data=CHECKED | {"over": "yes"} | seen_in(shown))
    ticked = re.findall(r'name="(\w+)"[^>]* checked', stale.text)
    assert (stale.status_code, ticked) == (422, ["checked"]), "another entry is confirmed anew"
    entry = manager.get(f"/api/v1{AMARA}").json()["current"]["signs"]["on_oxygen"]["reading"]
    assert seen_in(stale.text) == {"seen": entry}
    assert manager.post(JSON, json={"checked": True, "over": entry}).status_code == 201


def test_a_last_entry_of_air_has_nothing_to_confirm(sign_in: SignIn) -> None:
    manager = sign_in(n.MANAGER)
    for on_oxygen in (True, False):
        assert send(sign_in(n.WORKER), observed(n.NORMAL | {"on_oxygen": on_oxygen})).status_code == 201
    shown = manager.get(PAGE).text
    assert ("Breathing air, today" in shown, "The last entry above is over" in shown) == (True, False)
    assert manager.post(PAGE, data=CHECKED).status_code == 303


@pytest.mark.parametrize(
    ("person", "status", "of_record"),
    [(n.WORKER, 403, 200), (n.OUTSIDE_CLINICIAN, 404, 404)],
    ids=["worker", "far hub"],
)
def test_nobody_else_records_it(sign_in: SignIn, person: UUID, status: int, of_record: int) -> None:
    client = sign_in(person)
    assert client.get(PAGE).status_code == client.post(PAGE, data=CHECKED).status_code == status
    shown = client.get(AMARA)
    assert (shown.status_code, f'href="{PAGE}"' in shown.text) == (of_record, False)


def test_where_news2_is_not_used_it_is_not_offered_and_what_stands_can_be_ended(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    manager = sign_in(n.MANAGER)
    assert manager.post(PAGE, data=CHECKED).status_code == 303
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s", (n.AMARA,)
        )
    shown = manager.get(AMARA).text
    assert "Oxygen is in use, or prescribed" in shown
    [end] = re.findall(rf'action="({PAGE}/[0-9a-f-]+/withdraw)"', manager.get(PAGE).text)
    assert manager.post(end).status_code == 303
    shown = manager.get(AMARA).text
    assert ("NEWS2 is not used" in shown, f'href="{PAGE}"' in shown) == (True, False)


def test_a_program_records_and_withdraws_it_as_a_page_does(sign_in: SignIn) -> None:
    client, worker = sign_in(n.CLINICIAN), sign_in(n.WORKER)
    assert client.post(JSON, json={"checked": False}).status_code == 422
    made = client.post(JSON, json={"checked": True})
    assert (made.status_code, client.post(JSON, json={"checked": True}).status_code) == (201, 409)
    score = send(worker, observed(OXYGEN_UNSAID)).json()
    assert (score["assumed_air"], score["low"], score["high"]) == (True, 0, 0)
    standing = client.get(f"/api/v1{AMARA}").json()["decisions"]["air"]["air_record_id"]
    assert standing == made.json()["air_record_id"]
    withdraw = f"{JSON}/{standing}/withdraw"
    assert [client.post(withdraw).status_code for _ in range(2)] == [204, 409]
    assert client.get(f"/api/v1{AMARA}").json()["decisions"]["air"] is None
    score = send(worker, observed(OXYGEN_UNSAID)).json()
    assert (score["assumed_air"], score["low"], score["high"]) == (False, 0, 2)
