"""An end of care and a legal hold are recorded on a page, by whoever answers for the records, and can be taken back."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from api.web.presenters.moments import london_day
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, HOME = f"{AMARA}/records", f"/homes/{n.ORCHARD}"
HOLD = {"hold_reason": "A claim by the family."}


@pytest.fixture
def manager(sign_in: SignIn) -> httpx.Client:
    client = sign_in(n.MANAGER)
    client.headers["Accept"] = "text/html"
    client.follow_redirects = True
    return client


@pytest.fixture
def today(served: Served) -> date:
    return london_day(served.clock())


@pytest.fixture
def ending(today: date) -> dict[str, str]:
    return {"ended_on": (today - timedelta(days=1)).isoformat(), "end_reason": "moved_away"}


def actions(database: Database) -> list[tuple[str, UUID]]:
    query = (
        "SELECT action, resident_id FROM delegation.audit_event"
        " WHERE action LIKE 'care.%%' OR action LIKE 'records.%%' ORDER BY audit_id"
    )
    with database.connect() as owner:
        return owner.execute(query).fetchall()


def test_an_end_of_care_is_recorded_with_its_day_and_reason_and_taken_back(
    manager: httpx.Client, neighbourhood: Database, today: date, ending: dict[str, str]
) -> None:
    yesterday = today - timedelta(days=1)
    assert f'href="{PAGE}"' in manager.get(AMARA).text
    ended = manager.post(f"{PAGE}/end", data=ending).text
    said = f"Care ended on {yesterday.day} {yesterday:%B %Y}: they moved away."
    assert "Recorded: care has ended." in ended
    assert said in ended
    assert f"The records are kept until {yesterday.day} {yesterday:%B} {yesterday.year + 8}" in ended
    assert said in manager.get(AMARA).text
    assert "Amara Synthetic" not in manager.get(HOME).text
    assert f'href="{HOME}/records"' in manager.get(HOME).text
    assert said in manager.get(f"{HOME}/records").text, "there they are still found"
    again = manager.post(f"{PAGE}/end", data=ending)
    assert (again.status_code, "is recorded already" in again.text) == (422, True)
    assert "Care goes on: they are on the lists again." in manager.post(f"{PAGE}/go-on").text
    assert "Amara Synthetic" in manager.get(HOME).text
    assert "Amara Synthetic" not in manager.get(f"{HOME}/records").text
    assert actions(neighbourhood) == [("care.ended", n.AMARA), ("care.end_withdrawn", n.AMARA)]


def test_a_legal_hold_is_placed_with_its_reason_and_lifted(
    manager: httpx.Client, neighbourhood: Database, today: date, ending: dict[str, str]
) -> None:
    manager.post(f"{PAGE}/end", data=ending)
    tomorrow = today + timedelta(days=1)
    manager.post(f"{PAGE}/hold", data={"hold_reason": "An inquest", "hold_until": tomorrow.isoformat()})
    held = manager.post(f"{PAGE}/hold", data=HOLD).text
    assert "The records are held: nothing of them is erased." in held
    assert f"until {tomorrow.day} {tomorrow:%B %Y}." in held
    assert "A claim by the family." in held
    assert "Placed by Mona Manager" in held
    assert "and as long as a legal hold holds" in held
    for one in manager.get(f"{PAGE}").text.split('name="hold_id" value="')[1:]:
        lifted = manager.post(f"{PAGE}/lift", data={"hold_id": one.partition('"')[0]}).text
        assert "The hold is lifted." in lifted
    assert "None holds now." in lifted
    assert [action for action, _ in actions(neighbourhood)] == [
        "care.ended",
        "records.held",
        "records.held",
        "records.released",
        "records.released",
    ]


@pytest.mark.parametrize(
    ("path", "given", "says"),
    [
        ("end", {"ended_on": "", "end_reason": ""}, ("Give the day", "Choose why care ended")),
        ("end", {"ended_on": "2999-01-01", "end_reason": "died"}, ("on a day to come",)),
        ("hold", {"hold_reason": " "}, ("Say what the records are held for",)),
        ("hold", {"hold_reason": "x" * 501}, ("there is room for 500",)),
        ("hold", {"hold_reason": "A claim", "hold_until": "2020-01-01"}, ("Give a day to come",)),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_recorded(
    manager: httpx.Client, neighbourhood: Database, path: str, given: dict[str, str], says: tuple[str, ...]
) -> None:
    refused = manager.post(f"{PAGE}/{path}", data=given)
    assert refused.status_code == 422
    for words in says:
        assert words in refused.text
    assert actions(neighbourhood) == []


@pytest.mark.parametrize(
    "person", [n.WORKER, n.CARER, n.CLINICIAN, n.TRAINER, n.OPERATOR, n.OUTSIDER, n.OUTSIDE_CLINICIAN]
)
def test_nobody_else_decides_about_the_records(
    sign_in: SignIn,
    manager: httpx.Client,
    neighbourhood: Database,
    ending: dict[str, str],
    person: UUID,
) -> None:
    manager.post(f"{PAGE}/end", data=ending)
    held = manager.post(f"{PAGE}/hold", data=HOLD).text
    hold_id = held.partition('name="hold_id" value="')[2].partition('"')[0]
    stands = [("care.ended", n.AMARA), ("records.held", n.AMARA)]
    client = sign_in(person)
    assert client.get(PAGE).status_code in (403, 404)
    assert client.get(f"{HOME}/records").status_code in (403, 404)
    for path, given in (("go-on", {}), ("lift", {"hold_id": hold_id}), ("hold", HOLD), ("end", ending)):
        assert client.post(f"{PAGE}/{path}", data=given).status_code in (403, 404)
        assert actions(neighbourhood) == stands
    assert f'href="{PAGE}"' not in client.get(AMARA).text
    shown = manager.get(PAGE).text
    assert ("they moved away." in shown, HOLD["hold_reason"] in shown) == (True, True)
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.end_of_care SET withdrawn_at = now(), withdrawn_by = recorded_by")
    assert client.post(f"{PAGE}/end", data=ending).status_code in (403, 404)
    assert actions(neighbourhood) == stands
    assert sign_in(n.MANAGER).get(f"/residents/{n.CORA}/records").status_code == 404


def test_a_manager_of_another_home_who_works_here_is_told_nothing_of_how_long_records_are_kept(
    sign_in: SignIn, manager: httpx.Client, neighbourhood: Database, ending: dict[str, str]
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at)"
            " VALUES (%s, 'home_manager', %s, now())",
            (n.WORKER, n.STRANGE_HOME),
        )
    manager.post(f"{PAGE}/end", data=ending)
    manager.post(f"{PAGE}/hold", data=HOLD)
    assert "as long as a legal hold holds" in manager.get(f"{HOME}/records").text
    client = sign_in(n.WORKER)
    refused = client.get(f"{HOME}/records", headers={"Accept": "text/html"})
    assert (refused.status_code, "The records are kept" in refused.text) == (403, False)
    assert f'href="{HOME}/records"' not in client.get(HOME).text
    assert f'href="/homes/{n.STRANGE_HOME}/records"' in client.get(f"/homes/{n.STRANGE_HOME}").text


@pytest.mark.parametrize(
    ("person", "page", "action", "subject"),
    [
        (n.MANAGER, PAGE, "resident.records_seen", f"resident:{n.AMARA}"),
        (n.MANAGER, f"{HOME}/records", "home.records_seen", f"home:{n.ORCHARD}"),
        (n.CLINICIAN, f"{AMARA}/scale-two", "resident.scale_two_seen", f"resident:{n.AMARA}"),
        (n.CLINICIAN, f"{AMARA}/limits", "resident.limits_seen", f"resident:{n.AMARA}"),
        (n.CLINICIAN, f"{AMARA}/raise", "resident.seen", f"resident:{n.AMARA}"),
    ],
    ids=["records", "a home's", "scale 2", "limits", "raise"],
)
def test_who_looks_is_written_down(
    sign_in: SignIn, neighbourhood: Database, person: UUID, page: str, action: str, subject: str
) -> None:
    assert sign_in(person).get(page).status_code == 200
    with neighbourhood.connect() as owner:
        looked = owner.execute(
            "SELECT actor, subject FROM delegation.audit_event WHERE action = %s", (action,)
        ).fetchall()
    assert looked == [(f"person:{person}", subject)]
