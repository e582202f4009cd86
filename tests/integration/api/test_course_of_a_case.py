"""How a resident has been since their case was raised, and what people said, for whoever may see them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from api.routes import queue
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
QUEUE = f"/api/v1/hubs/{n.HUB}/escalations"
# NEWS2 7: respiration rate 3, pulse 2, temperature 2.
LESS_GRAVE = n.NORMAL | {"respiration_rate": 26, "pulse": 124, "temperature": 39.2}
SECRETS = ("She fell at breakfast.", "She is in pain now.", "Not eating.", "Amara Synthetic")


def measured(client: httpx.Client, values: dict[str, Any], *, minutes_ago: float, **more: Any) -> str:
    """A set taken some minutes ago; gives the case it raised or joined."""
    taken_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    answer = send(client, observed(values, taken_at=taken_at.isoformat(), **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["escalation_id"]


def phoned(client: httpx.Client, words: str, severity: str = "concern") -> str:
    answer = client.post(
        f"/api/v1/residents/{n.AMARA}/escalations", json={"severity": severity, "words": words}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["escalation_id"]


def course_of(client: httpx.Client) -> dict[str, Any]:
    [waiting] = client.get(QUEUE).json()["escalations"]
    return waiting["course"]


@pytest.fixture
def told(sign_in: SignIn) -> str:
    """A case about which two people rang and a worker wrote."""
    first = phoned(sign_in(n.CLINICIAN), "She fell at breakfast.", "medium")
    note = {
        "note": "Not eating.",
        "soft_signs": {"pain": "present", "skin": "absent"},
        "worry": {"by": "family"},
    }
    measured(sign_in(n.WORKER), n.NORMAL, minutes_ago=0, **note)
    assert phoned(sign_in(n.COLLEAGUE), "She is in pain now.") == first
    return first


def test_the_worst_is_kept_and_the_latest_is_beside_it(sign_in: SignIn) -> None:
    worker, client = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    case = measured(worker, n.GRAVE, minutes_ago=20)
    assert measured(worker, LESS_GRAVE, minutes_ago=10) == case
    measured(worker, n.NORMAL, minutes_ago=1)
    for course in (course_of(client), client.get(f"/api/v1/escalations/{case}").json()["course"]):
        assert (course["worst"]["low"], course["worst"]["high"]) == (10, 10)
        assert (course["latest"]["low"], course["latest"]["high"]) == (0, 0)
        assert course["worst"]["effective_at"] < course["latest"]["effective_at"]


def test_what_was_worse_before_the_case_is_no_part_of_it(sign_in: SignIn) -> None:
    worker, client = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    case = measured(worker, n.GRAVE, minutes_ago=50)
    client.post(f"/api/v1/escalations/{case}/claim")
    closing = {"disposition": "gp_today", "note": "Doctor comes at four.", "seen": 2, "seen_ceiling": None}
    assert client.post(f"/api/v1/escalations/{case}/close", json=closing).status_code == 200
    assert measured(worker, LESS_GRAVE, minutes_ago=1) != case
    course = course_of(client)
    assert (course["worst"]["low"], course["latest"]["low"]) == (7, 7)
    earlier = client.get(f"/api/v1/escalations/{case}").json()["course"]
    assert (earlier["worst"]["low"], earlier["latest"]) == (10, None)


def test_of_a_case_that_is_open_for_months_only_the_last_30_days_are_read(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    worker, client = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    case = phoned(client, "She fell at breakfast.")
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE alerts.escalation SET raised_at = raised_at - interval '90 days'")
        owner.execute("UPDATE alerts.finding SET found_at = found_at - interval '90 days'")
    day = 24 * 60
    measured(worker, n.GRAVE, minutes_ago=40 * day, note="Long ago.")
    measured(worker, LESS_GRAVE, minutes_ago=2 * day, note="Of late.")
    measured(worker, n.NORMAL, minutes_ago=1)
    for course in (course_of(client), client.get(f"/api/v1/escalations/{case}").json()["course"]):
        assert course["read_from"] > course["since"]
        assert (course["worst"]["low"], course["latest"]["low"]) == (7, 0)
        assert [one["words"] for one in course["said"]] == ["She fell at breakfast.", "Of late."]
    page = client.get(f"/hubs/{n.HUB}").text
    assert "Worst of the last 30 days" in page
    assert "Worst since raised" not in page


def test_the_queue_tells_the_newest_findings_of_a_case_and_the_case_itself_all(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_FINDINGS", 2)
    client = sign_in(n.CLINICIAN)
    for words in ("First.", "Second.", "Third."):
        case = phoned(client, words)
    [waiting] = client.get(QUEUE).json()["escalations"]
    assert [one["sentence"] for one in waiting["findings"]] == ["Second.", "Third."]
    assert len(client.get(f"/api/v1/escalations/{case}").json()["findings"]) == 3


def test_a_call_about_somebody_measured_before_shows_what_was_measured_then(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    measured(sign_in(n.WORKER), n.NORMAL, minutes_ago=90)
    phoned(client, "She fell at breakfast.")
    course = course_of(client)
    assert (course["worst"], course["latest"]["low"]) == (None, 0)
    page = client.get(f"/hubs/{n.HUB}").text
    assert "Last, before it was raised" in page
    assert "Nobody has measured" not in page


def test_what_people_said_is_all_there_the_newest_first(sign_in: SignIn, told: str) -> None:
    said = course_of(sign_in(n.CLINICIAN))["said"]
    assert [(one["by_phone"], one["by_name"], one["words"]) for one in said] == [
        (True, "Cleo Colleague", "She is in pain now."),
        (False, "Wanda Worker", "Not eating."),
        (True, "Clive Clinician", "She fell at breakfast."),
    ]
    assert (said[1]["soft_signs"], said[1]["worry"], said[1]["known_by"]) == (["pain"], "family", "session")


def test_what_999_was_phoned_for_stays_in_sight_when_something_as_grave_follows(sign_in: SignIn) -> None:
    worker, clinician = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    signs = {"emergency_signs": {"chest_pain": "present", "choking": "absent"}, "phoned_999": True}
    case = measured(worker, {}, minutes_ago=3, **signs)
    assert measured(worker, n.GRAVE, minutes_ago=0) == case
    [one] = course_of(clinician)["said"]
    assert (one["emergency_signs"], one["phoned_999"]) == (["chest_pain"], True)
    for page in (f"/hubs/{n.HUB}", f"/residents/{n.AMARA}"):
        assert "999 was phoned: chest pain" in clinician.get(page).text


@pytest.mark.parametrize("page", ["queue", "close", "resident"])
def test_every_page_the_case_is_answered_from_shows_what_people_said(
    sign_in: SignIn, told: str, page: str
) -> None:
    client = sign_in(n.CLINICIAN)
    address = {
        "queue": f"/hubs/{n.HUB}",
        "close": f"/escalations/{told}/close",
        "resident": f"/residents/{n.AMARA}",
    }[page]
    shown = client.get(address).text
    for words in (
        "She fell at breakfast.",
        "Changes seen: in pain. Worried: Family or friends. “Not eating.”",
        "She is in pain now.",
        "By phone to Cleo Colleague",
        "With a reading, Wanda Worker (signed in)",
    ):
        assert words in shown


@pytest.mark.parametrize("person", [n.OUTSIDER, n.OUTSIDE_CLINICIAN, n.TRAINER, n.OPERATOR])
def test_nobody_hears_of_it_who_may_not_see_the_resident(served: Served, told: str, person: UUID) -> None:
    client = served.signed_in(person)
    for address in (
        QUEUE,
        f"/api/v1/hubs/{n.OTHER_HUB}/escalations",
        f"/api/v1/escalations/{told}",
        f"/hubs/{n.HUB}/queue",
        f"/hubs/{n.OTHER_HUB}/queue",
        f"/escalations/{told}/close",
        f"/residents/{n.AMARA}",
    ):
        answer = client.get(address).text
        assert [words for words in SECRETS if words in answer] == []


def test_every_reason_stays_with_its_time_and_of_scores_the_worst(sign_in: SignIn) -> None:
    worker, client = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    phoned(client, "She fell and hit her head.", "medium")
    measured(worker, {}, minutes_ago=3, emergency_signs={"chest_pain": "present"}, phoned_999=True)
    measured(worker, n.GRAVE, minutes_ago=2)
    measured(worker, LESS_GRAVE, minutes_ago=1)
    [waiting] = client.get(QUEUE).json()["escalations"]
    assert waiting["escalation"]["why"] == "Chest pain. 999 has been phoned."
    sentences = [one["sentence"] for one in waiting["course"]["reasons"]]
    assert sentences[0] == "Chest pain. 999 has been phoned."
    assert sentences[1].startswith("NEWS2 is 10")
    assert sentences[-1] == "She fell and hit her head."
    page = client.get(f"/hubs/{n.HUB}", headers={"Accept": "text/html"}).text
    for sentence in sentences:
        assert sentence in page
