"""Scale 2 is recorded, reviewed and revoked by the hub, on the word of somebody named, and counts from then on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.api.decided_forms import mended
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, ROUTE = f"{AMARA}/scale-two", f"/api/v1{AMARA}/scale-two"
LOW = n.NORMAL | {"spo2": 90}
"""NEWS2 3 on scale 1, and 0 on scale 2."""


def day(ahead: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def decision(**different: Any) -> dict[str, Any]:
    return {
        "clinician_name": "Dr Synthetic Respiratory",
        "regulator": "GMC",
        "regulator_number": "123 4567",
        "decided_on": day(-3),
        "review_on": day(180),
        "reason": "Hypercapnic respiratory failure on a blood gas of last week",
        "hypercapnic_failure_confirmed": True,
        "target_88_to_92": True,
        "seen": None,
    } | different


def filled(**different: str) -> dict[str, str]:
    said = {name: value for name, value in decision().items() if isinstance(value, str)}
    return said | {"confirmed": "yes", "target": "yes"} | different


def seen(client: httpx.Client) -> dict[str, str | None]:
    """The decision in force, as it is read now."""
    told = client.get(f"/api/v1{AMARA}").json()["decisions"]["scale_two"]
    return {"seen": next((one["authorisation_id"] for one in told if one["revoked_at"] is None), None)}


def shown(client: httpx.Client, address: str = PAGE) -> dict[str, str]:
    return seen_in(client.get(address).text)


def seen_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seen)" value="([0-9a-f-]*)"', page))


def scored(sign_in: SignIn) -> tuple[int, int]:
    """A set with a low saturation is taken now: the score's bounds."""
    captured = send(sign_in(n.WORKER), observed(LOW)).json()
    return captured["low"], captured["high"]


