"""A home's manager and the hub's lead see who looked at their residents' records, and looking there is written down."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from api.queries.looks import OF_HOME, OF_RESIDENT
from api.web.presenters.moments import london_day
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]
AMARA, HOME = f"/residents/{n.AMARA}", f"/homes/{n.ORCHARD}"
PAGES = {"Accept": "text/html"}


# All at the same moment, as those who are found by one search are.
MANY_LOOKS: LiteralString = """
INSERT INTO delegation.audit_event (at, actor, purpose, action, subject, resident_id)
SELECT %s, 'process:test', 'direct_care', 'look ' || number, 'x', %s FROM generate_series(1, 1001) AS number
"""


def table(page: str) -> list[list[str]]:
    """The cells' words, row by row; what a narrow screen shows as a column's name left out."""
    bare = re.sub(r'<span class="hw-table__column".*?</span>', "", page)
    rows = re.findall(r'<tr role="row">(.*?)</tr>', bare, re.DOTALL)[1:]
    return [
        [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in re.split(r"</t[hd]>", row)[:-1]]
        for row in rows
    ]


def test_a_manager_sees_who_looked_in_which_role_and_what_for(sign_in: SignIn) -> None:
    sign_in(n.WORKER).get(f"/api/v1{AMARA}")
    hub = sign_in(n.CLINICIAN)
    for _ in range(3):
        hub.get(f"/api/v1{AMARA}")
    hub.get(f"/api/v1/residents/{n.BRAM}")
    manager = sign_in(n.MANAGER)
    shown = table(manager.get(f"{AMARA}/looks", headers=PAGES).text)
    assert [row[0] for row in shown] == [
        "You, home manager",
        "Clive Clinician, hub clinician",
        "Wanda Worker, care worker",
    ]
    assert "3 times" in shown[1][-1]
    assert [row[2] for row in shown] == [
        "Seeing who looked",
        "The hub's work".replace("'", "&#39;"),
        "Care",
    ]
    of_home = table(manager.get(f"{HOME}/looks", headers=PAGES).text)
    assert {row[1] for row in of_home} == {
        "Amara Synthetic",
        "Bram Synthetic",
        "The home as a whole",
    }


def test_who_opened_a_list_of_the_home_is_seen_at_each_who_lived_there_then(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    sign_in(n.WORKER).get("/rounds", headers=PAGES)
    manager = sign_in(n.MANAGER)
    manager.get(f"{HOME}/looks", headers=PAGES)
    opened = ["Wanda Worker, care worker", "Opened the round of observations"]
    shown = table(manager.get(f"{AMARA}/looks", headers=PAGES).text)
    assert [row[:2] for row in shown] == [["You, home manager", "Opened this page"], opened], (
        "and not the home's own page"
    )
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.resident SET lives_here_from = now() WHERE resident_id = %s", (n.AMARA,)
        )
    assert opened not in [row[:2] for row in table(manager.get(f"{AMARA}/looks", headers=PAGES).text)]


def test_another_day_is_another_page(sign_in: SignIn, served: Served) -> None:
    sign_in(n.WORKER).get(f"/api/v1{AMARA}")
    manager = sign_in(n.MANAGER)
    yesterday = london_day(served.clock()) - timedelta(days=1)
    page = manager.get(f"{AMARA}/looks?day={yesterday}", headers=PAGES).text
    assert "Nobody on this day." in page
    assert f"day={yesterday + timedelta(days=1)}" in page
    assert "The day after" not in manager.get(f"{AMARA}/looks?day=9999-12-31", headers=PAGES).text
    assert manager.get(f"{AMARA}/looks?day=0001-01-01", headers=PAGES).status_code == 200


@pytest.mark.parametrize("person", [n.WORKER, n.CLINICIAN, n.CARER, n.OPERATOR, n.OUTSIDER])
def test_nobody_else_sees_who_looked(sign_in: SignIn, person: UUID) -> None:
    client = sign_in(person)
    for page in (f"{AMARA}/looks", f"{HOME}/looks"):
        assert client.get(page, headers=PAGES).status_code in (403, 404)


def test_the_page_is_linked_from_the_residents_page_and_the_homes_for_those_who_may(sign_in: SignIn) -> None:
    manager, worker = sign_in(n.MANAGER), sign_in(n.WORKER)
    for page in (AMARA, HOME):
        link = f'href="{page}/looks"'
        assert link in manager.get(page, headers=PAGES).text
        assert link not in worker.get(page, headers=PAGES).text


@pytest.mark.parametrize(
    ("query", "whose", "goes_first_by"),
    [(OF_HOME, n.ORCHARD, "resident_id = ANY"), (OF_RESIDENT, n.AMARA, "resident_id = ")],
    ids=["a home", "a resident"],
)
def test_a_day_is_found_without_reading_the_whole_audit(
    neighbourhood: Database, query: LiteralString, whose: UUID, goes_first_by: str
) -> None:
    asked = {"whose": whose, "since": "2026-03-04", "until": "2026-03-05", "most": 501, "skipped": 0}
    with neighbourhood.connect("hearthwatch_api") as conn:
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(n.MANAGER),))
        # So few rows are sooner read than looked up.
        conn.execute("SET LOCAL enable_seqscan = off")
        plan = conn.execute("EXPLAIN " + query, asked).fetchall()
    goes_by = [line for (line,) in plan if "Index Cond" in line and "'2026-03-04" in line]
    assert len(goes_by) == 2
    assert goes_first_by in goes_by[0]
    assert "subject =" in goes_by[1]


def test_on_a_day_of_very_many_looks_the_first_are_reached_too(
    sign_in: SignIn, neighbourhood: Database, served: Served
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(MANY_LOOKS, (served.clock() - timedelta(days=1), n.AMARA))
    manager, day = sign_in(n.MANAGER), london_day(served.clock() - timedelta(days=1))
    for page in (AMARA, HOME):
        address, seen = f"{page}/looks?day={day}", []
        for _ in range(3):
            shown = manager.get(address, headers=PAGES).text
            seen += re.findall(r"Look (\d+)", shown)
            earlier = re.findall(r'href="([^"]+)">Earlier on this day', shown)
            if not earlier:
                break
            [address] = (html.unescape(one) for one in earlier)
        assert sorted(map(int, seen)) == list(range(1, 1002))
        assert "Later on this day" in shown
    assert manager.get(f"{AMARA}/looks?page=0", headers=PAGES).status_code == 404


def test_a_name_that_may_not_be_seen_is_not_shown(sign_in: SignIn, neighbourhood: Database) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO delegation.audit_event (at, actor, purpose, action, subject, resident_id)"
            " VALUES (now(), %s, 'direct_care', 'resident.seen', 'x', %s)",
            (f"person:{n.OUTSIDER}", n.AMARA),
        )
    page = sign_in(n.MANAGER).get(f"{AMARA}/looks", headers=PAGES).text
    assert "Somebody whose name is not shown to you" in page
    assert "Stig" not in page
