"""The hub's desk, the trainer's matrix, the home's day and the operator's view, over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.serving import Served
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
CLOSING = {"disposition": "gp_today", "note": "Doctor comes at four.", "seen": 1, "seen_ceiling": None}


@pytest.fixture
def escalation(sign_in: SignIn) -> str:
    """Raised by a grave set of Amara's."""
    return send(sign_in(n.WORKER), observed(n.GRAVE)).json()["escalation_id"]


def act(
    client: httpx.Client, escalation: str, what: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    return client.post(f"/api/v1/escalations/{escalation}/{what}", json=body)


def ceiling_of_treatment() -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {
        "seen": None,
        "statement": "For hospital",
        "clinician_name": "Dr Synthetic Geriatrics",
        "regulator": "GMC",
        "regulator_number": "1234567",
        "decided_on": today.isoformat(),
        "review_on": (today + timedelta(days=90)).isoformat(),
        "reason": "Agreed with her",
    }


def test_an_escalation_is_claimed_closed_and_the_closing_taken_back(sign_in: SignIn, escalation: str) -> None:
    client = sign_in(n.CLINICIAN)
    assert act(client, escalation, "claim").json()["escalation"]["claimed_by_name"] == "Clive Clinician"
    closed = act(client, escalation, "close", CLOSING).json()
    assert (closed["escalation"]["state"], closed["escalation"]["note"]) == (
        "closed",
        "Doctor comes at four.",
    )
    assert client.get(f"/api/v1/hubs/{n.HUB}/escalations").json()["escalations"] == []
    back = act(client, escalation, "undo").json()
    assert back["escalation"]["state"] == "claimed"
    assert [step["kind"] for step in back["steps"]] == ["raised", "claimed", "closed", "reopened"]


def test_only_one_of_two_clinicians_has_it(sign_in: SignIn, escalation: str) -> None:
    first, second = sign_in(n.CLINICIAN), sign_in(n.COLLEAGUE)
    assert act(first, escalation, "claim").status_code == 200
    late = act(second, escalation, "claim")
    assert late.status_code == 409
    assert late.json()["detail"] == "A colleague has claimed this escalation already."
    assert act(second, escalation, "close", CLOSING).status_code == 409
    assert act(first, escalation, "release").status_code == 200
    assert act(second, escalation, "claim").status_code == 200


def test_closing_needs_a_claim_and_a_note(sign_in: SignIn, escalation: str) -> None:
    client = sign_in(n.CLINICIAN)
    assert act(client, escalation, "close", CLOSING).status_code == 409
    act(client, escalation, "claim")
    assert act(client, escalation, "close", CLOSING | {"note": "  "}).status_code == 422
    assert act(client, escalation, "close", CLOSING | {"disposition": "ignored"}).status_code == 422


def test_what_has_worsened_since_it_was_read_is_not_closed_unread(sign_in: SignIn, escalation: str) -> None:
    client = sign_in(n.CLINICIAN)
    seen = act(client, escalation, "claim").json()["escalation"]["revision"]
    send(sign_in(n.WORKER), observed(n.GRAVE | {"consciousness": "U"}))
    refused = act(client, escalation, "close", CLOSING | {"seen": seen})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "This has changed since you opened it: look again before you close it.",
    )
    looked = client.get(f"/api/v1/escalations/{escalation}").json()["escalation"]["revision"]
    assert act(client, escalation, "close", CLOSING | {"seen": looked}).status_code == 200
    for unread in ("seen", "seen_ceiling"):
        named = {name: said for name, said in CLOSING.items() if name != unread}
        assert act(client, escalation, "close", named).status_code == 422


def test_an_answer_names_the_ceiling_of_treatment_that_was_read_with_the_case(
    sign_in: SignIn, escalation: str
) -> None:
    client = sign_in(n.CLINICIAN)
    read = act(client, escalation, "claim").json()
    assert read["ceiling"] is None
    answer = CLOSING | {"seen": read["escalation"]["revision"]}
    recorded = sign_in(n.COLLEAGUE).post(f"/api/v1/residents/{n.AMARA}/ceiling", json=ceiling_of_treatment())
    assert recorded.status_code == 201, recorded.text
    refused = act(client, escalation, "close", answer)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The ceiling of treatment has changed since you opened this: look again before you close it.",
    )
    told = client.get(f"/api/v1/escalations/{escalation}").json()["ceiling"]
    assert (told["statement"], told["ceiling_id"]) == ("For hospital", recorded.json()["ceiling_id"])
    answer |= {"seen_ceiling": told["ceiling_id"]}
    assert act(client, escalation, "close", answer).json()["ceiling"] == told


