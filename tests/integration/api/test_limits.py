"""A limit of a resident's own is recorded, reviewed and revoked by the hub, shows on their page, and is told."""

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
PAGE = f"{AMARA}/limits"


def day(ahead: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def filled(**different: str) -> dict[str, str]:
    return {
        "sign": "pulse",
        "low": "",
        "high": "70",
        "clinician_name": "Dr Synthetic Cardiology",
        "regulator": "GMC",
        "regulator_number": "123 4567",
        "decided_on": day(-3),
        "review_on": day(180),
        "reason": "Heart failure: the clinic wants to know",
    } | different


def post(client: httpx.Client, address: str, fields: dict[str, str]) -> httpx.Response:
    """Open the form, and send it."""
    return client.post(address, data=fields | seen_in(client.get(address).text))


def seen_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seen[^"]*)" value="([0-9a-f-]*)"', page))


def found(neighbourhood: Database) -> list[tuple[str]]:
    with neighbourhood.connect() as owner:
        return owner.execute("SELECT sentence FROM alerts.finding WHERE rule = 'personal_limit'").fetchall()


def test_it_is_told_from_when_it_is_recorded_until_it_is_revoked(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client = sign_in(n.CLINICIAN)
    assert client.post(PAGE, data=filled()).status_code == 303
    shown = client.get(AMARA).text
    assert "Pulse over 70 beats a minute" in shown
    assert "Decided by Dr Synthetic Cardiology (GMC 1234567)" in shown
    assert "Pulse over 70 beats a minute" in sign_in(n.WORKER).get(AMARA).text
    assert send(sign_in(n.WORKER), observed(n.NORMAL)).status_code < 300
    assert found(neighbourhood) == [("Pulse 72 beats a minute, over their own limit of 70.",)]
    assert post(client, PAGE, filled(high="80", low="50")).status_code == 303
    assert "Pulse under 50 or over 80 beats a minute" in client.get(PAGE).text
    revoke = f"{PAGE}/pulse/revoke"
    assert client.post(revoke, data={"reason": " "}).status_code == 422
    assert post(client, revoke, {"reason": "Dr Synthetic: no longer"}).status_code == 303
    assert client.get(revoke).status_code == 409
    for shown in (client.get(AMARA).text, sign_in(n.WORKER).get(AMARA).text):
        assert "No limits of their own are in force." in shown
        assert "Pulse under 50 or over 80 beats a minute: revoked on" in shown
        assert "Dr Synthetic: no longer." in shown
        assert "over 70" not in shown, "which had been replaced before"
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.personal_limit SET revoked_at = revoked_at - interval '31 days'")
    assert "revoked on" not in client.get(AMARA).text
    with neighbourhood.connect() as owner:
        actions = owner.execute(
            "SELECT action FROM delegation.audit_event WHERE action LIKE 'personal_limit.%%' ORDER BY audit_id"
        ).fetchall()
        kept = owner.execute("SELECT count(*), count(revoked_at) FROM delegation.personal_limit").fetchall()
    assert actions == [("personal_limit.decided",), ("personal_limit.reviewed",), ("personal_limit.revoked",)]
    assert kept == [(2, 2)]


def test_what_a_colleague_decided_meanwhile_is_not_ended_unseen(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client, colleague, revoke = sign_in(n.CLINICIAN), sign_in(n.HUB_LEAD), f"{PAGE}/pulse/revoke"
    told = "A colleague has just recorded something else for this vital sign"
    opened = seen_in(client.get(PAGE).text)
    assert post(colleague, PAGE, filled(high="90")).status_code == 303
    for first in (mended(client, PAGE, filled(), opened, seen_in), client.post(PAGE, data=filled() | opened)):
        assert (first.status_code, told in first.text) == (422, True)
    asked = seen_in(client.get(revoke).text)
    assert post(colleague, PAGE, filled(high="95")).status_code == 303
    why = {"reason": "Dr Synthetic: no longer"}
    for ended in (mended(client, revoke, why, asked, seen_in), client.post(revoke, data=why | asked)):
        assert (ended.status_code, told in ended.text, "over 95 beats" in ended.text) == (422, True, True)
    with neighbourhood.connect() as owner:
        held = owner.execute("SELECT high FROM delegation.personal_limit WHERE revoked_at IS NULL").fetchall()
    assert held == [(95,)]
    assert post(client, PAGE, filled()).status_code == 303, "now they have seen it"


def test_an_overdue_review_ends_nothing_and_shows(sign_in: SignIn, neighbourhood: Database) -> None:
    client = sign_in(n.CLINICIAN)
    client.post(PAGE, data=filled(sign="spo2", low="98", high=""))
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.personal_limit SET review_by = now() - interval '2 days'")
    assert "<strong>Review overdue since" in client.get(AMARA).text
    send(sign_in(n.WORKER), observed(n.NORMAL))
    assert found(neighbourhood) == [("Oxygen saturation 97%, under their own limit of 98.",)]


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"sign": "mood"}, "Choose the vital sign"),
        ({"high": ""}, "Give at least one of the two limits"),
        ({"low": "80"}, "The lower limit must lie under the upper one"),
        ({"high": "much"}, "Give a number"),
        ({"high": "-1"}, "Give a number"),
        ({"high": "90.125"}, "with two decimals at the most"),
        ({"low": "1e-99999"}, "with two decimals at the most"),
        ({"reason": " "}, "Say what the decision rests on"),
        ({"review_on": day(400)}, "Review it within a year"),
        ({"regulator_number": "12"}, "This is not a number of the GMC"),
        ({"regulator": ""}, "Choose whose register they are on"),
    ],
)
def test_a_decision_that_lacks_something_is_not_recorded_and_nothing_filled_in_is_lost(
    sign_in: SignIn, neighbourhood: Database, different: dict[str, str], sentence: str
) -> None:
    answer = sign_in(n.CLINICIAN).post(PAGE, data=filled(**different))
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert "Dr Synthetic Cardiology" in answer.text
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM delegation.personal_limit").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "person", [n.WORKER, n.MANAGER, n.OUTSIDE_CLINICIAN], ids=["worker", "manager", "far hub"]
)
def test_nobody_else_records_or_revokes_one(sign_in: SignIn, person: UUID) -> None:
    client = sign_in(person)
    assert client.post(PAGE, data=filled()).status_code in {403, 404}
    assert client.post(f"{PAGE}/pulse/revoke", data={"reason": "x"}).status_code in {403, 404}
    assert f'href="{PAGE}"' not in client.get(AMARA).text


