"""An end of care and a legal hold are recorded on a page, by whoever answers for the records, and can be taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
PAGE, HOME = f"{AMARA}/records", f"/homes/{n.ORCHARD}"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
POSTS = {
    "end": {"ended_on": YESTERDAY.isoformat(), "end_reason": "moved_away"},
    "go-on": {},
    "hold": {"hold_reason": "A claim by the family."},
    "lift": {"hold_id": str(UUID(int=1))},
}


@pytest.fixture
def manager(sign_in: SignIn) -> httpx.Client:
    client = sign_in(n.MANAGER)
    client.headers["Accept"] = "text/html"
    client.follow_redirects = True
    return client


def actions(database: Database) -> list[tuple[str, UUID]]:
    query = (
        "SELECT action, resident_id FROM delegation.audit_event"
        " WHERE action LIKE 'care.%%' OR action LIKE 'records.%%' ORDER BY audit_id"
    )
    with database.connect() as owner:
        return owner.execute(query).fetchall()


def test_an_end_of_care_is_recorded_with_its_day_and_reason_and_taken_back(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    assert f'href="{PAGE}"' in manager.get(AMARA).text
    ended = manager.post(f"{PAGE}/end", data=POSTS["end"]).text
    said = f"Care ended on {YESTERDAY.day} {YESTERDAY:%B %Y}: they moved away."
    assert "Recorded: care has ended." in ended
    assert said in ended
    assert f"The records are kept until {YESTERDAY.day} {YESTERDAY:%B} {YESTERDAY.year + 8}" in ended
    assert said in manager.get(AMARA).text
    assert "Amara Synthetic" not in manager.get(HOME).text
    assert f'href="{HOME}/records"' in manager.get(HOME).text
    assert said in manager.get(f"{HOME}/records").text, "there they are still found"
    again = manager.post(f"{PAGE}/end", data=POSTS["end"])
    assert (again.status_code, "is recorded already" in again.text) == (422, True)
    assert "Care goes on: they are on the lists again." in manager.post(f"{PAGE}/go-on").text
    assert "Amara Synthetic" in manager.get(HOME).text
    assert "Amara Synthetic" not in manager.get(f"{HOME}/records").text
    assert actions(neighbourhood) == [("care.ended", n.AMARA), ("care.end_withdrawn", n.AMARA)]


def test_a_legal_hold_is_placed_with_its_reason_and_lifted(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    manager.post(f"{PAGE}/end", data=POSTS["end"])
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    manager.post(f"{PAGE}/hold", data={"hold_reason": "An inquest", "hold_until": tomorrow.isoformat()})
    held = manager.post(f"{PAGE}/hold", data=POSTS["hold"]).text
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
    sign_in: SignIn, neighbourhood: Database, person: UUID
) -> None:
    client = sign_in(person)
    assert client.get(PAGE).status_code in (403, 404)
    assert client.get(f"{HOME}/records").status_code in (403, 404)
    for path, given in POSTS.items():
        assert client.post(f"{PAGE}/{path}", data=given).status_code in (403, 404)
    assert f'href="{PAGE}"' not in client.get(AMARA).text
    assert actions(neighbourhood) == []
    assert sign_in(n.MANAGER).get(f"/residents/{n.CORA}/records").status_code == 404