def test_a_phone_call_raises_an_escalation_which_the_next_joins(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    address = f"/api/v1/residents/{n.BRAM}/escalations"
    first = client.post(address, json={"severity": "concern", "words": "He fell at breakfast."})
    second = client.post(address, json={"severity": "medium", "words": "He is in pain now."})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    [waiting] = client.get(f"/api/v1/hubs/{n.HUB}/escalations").json()["escalations"]
    assert waiting["escalation"]["severity"] == "medium"
    assert [finding["sentence"] for finding in waiting["findings"]] == [
        "He fell at breakfast.",
        "He is in pain now.",
    ]


def test_the_home_sees_the_hubs_answer(sign_in: SignIn, escalation: str) -> None:
    client = sign_in(n.CLINICIAN)
    act(client, escalation, "claim")
    act(client, escalation, "close", CLOSING)
    today = sign_in(n.MANAGER).get(f"/api/v1/homes/{n.ORCHARD}/today").json()
    assert [one["name"] for one in today["residents"]] == ["Amara Synthetic", "Bram Synthetic"]
    assert [one["note"] for one in today["escalations"]] == ["Doctor comes at four."]
    assert [one["resident_id"] for one in today["full_sets"]] == [str(n.AMARA)]


def test_a_residents_history_is_asked_for_between_two_moments(sign_in: SignIn) -> None:
    worker = sign_in(n.WORKER)
    body = observed(n.GRAVE)
    send(worker, body)
    resident = f"/api/v1/residents/{n.AMARA}"
    [reading] = worker.get(f"{resident}/readings").json()
    assert (reading["reading_id"], reading["taken_by_name"]) == (body["reading_id"], "Wanda Worker")
    [score] = worker.get(f"{resident}/scores").json()
    assert (score["low"], score["cause_reading_id"]) == (10, body["reading_id"])
    summary = worker.get(resident).json()
    assert summary["score"]["low"] == 10
    assert summary["current"]["signs"]["pulse"]["value"] in (124, "124")
    before = {"until": (datetime.now(UTC) - timedelta(days=1)).isoformat()}
    assert worker.get(f"{resident}/readings", params=before).json() == []
    years = {"since": "2020-01-01T00:00:00Z"}
    assert (
        worker.get(f"{resident}/readings", params=years).json()["detail"]
        == "Ask for at most 31 days at a time."
    )
    assert worker.get(f"{resident}/scores", params={"since": "2099-01-01T00:00:00Z"}).status_code == 422


def test_a_trainer_signs_off_a_worker_and_takes_it_back_and_never_themselves(sign_in: SignIn) -> None:
    trainer = sign_in(n.TRAINER)
    until = (datetime.now(UTC) + timedelta(days=365)).isoformat()
    signing = {
        "person_id": str(n.WORKER),
        "activity": "temperature",
        "level": "independent",
        "valid_until": until,
    }
    made = trainer.post("/api/v1/competences", json=signing).json()["competence_id"]
    [held] = trainer.get("/api/v1/competences").json()["sign_offs"]
    assert (held["person_id"], held["assessor_name"]) == (str(n.WORKER), "Tara Trainer")
    taking_back = {"reason": "Has not done it for a year."}
    assert trainer.post(f"/api/v1/competences/{made}/revoke", json={"reason": " "}).status_code == 403
    assert trainer.post(f"/api/v1/competences/{made}/revoke", json=taking_back).status_code == 204
    assert trainer.get("/api/v1/competences").json()["sign_offs"][0]["revoked_at"]
    themselves = trainer.post("/api/v1/competences", json=signing | {"person_id": str(n.TRAINER)})
    assert (themselves.status_code, themselves.json()["detail"]) == (
        403,
        "Nobody signs themselves off: ask another trainer.",
    )
    assert (
        trainer.post("/api/v1/competences", json=signing | {"person_id": str(n.OUTSIDER)}).status_code == 403
    )


def test_an_operator_sees_kits_and_counts_and_nobody(sign_in: SignIn) -> None:
    worker = sign_in(n.WORKER)
    body = observed()
    send(worker, body)
    send(worker, body | {"values": n.GRAVE})
    operator = sign_in(n.OPERATOR)
    answer = operator.get("/api/v1/kits").json()
    web = next(kit for kit in answer["kits"] if kit["kit_id"] == str(n.WEB_KIT))
    # What is in conflict is a reading that is stored: in the books it counts once.
    assert (web["stored"], web["quarantined"]) == (1, 0)
    [reason] = operator.get("/api/v1/quarantine").json()
    assert (reason["reason"], reason["payloads"]) == ("conflict", 1)


def test_the_contract_describes_every_address_of_the_api(served: Served) -> None:
    contract = served.client().get("/api/v1/openapi.json").json()
    assert contract["openapi"].startswith("3.")
    assert "/api/v1/residents/{resident_id}/readings" in contract["paths"]
    assert "/hubs/{hub_id}/events" in contract["paths"]