def test_it_counts_from_when_it_is_recorded_until_it_is_revoked_and_then_both_are_shown(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client = sign_in(n.CLINICIAN)
    assert scored(sign_in) == (3, 3)
    assert client.post(ROUTE, json=decision()).status_code == 201
    assert scored(sign_in) == (0, 0)
    page = client.get(AMARA).text
    assert "Scale 2, authorised by Dr Synthetic Respiratory (GMC 1234567)" in page
    ended = {"reason": "Dr Synthetic: gas is normal"} | seen(client)
    assert client.post(f"{ROUTE}/revoke", json=ended).status_code == 204
    assert scored(sign_in) == (3, 3)
    page = client.get(AMARA).text
    assert "(Dr Synthetic: gas is normal); both results are shown for 30 days" in page
    assert "On scale 2, whose authorisation has ended, it would be 0." in page
    again = client.post(f"{ROUTE}/revoke", json=ended)
    assert (again.status_code, "No authorisation" in again.json()["detail"]) == (409, True)
    with neighbourhood.connect() as owner:
        told = owner.execute(
            "SELECT action, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)"
            " WHERE action LIKE 'scale_two.%%' ORDER BY audit_id"
        ).fetchall()
    assert told == [
        ("scale_two.authorised", decision()["reason"]),
        ("scale_two.revoked", "Dr Synthetic: gas is normal"),
    ]


@pytest.mark.parametrize(
    ("different", "says"),
    [
        ({"clinician_name": "  "}, "Say who decided it"),
        ({"regulator_number": "12A3456B"}, "This is not a number of the GMC"),
        ({"decided_on": day(2)}, "A decision cannot be of a day to come"),
        ({"review_on": day()}, "The review must be on a day to come"),
        ({"review_on": day(400)}, "Review it within a year"),
        ({"reason": " "}, "Say what the decision rests on"),
        ({"hypercapnic_failure_confirmed": False}, "COPD alone is not enough"),
        ({"target_88_to_92": False}, "only for a target saturation of 88 to 92%"),
    ],
)
def test_what_a_decision_lacks_is_said_and_nothing_is_recorded(
    sign_in: SignIn, different: dict[str, Any], says: str
) -> None:
    client = sign_in(n.CLINICIAN)
    refused = client.post(ROUTE, json=decision(**different))
    assert refused.status_code == 422
    assert says in refused.json()["detail"]
    assert "No authorisation of scale 2 is recorded" in client.get(AMARA).text


@pytest.mark.parametrize("person", [n.WORKER, n.MANAGER, n.CARER, n.TRAINER, n.OPERATOR, n.OUTSIDE_CLINICIAN])
def test_nobody_but_the_residents_hub_records_it(sign_in: SignIn, person: UUID) -> None:
    hub, client = sign_in(n.CLINICIAN), sign_in(person)
    assert client.post(ROUTE, json=decision()).status_code in (403, 404)
    assert client.post(PAGE, data=filled()).status_code in (403, 404)
    assert "No authorisation of scale 2" in hub.get(AMARA).text
    hub.post(ROUTE, json=decision())
    for answer in (
        client.post(f"{ROUTE}/revoke", json={"reason": "Because"} | seen(hub)),
        client.get(PAGE),
        client.get(f"{PAGE}/revoke"),
        client.post(f"{PAGE}/revoke", data={"reason": "Because"}),
    ):
        assert answer.status_code in (403, 404)
    assert "Scale 2, authorised by Dr Synthetic Respiratory" in hub.get(AMARA).text


def test_a_review_says_anew_what_it_rests_on_beside_what_was_said_last_time(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    client.post(ROUTE, json=decision())
    form = client.get(PAGE).text
    assert f"Last time: {decision()['reason']}." in form
    assert form.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0] == ""
    refused = client.post(PAGE, data=filled(reason=""), headers={"Accept": "text/html"})
    assert (refused.status_code, "Say what the decision rests on" in refused.text) == (422, True)


def test_the_form_says_what_is_missing_beside_its_field_and_loses_nothing(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    client.headers["Accept"] = "text/html"
    assert f'href="{PAGE}"' in client.get(AMARA).text
    refused = client.post(PAGE, data=filled(regulator="", confirmed="", review_on="soon"))
    assert refused.status_code == 422
    for words in ("Choose whose register they are on", "COPD alone is not enough", "Give the day"):
        assert words in refused.text
    assert "This is not a number of" not in refused.text
    assert 'value="Dr Synthetic Respiratory"' in refused.text
    recorded = client.post(PAGE, data=filled(), follow_redirects=True)
    assert "Recorded: scale 2 from now on." in recorded.text
    assert "Review scale 2, or revoke it" in recorded.text
    assert "Nobody has recorded that they looked this number up" in client.get(PAGE).text
    client.post(PAGE, data=filled(looked_up="yes") | shown(client))
    assert "Nobody has recorded that they looked this number up" not in client.get(PAGE).text
    asked = client.post(f"{PAGE}/revoke", data={"reason": ""})
    assert (asked.status_code, "Say why, and who decided it" in asked.text) == (422, True)
    revoked = {"reason": "Dr Synthetic: not needed"} | shown(client, f"{PAGE}/revoke")
    ended = client.post(f"{PAGE}/revoke", data=revoked, follow_redirects=True)
    assert "Revoked: scale 1 from now on." in ended.text
    assert client.get(f"{PAGE}/revoke").status_code == 409


def test_a_review_is_a_decision_anew_and_takes_the_task_from_the_list(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client = sign_in(n.CLINICIAN)
    client.post(ROUTE, json=decision(review_on=day(5)))
    reviews = client.get(f"/hubs/{n.HUB}/reviews").text
    assert f'href="{PAGE}"' in reviews
    assert client.post(ROUTE, json=decision(review_on=day(90))).status_code == 409, "it is not the first"
    client.post(ROUTE, json=decision(review_on=day(90)) | seen(client))
    assert client.get(f"/api/v1/hubs/{n.HUB}/reviews").json() == []
    with neighbourhood.connect() as owner:
        actions = owner.execute(
            "SELECT action FROM delegation.audit_event WHERE action LIKE 'scale_two.%%' ORDER BY audit_id"
        ).fetchall()
    assert actions == [("scale_two.authorised",), ("scale_two.reviewed",)]
    client.post(f"{ROUTE}/revoke", json={"reason": "No longer needed"} | seen(client))
    assert scored(sign_in) == (3, 3), "revoking ends both"


def test_what_a_colleague_decided_meanwhile_is_not_ended_unseen(sign_in: SignIn) -> None:
    """A revocation asked for before a review was recorded would have scored on scale 1 whom it says to keep on 2."""
    client, colleague = sign_in(n.CLINICIAN), sign_in(n.HUB_LEAD)
    told = "A colleague has just recorded something else about scale 2"
    before = shown(client)
    assert colleague.post(ROUTE, json=decision()).status_code == 201
    for first in (mended(client, PAGE, filled(), before, seen_in), client.post(PAGE, data=filled() | before)):
        assert (first.status_code, told in first.text) == (422, True)
    opened, read = shown(client, f"{PAGE}/revoke"), seen(client)
    assert colleague.post(ROUTE, json=decision(reason="A gas of today") | read).status_code == 201
    assert client.post(f"{ROUTE}/revoke", json={"reason": "Normal"} | read).status_code == 409
    revoke, why = f"{PAGE}/revoke", {"reason": "Normal"}
    for refused in (mended(client, revoke, why, opened, seen_in), client.post(revoke, data=why | opened)):
        assert (refused.status_code, told in refused.text, "A gas of today" in refused.text) == (
            422,
            True,
            True,
        )
    assert scored(sign_in) == (0, 0)
