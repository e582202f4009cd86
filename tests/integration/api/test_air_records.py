"""That no oxygen is in use is recorded by the home or the hub, ended by an entry of oxygen, and recorded anew."""

import re
from collections.abc import Callable
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, JSON = f"{AMARA}/air", f"/api/v1{AMARA}/air-records"
CHECKED = {"checked": "yes"}
NONE_IN_USE = "No oxygen in use, recorded"


def test_an_entry_of_oxygen_ends_it_and_it_is_recorded_anew_and_withdrawn(sign_in: SignIn) -> None:
    manager, clinician, worker = (sign_in(who) for who in (n.MANAGER, n.CLINICIAN, n.WORKER))
    assert "Record that no oxygen is in use" in manager.get(AMARA).text
    unchecked = manager.post(PAGE, data={})
    assert (unchecked.status_code, "Check first that no oxygen is in use" in unchecked.text) == (422, True)
    assert manager.post(PAGE, data=CHECKED).status_code == 303
    assert f"{NONE_IN_USE}" in worker.get(AMARA).text
    assert "by Mona" in worker.get(AMARA).text
    assert manager.post(PAGE, data=CHECKED).status_code == 409
    assert send(worker, observed(n.NORMAL | {"on_oxygen": True})).status_code < 300
    assert NONE_IN_USE not in worker.get(AMARA).text
    assert clinician.post(PAGE, data=CHECKED).status_code == 303
    assert NONE_IN_USE in worker.get(AMARA).text
    [end] = re.findall(rf'action="({PAGE}/[0-9a-f-]+/withdraw)"', manager.get(PAGE).text)
    assert "Ended: air is not assumed any more." in manager.post(end, follow_redirects=True).text
    assert NONE_IN_USE not in worker.get(AMARA).text
    assert manager.post(end).status_code == 409


@pytest.mark.parametrize(
    ("person", "status"), [(n.WORKER, 403), (n.OUTSIDE_CLINICIAN, 404)], ids=["worker", "far hub"]
)
def test_nobody_else_records_it(sign_in: SignIn, person: UUID, status: int) -> None:
    client = sign_in(person)
    assert client.get(PAGE).status_code == client.post(PAGE, data=CHECKED).status_code == status
    assert f'href="{PAGE}"' not in client.get(AMARA).text


def test_a_program_records_and_withdraws_it_as_a_page_does(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    assert client.post(JSON, json={"checked": False}).status_code == 422
    made = client.post(JSON, json={"checked": True})
    assert (made.status_code, client.post(JSON, json={"checked": True}).status_code) == (201, 409)
    standing = client.get(f"/api/v1{AMARA}").json()["decisions"]["air"]["air_record_id"]
    assert standing == made.json()["air_record_id"]
    withdraw = f"{JSON}/{standing}/withdraw"
    assert [client.post(withdraw).status_code for _ in range(2)] == [204, 409]
    assert client.get(f"/api/v1{AMARA}").json()["decisions"]["air"] is None