def test_a_program_sets_one_and_ends_it_as_a_page_does(sign_in: SignIn, neighbourhood: Database) -> None:
    address, client = f"/api/v1{PAGE}", sign_in(n.CLINICIAN)
    given = {name: said for name, said in filled(low="50.5").items() if said}
    assert client.post(address, json=given).status_code == 422, "who decides has read what is in force"
    assert client.post(address, json=given | {"seen": None}).status_code == 201
    assert client.post(address, json=given | {"seen": None}).status_code == 409
    [shown] = sign_in(n.WORKER).get(address).json()
    assert (shown["sign"], shown["low"], shown["high"], shown["reason"]) == (
        "pulse",
        "50.5",
        "70",
        "Heart failure: the clinic wants to know",
    )
    assert (
        client.post(address, json=given | {"seen": None, "sign": "mood"}).json()["detail"]
        == "Choose the vital sign."
    )
    assert sign_in(n.WORKER).post(address, json=given | {"seen": None}).status_code == 403
    revoke, reason = f"{address}/pulse/revoke", {"reason": "Dr Synthetic: no longer"}
    assert client.post(revoke, json=reason | {"seen": str(n.AMARA)}).status_code == 409
    assert client.post(revoke, json=reason | {"seen": shown["limit_id"]}).status_code == 204
    assert client.post(revoke, json=reason | {"seen": shown["limit_id"]}).status_code == 409
    assert client.get(address).json() == []
    with neighbourhood.connect() as owner:
        assert owner.execute(
            "SELECT count(*), count(revoked_at) FROM delegation.personal_limit"
        ).fetchall() == [(1, 1)]
