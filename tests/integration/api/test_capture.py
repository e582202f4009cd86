"""Observations typed in by hand: through the same door, once, and answered at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from devices.identifiers import new_uuid7
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]


def observed(values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "reading_id": str(new_uuid7()),
        "taken_at": datetime.now(UTC).isoformat(),
        "values": n.NORMAL if values is None else values,
    } | more


def send(client: httpx.Client, body: dict[str, Any], resident: UUID = n.AMARA) -> httpx.Response:
    return client.post(f"/api/v1/residents/{resident}/readings", json=body)


def test_a_full_set_is_stored_and_its_score_answered(sign_in: SignIn, neighbourhood: Database) -> None:
    answer = send(sign_in(n.WORKER), observed())
    assert answer.status_code == 201
    assert answer.json() == {
        "outcome": "stored",
        "reason": None,
        "low": 0,
        "high": 0,
        "complete": True,
        "assumed_air": False,
        "deciding": [],
        "next": "nothing",
        "escalation_id": None,
        "found": False,
        "old": False,
        "competence": "not_signed_off",
        "competence_lacking": {
            "blood_pressure": "not_signed_off",
            "temperature": "not_signed_off",
            "pulse_oximetry": "not_signed_off",
            "breathing_and_alertness": "not_signed_off",
        },
    }
    with neighbourhood.connect() as conn:
        stored = conn.execute(
            "SELECT kit_id, resident_id, taken_by, operator_known_by, device_kind, competence FROM ingest.reading"
        ).fetchall()
    assert stored == [(n.WEB_KIT, n.AMARA, n.WORKER, "session", "person", "not_signed_off")]


def test_a_grave_set_is_in_the_hubs_queue_before_it_is_answered(sign_in: SignIn) -> None:
    body = observed(n.GRAVE)
    answer = send(sign_in(n.WORKER), body).json()
    assert (answer["low"], answer["high"], answer["next"]) == (10, 10, "call_hub")
    queue = sign_in(n.CLINICIAN).get(f"/api/v1/hubs/{n.HUB}/escalations").json()
    [waiting] = queue["escalations"]
    assert waiting["escalation"]["escalation_id"] == answer["escalation_id"]
    [finding] = waiting["findings"]
    assert finding["sentence"].startswith("NEWS2 is 10")
    assert [item["reading"] for item in finding["evidence"]] == [body["reading_id"]]


def test_what_is_missing_is_unknown_and_asked_for(sign_in: SignIn) -> None:
    values = {name: value for name, value in n.NORMAL.items() if name != "consciousness"} | {"pulse": 115}
    answer = send(sign_in(n.WORKER), observed(values, scheduled_full_set=True)).json()
    assert (answer["low"], answer["high"], answer["complete"]) == (2, 5, False)
    assert answer["deciding"] == ["consciousness"]
    assert answer["next"] == "measure:consciousness"


@pytest.mark.parametrize("values", [n.NORMAL, n.GRAVE, {"pulse": 115}])
def test_the_same_form_sent_twice_is_stored_once_and_answered_alike(
    sign_in: SignIn, neighbourhood: Database, values: dict[str, Any]
) -> None:
    worker = sign_in(n.WORKER)
    body = observed(values)
    first, second = send(worker, body), send(worker, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"outcome": "duplicate"}
    assert _counts(neighbourhood) == (1, 1)


def test_a_double_click_is_stored_once(served: Served, neighbourhood: Database) -> None:
    body = observed(n.GRAVE)
    clients = [served.signed_in(n.WORKER) for _ in range(4)]
    together = Barrier(len(clients))
    answers: list[httpx.Response] = []

    def click(client: httpx.Client) -> None:
        together.wait()
        answers.append(send(client, body))

    threads = [Thread(target=click, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["escalation_id"] for answer in answers}) == 1
    assert _counts(neighbourhood) == (1, 1)


def test_a_form_sent_again_after_the_resident_moved_is_stored_once(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    meadows_form = _another_form(neighbourhood, n.MEADOW)
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET home_id = NULL, organisation_id = %s WHERE person_id = %s",
            (n.ORCHARD_PROVIDER, n.WORKER),
        )
    worker, body = sign_in(n.WORKER), observed()
    outcomes = [send(worker, body).json()["outcome"]]
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s", (n.MEADOW, n.AMARA)
        )
    outcomes += [send(worker, observed()).json()["outcome"], send(worker, body).json()["outcome"]]
    assert outcomes == ["stored", "stored", "duplicate"]
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT kit_id FROM ingest.reading ORDER BY arrival_number").fetchall() == [
            (n.WEB_KIT,),
            (meadows_form,),
        ]


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE devices.kit_loan SET returned_at = now() WHERE kit_id = %s",
        "UPDATE devices.kit SET revoked_at = now() WHERE kit_id = %s",
    ],
    ids=["returned", "revoked"],
)
def test_a_form_sent_again_after_its_homes_form_was_replaced_is_not_refused(
    sign_in: SignIn, neighbourhood: Database, gone: LiteralString
) -> None:
    worker, body = sign_in(n.WORKER), observed()
    outcomes = [send(worker, body).json()["outcome"]]
    with neighbourhood.connect() as conn:
        conn.execute(gone, (n.WEB_KIT,))
    _another_form(neighbourhood, n.ORCHARD)
    outcomes += [send(worker, body).json().get("outcome") for _ in range(2)]
    assert outcomes == ["stored", "stored", "duplicate"]
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT FROM ingest.quarantine").fetchall() == []


def test_the_same_id_with_other_values_is_refused_and_kept_for_an_operator(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    worker = sign_in(n.WORKER)
    body = observed()
    send(worker, body)
    answer = send(worker, body | {"values": n.GRAVE})
    assert answer.status_code == 409
    assert "conflict" in answer.json()["detail"]
    assert _counts(neighbourhood) == (1, 1)
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT reason FROM ingest.quarantine").fetchall() == [("conflict",)]


def test_one_unusable_value_costs_nothing_else(sign_in: SignIn, neighbourhood: Database) -> None:
    answer = send(sign_in(n.WORKER), observed(n.NORMAL | {"pulse": "fast", "temperature": 400}))
    assert answer.status_code == 201
    assert answer.json()["complete"] is False
    with neighbourhood.connect() as conn:
        stored = conn.execute("SELECT spo2, pulse, temperature, unusable FROM ingest.reading").fetchone()
    assert stored == (97, None, None, {"pulse": "fast", "temperature": "400"})


def test_letters_a_database_cannot_hold_do_not_lose_a_reading(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    answer = send(
        sign_in(n.WORKER), observed(note="She said \0 nothing.", soft_signs={"not\0herself": "present"})
    )
    assert answer.status_code == 201
    assert _counts(neighbourhood) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": {"blood_sugar": 7}},
        {"taken_at": "2026-03-04T09:00:00"},
        {"reading_id": "1"},
        {"not_obtained": {"pulse": "because"}},
        {"values": {"pulse": [1]}},
    ],
)
def test_a_form_that_was_not_filled_in_right_is_refused_with_a_sentence(
    sign_in: SignIn, wrong: dict[str, Any]
) -> None:
    answer = send(sign_in(n.WORKER), observed() | wrong)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.json()["detail"]


@pytest.mark.parametrize(
    ("person", "resident", "status"),
    [
        (n.CARER, n.AMARA, 201),
        (n.MANAGER, n.BRAM, 201),
        (n.CARER, n.BRAM, 404),
        (n.WORKER, n.CORA, 404),
        (n.OUTSIDER, n.AMARA, 404),
        (n.CLINICIAN, n.AMARA, 403),
        (n.TRAINER, n.AMARA, 403),
        (n.OPERATOR, n.AMARA, 403),
    ],
)
def test_only_those_at_the_bedside_send_for_a_resident(
    sign_in: SignIn, person: UUID, resident: UUID, status: int
) -> None:
    assert send(sign_in(person), observed(), resident).status_code == status


def test_a_carers_reading_needs_no_sign_off(sign_in: SignIn, neighbourhood: Database) -> None:
    send(sign_in(n.CARER), observed())
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT competence FROM ingest.reading").fetchall() == [("not_applicable",)]


def test_after_a_sign_off_the_next_reading_carries_it(sign_in: SignIn, neighbourhood: Database) -> None:
    until = (datetime.now(UTC) + timedelta(days=365)).isoformat()
    signing = {
        "person_id": str(n.WORKER),
        "activity": "temperature",
        "level": "independent",
        "valid_until": until,
    }
    assert sign_in(n.TRAINER).post("/api/v1/competences", json=signing).status_code == 201
    worker = sign_in(n.WORKER)
    answer = send(worker, observed({"temperature": 36.8})).json()
    assert (answer["competence"], answer["competence_lacking"]) == ("in_date", {})
    also = {"temperature": 36.8, "systolic": 128, "diastolic": 76}
    answer = send(worker, observed(also)).json()
    assert answer["competence_lacking"] == {"blood_pressure": "not_signed_off"}
    [newest, _] = sign_in(n.CLINICIAN).get(f"/api/v1/residents/{n.AMARA}/readings").json()
    assert {said: newest[said] for said in ("competence", "competence_lacking")} == {
        said: answer[said] for said in ("competence", "competence_lacking")
    }


def test_who_sent_is_audited_with_the_outcome(sign_in: SignIn, neighbourhood: Database) -> None:
    body = observed()
    send(sign_in(n.WORKER), body)
    with neighbourhood.connect() as conn:
        written = conn.execute(
            "SELECT actor, subject, resident_id FROM delegation.audit_event WHERE action = 'reading.captured'"
        ).fetchall()
    assert written == [(f"person:{n.WORKER}", f"reading:{body['reading_id']}/stored", n.AMARA)]


def test_what_a_form_changes_by_itself_is_audited_with_its_request(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s)",
            (n.AMARA, n.MANAGER, n.LONG_AGO),
        )
    answer = send(sign_in(n.WORKER), observed({"on_oxygen": True}))
    with neighbourhood.connect() as conn:
        written = conn.execute(
            "SELECT action, actor FROM delegation.audit_event WHERE request_id = %s ORDER BY audit_id",
            (answer.headers["x-request-id"],),
        ).fetchall()
    assert written == [("air_record.cancelled", "process:ingest"), ("reading.captured", f"person:{n.WORKER}")]


def _counts(database: Database) -> tuple[int, int]:
    with database.connect() as conn:
        [(readings,)] = conn.execute("SELECT count(*) FROM ingest.reading").fetchall()
        [(seen,)] = conn.execute("SELECT count(*) FROM ingest.seen").fetchall()
    return readings, seen


def _another_form(database: Database, home: UUID) -> UUID:
    form = new_uuid7()
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO devices.kit (kit_id, partition, kind, enrolled_at) VALUES (%s, 2, 'web', %s)",
            (form, n.LONG_AGO),
        )
        conn.execute(
            "INSERT INTO devices.kit_loan (kit_id, home_id, lent_at) VALUES (%s, %s, %s)",
            (form, home, n.LONG_AGO),
        )
    return form
