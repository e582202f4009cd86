"""What whoever goes round is told before they turn to anybody: what is asked, and what no longer holds."""

from collections.abc import Callable
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]


def test_what_the_hub_waits_for_is_asked_on_the_round(sign_in: SignIn) -> None:
    worker = sign_in(n.WORKER)
    assert "how alert they are" not in worker.get("/rounds").text
    values = {name: value for name, value in n.NORMAL.items() if name != "consciousness"} | {"pulse": 115}
    send(worker, observed(values, scheduled_full_set=True))
    assert "<strong>Check how alert they are now</strong>" in worker.get("/rounds").text
    send(worker, observed(n.NORMAL))
    assert "how alert they are" not in worker.get("/rounds").text


@pytest.mark.parametrize(
    ("person", "address"),
    [
        (n.WORKER, "/rounds"),
        (n.MANAGER, f"/homes/{n.ORCHARD}"),
        (n.WORKER, f"/residents/{n.AMARA}"),
        (n.CARER, f"/residents/{n.AMARA}"),
    ],
)
def test_whoever_read_an_answer_that_was_taken_back_is_told_until_there_is_another(
    sign_in: SignIn, person: UUID, address: str
) -> None:
    escalation = send(sign_in(n.WORKER), observed(n.GRAVE)).json()["escalation_id"]
    hub, reader = sign_in(n.CLINICIAN), sign_in(person)
    path = f"/api/v1/escalations/{escalation}"
    hub.post(f"{path}/claim")
    close(hub, path)
    assert "took back" not in reader.get(address).text
    assert hub.post(f"{path}/undo").is_success
    shown = reader.get(address).text
    assert "The hub took back its answer of today" in shown
    assert "(GP today): it is looking at it again." in shown
    assert "gp_today" not in shown
    close(hub, path)
    assert "took back" not in reader.get(address).text


def close(hub: httpx.Client, path: str) -> None:
    revision = hub.get(path).json()["escalation"]["revision"]
    answer = {
        "disposition": "gp_today",
        "note": "Doctor comes at four.",
        "seen": revision,
        "seen_ceiling": None,
    }
    assert hub.post(f"{path}/close", json=answer).is_success
