"""Reviews of scale 2 and of limits: a task to the hub from 30 days before; both scales for 30 days after it ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
DAY = timedelta(days=1)
AUTHORISE: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, ends_at, revoked_at, recorded_by)
VALUES (%s, 'Dr Synthetic', 'GMC', '1234567', 'Confirmed hypercapnic respiratory failure', %s, %s, %s, %s, %s, %s)
"""
LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, low, high, clinician_name, regulator, regulator_number,
    reason, decided_at, starts_at, review_by, recorded_by)
VALUES (%s, %s, %s, %s, 'Dr Synthetic', 'GMC', '1234567', 'Slow for years', %s, %s, %s, %s)
"""
CEILING: LiteralString = """
INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by)
VALUES (%s, 'For hospital', 'Dr Synthetic', 'GMC', '1234567', 'Agreed with her', %s, %s, %s, %s)
"""
REVIEWS = f"/hubs/{n.HUB}/reviews"


def authorise(
    database: Database, resident: UUID = n.AMARA, *, review: timedelta, **ends: datetime | None
) -> None:
    now = datetime.now(UTC)
    since = now - 400 * DAY
    with database.connect() as conn:
        wanted: list[Any] = [resident, since, since, now + review, ends.get("ends"), ends.get("revoked")]
        conn.execute(AUTHORISE, [*wanted, n.CLINICIAN])


def due(client: httpx.Client) -> list[str]:
    return [one["resident_id"] for one in client.get(f"/api/v1{REVIEWS}").json()]


@pytest.mark.parametrize(
    ("review", "ends", "listed"),
    [
        (29 * DAY, {}, True),
        (-90 * DAY, {}, True),
        (31 * DAY, {}, False),
        (5 * DAY, {"revoked": datetime.now(UTC) - DAY}, False),
        (5 * DAY, {"ends": datetime.now(UTC) - DAY}, False),
    ],
    ids=["in 29 days", "long overdue", "in 31 days", "revoked", "ended"],
)
def test_a_review_is_a_task_from_30_days_before(
    sign_in: SignIn, neighbourhood: Database, review: timedelta, ends: dict[str, datetime], listed: bool
) -> None:
    authorise(neighbourhood, review=review, **ends)
    assert due(sign_in(n.CLINICIAN)) == ([str(n.AMARA)] if listed else [])


def test_nobody_is_asked_to_review_a_decision_about_somebody_whose_care_has_ended(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    authorise(neighbourhood, review=-5 * DAY)
    ended = {"ended_at": datetime.now(UTC).isoformat(), "reason": "moved_away"}
    path = f"/api/v1/residents/{n.AMARA}/end-of-care"
    manager, client = sign_in(n.MANAGER), sign_in(n.CLINICIAN)
    assert manager.post(path, json=ended).status_code == 204
    assert due(client) == []
    assert manager.post(f"{path}/withdraw").status_code == 204
    assert due(client) == [str(n.AMARA)]


def test_one_that_was_renewed_is_due_no_more(sign_in: SignIn, neighbourhood: Database) -> None:
    authorise(neighbourhood, review=-5 * DAY)
    authorise(neighbourhood, review=300 * DAY)
    assert due(sign_in(n.CLINICIAN)) == []


def test_the_hub_reads_who_decided_what_and_by_when(sign_in: SignIn, neighbourhood: Database) -> None:
    authorise(neighbourhood, review=10 * DAY)
    authorise(neighbourhood, n.CORA, review=-10 * DAY)
    client = sign_in(n.CLINICIAN)
    assert due(client) == [str(n.CORA), str(n.AMARA)]
    page = client.get(REVIEWS).text
    assert page.index("Cora Synthetic") < page.index("Amara Synthetic")
    assert "Overdue since" in page
    assert "Dr Synthetic (GMC 1234567)" in page
    assert f'href="{REVIEWS}"' in client.get(f"/hubs/{n.HUB}").text
    assert "Reviews due: 2, all of them synthetic" in client.get(f"/hubs/{n.HUB}").text


def test_limits_of_their_own_are_to_be_reviewed_too_each_on_its_page(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    authorise(neighbourhood, review=10 * DAY)
    now = datetime.now(UTC)
    with neighbourhood.connect() as conn:
        for sign, low, high, review in (("pulse", 45, 110, -DAY), ("systolic", 95, None, 40 * DAY)):
            since = now - 300 * DAY
            conn.execute(LIMIT, [n.AMARA, sign, low, high, since, since, now + review, n.CLINICIAN])
    client = sign_in(n.CLINICIAN)
    assert [one["sign"] for one in client.get(f"/api/v1{REVIEWS}").json()] == ["pulse", None]
    page = client.get(REVIEWS).text
    assert "Pulse, a limit of their own, under 45 or over 110 beats a minute: Slow for years" in page
    assert f'href="/residents/{n.AMARA}/limits"' in page
    assert f'href="/residents/{n.AMARA}/scale-two"' in page
    assert "Reviews due: 2, all of them synthetic" in client.get(f"/hubs/{n.HUB}").text


def test_a_ceiling_of_treatment_is_to_be_reviewed_too(sign_in: SignIn, neighbourhood: Database) -> None:
    authorise(neighbourhood, review=10 * DAY)
    now = datetime.now(UTC)
    with neighbourhood.connect() as conn:
        conn.execute(CEILING, [n.AMARA, now - 200 * DAY, now - 200 * DAY, now - DAY, n.CLINICIAN])
    client = sign_in(n.CLINICIAN)
    listed = [(one["kind"], one["statement"]) for one in client.get(f"/api/v1{REVIEWS}").json()]
    assert listed == [("ceiling", "For hospital"), ("scale_two", None)]
    page = client.get(REVIEWS).text
    assert "Ceiling of treatment, “For hospital”: Agreed with her" in page
    assert f'href="/residents/{n.AMARA}/ceiling"' in page


def test_a_queue_without_any_says_nothing_of_reviews(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    assert "Reviews due" not in client.get(f"/hubs/{n.HUB}").text
    assert "No review is due" in client.get(REVIEWS).text


@pytest.mark.parametrize(
    ("person", "status"), [(n.OUTSIDE_CLINICIAN, 404), (n.MANAGER, 403), (n.WORKER, 403)]
)
def test_it_is_the_hubs_own_list(sign_in: SignIn, neighbourhood: Database, person: UUID, status: int) -> None:
    authorise(neighbourhood, review=10 * DAY)
    client = sign_in(person)
    assert client.get(REVIEWS).status_code == status
    assert client.get(f"/api/v1{REVIEWS}").status_code == status


@pytest.mark.parametrize("ending", ["revoked", "ends"])
def test_for_30_days_after_it_ended_the_page_shows_both_scales(
    sign_in: SignIn, neighbourhood: Database, ending: str
) -> None:
    authorise(neighbourhood, review=300 * DAY)
    send(sign_in(n.WORKER), observed(n.NORMAL | {"spo2": 90}))
    client = sign_in(n.CLINICIAN)
    page = f"/residents/{n.AMARA}"
    assert "it would be" not in client.get(page).text
    column = {
        "revoked": "UPDATE delegation.spo2_scale_authorisation SET revoked_at = %s",
        "ends": "UPDATE delegation.spo2_scale_authorisation SET ends_at = %s",
    }
    with neighbourhood.connect() as conn:
        conn.execute(column[ending], [datetime.now(UTC)])
    assert "On scale 1, which is used now, it would be 3." in client.get(page).text
    send(sign_in(n.WORKER), observed(n.NORMAL | {"spo2": 90}))
    assert "On scale 2, whose authorisation has ended, it would be 0." in client.get(page).text
    with neighbourhood.connect() as conn:
        conn.execute(column[ending], [datetime.now(UTC) - 31 * DAY])
    assert "it would be" not in client.get(page).text
