"""A ceiling of treatment is recorded, replaced and revoked by the hub, shows on their page, and no more."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.api.decided_forms import mended
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, PROGRAM = f"{AMARA}/ceiling", f"/api/v1{AMARA}/ceiling"
NOT_RECORDED = "Ceiling of treatment: not recorded."


def day(ahead: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def filled(**different: str) -> dict[str, str]:
    return {
        "statement": "Treat at home, not for hospital",
        "clinician_name": "Dr Synthetic Geriatrics",
        "regulator": "GMC",
        "regulator_number": "123 4567",
        "decided_on": day(-3),
        "review_on": day(180),
        "reason": "Agreed with her and her daughter",
    } | different


def seen_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seen)" value="([0-9a-f-]*)"', page))


def post(client: httpx.Client, address: str, fields: dict[str, str]) -> httpx.Response:
    """Open the form, and send it."""
    return client.post(address, data=fields | seen_in(client.get(address).text))


def test_it_is_read_by_all_who_care_until_it_is_replaced_or_revoked(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client, worker = sign_in(n.CLINICIAN), sign_in(n.WORKER)
    assert NOT_RECORDED in worker.get(AMARA).text, "which nobody takes for a decision"
    assert post(client, PAGE, filled()).status_code == 303
    for shown in (client.get(AMARA).text, worker.get(AMARA).text, worker.get(f"{AMARA}/capture").text):
        assert "<strong>Treat at home, not for hospital</strong>" in shown
        assert "Decided by Dr Synthetic Geriatrics (GMC 1234567)" in shown
        assert "Agreed with her and her daughter." in shown
    assert post(client, PAGE, filled(statement="For hospital")).status_code == 303
    assert "not for hospital" not in worker.get(AMARA).text
    revoke = f"{PAGE}/revoke"
    assert client.post(revoke, data={"reason": " "}).status_code == 422
    assert post(client, revoke, {"reason": "Dr Synthetic: written for somebody else"}).status_code == 303
    assert client.get(revoke).status_code == 409
    told = "“For hospital” was revoked on"
    for shown in (client.get(AMARA).text, worker.get(AMARA).text, worker.get(f"{AMARA}/capture").text):
        assert "Ceiling of treatment: none is in force." in shown
        assert told in shown
        assert "Dr Synthetic: written for somebody else." in shown, (
            "who read it yesterday is told why it is gone"
        )
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.ceiling SET revoked_at = revoked_at - interval '31 days'")
    assert told not in client.get(AMARA).text
    assert NOT_RECORDED in client.get(AMARA).text
    with neighbourhood.connect() as owner:
        actions = owner.execute(
            "SELECT action FROM delegation.audit_event WHERE action LIKE 'ceiling.%%' ORDER BY audit_id"
        ).fetchall()
        kept = owner.execute(
            "SELECT statement, revoked_because FROM delegation.ceiling ORDER BY starts_at"
        ).fetchall()
    assert actions == [("ceiling.decided",), ("ceiling.reviewed",), ("ceiling.revoked",)]
    assert kept == [
        ("Treat at home, not for hospital", "Decided anew"),
        ("For hospital", "Dr Synthetic: written for somebody else"),
    ]


def test_it_changes_no_score_and_no_escalation(sign_in: SignIn, neighbourhood: Database) -> None:
    assert post(sign_in(n.CLINICIAN), PAGE, filled(statement="For comfort only")).status_code == 303
    assert send(sign_in(n.WORKER), observed(n.GRAVE)).status_code < 300
    with neighbourhood.connect() as owner:
        raised = owner.execute("SELECT severity, state FROM alerts.escalation").fetchall()
    assert raised == [("high", "open")]


def test_an_overdue_review_shows_and_ends_nothing(sign_in: SignIn, neighbourhood: Database) -> None:
    client = sign_in(n.CLINICIAN)
    post(client, PAGE, filled())
    assert "<strong>Review overdue" not in client.get(AMARA).text
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.ceiling SET review_by = now() - interval '2 days'")
    shown = sign_in(n.WORKER).get(AMARA).text
    assert "<strong>Review overdue since" in shown
    assert "<strong>Treat at home, not for hospital</strong>" in shown


def test_what_a_colleague_decided_meanwhile_is_not_ended_unseen(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client, colleague, revoke = sign_in(n.CLINICIAN), sign_in(n.HUB_LEAD), f"{PAGE}/revoke"
    told = "A colleague has just recorded something else about a ceiling of treatment"
    opened = seen_in(client.get(PAGE).text)
    assert post(colleague, PAGE, filled(statement="For hospital")).status_code == 303
    for first in (mended(client, PAGE, filled(), opened, seen_in), client.post(PAGE, data=filled() | opened)):
        assert (first.status_code, told in first.text) == (422, True)
    asked, why = seen_in(client.get(revoke).text), {"reason": "Dr Synthetic: no longer"}
    assert post(colleague, PAGE, filled(statement="For comfort")).status_code == 303
    for ended in (mended(client, revoke, why, asked, seen_in), client.post(revoke, data=why | asked)):
        assert (ended.status_code, told in ended.text, "For comfort" in ended.text) == (422, True, True)
    with neighbourhood.connect() as owner:
        held = owner.execute("SELECT statement FROM delegation.ceiling WHERE revoked_at IS NULL").fetchall()
    assert held == [("For comfort",)]


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"statement": " "}, "Say how far treatment is to go"),
        ({"statement": "x" * 201}, "This has 201 characters; there is room for 200"),
        ({"reason": " "}, "Say what the decision rests on, and with whom it was agreed"),
        ({"review_on": ""}, "Give the day to review it by"),
        ({"review_on": day(400)}, "Review it within a year"),
        ({"decided_on": day(2)}, "A decision cannot be of a day to come"),
        ({"clinician_name": ""}, "Say who decided it"),
    ],
    ids=["no words", "too long", "no reason", "no review", "late review", "day to come", "nobody"],
)
def test_a_decision_that_lacks_something_is_not_recorded_and_nothing_filled_in_is_lost(
    sign_in: SignIn, neighbourhood: Database, different: dict[str, str], sentence: str
) -> None:
    answer = sign_in(n.CLINICIAN).post(PAGE, data=filled(**different))
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert 'value="123 4567"' in answer.text
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM delegation.ceiling").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "person",
    [n.WORKER, n.MANAGER, n.CARER, n.OUTSIDE_CLINICIAN],
    ids=["worker", "manager", "family", "far hub"],
)
def test_nobody_else_records_or_revokes_one(sign_in: SignIn, person: UUID) -> None:
    client = sign_in(person)
    assert client.post(PAGE, data=filled()).status_code in {403, 404}
    assert client.post(f"{PAGE}/revoke", data={"reason": "x"}).status_code in {403, 404}
    assert client.post(PROGRAM, json=filled() | {"seen": None}).status_code in {403, 404}
    assert f'href="{PAGE}"' not in client.get(AMARA).text


def test_a_program_records_one_and_ends_it_as_a_page_does(sign_in: SignIn, neighbourhood: Database) -> None:
    client = sign_in(n.CLINICIAN)
    assert client.get(f"/api/v1{AMARA}").json()["decisions"]["ceiling"] is None
    assert client.post(PROGRAM, json=filled()).status_code == 422, "who decides has read what is in force"
    assert client.post(PROGRAM, json=filled() | {"seen": None}).status_code == 201
    assert client.post(PROGRAM, json=filled() | {"seen": None}).status_code == 409
    shown = sign_in(n.WORKER).get(f"/api/v1{AMARA}").json()["decisions"]["ceiling"]
    assert (shown["statement"], shown["reason"]) == (
        "Treat at home, not for hospital",
        "Agreed with her and her daughter",
    )
    revoke, reason = f"{PROGRAM}/revoke", {"reason": "Dr Synthetic: no longer"}
    assert client.post(revoke, json=reason | {"seen": str(n.AMARA)}).status_code == 409
    assert client.post(revoke, json=reason | {"seen": shown["ceiling_id"]}).status_code == 204
    decisions = client.get(f"/api/v1{AMARA}").json()["decisions"]
    ended = decisions["ceiling_revoked"]
    assert (decisions["ceiling"], ended["ceiling_id"]) == (None, shown["ceiling_id"])
    assert ended["revoked_because"] == "Dr Synthetic: no longer"
    assert client.post(revoke, json=reason | {"seen": shown["ceiling_id"]}).status_code == 409
    assert client.get(f"/api/v1{AMARA}").json()["decisions"]["ceiling"] is None
