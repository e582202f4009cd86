"""All of a resident's readings are reached page by page, each once, and where it belongs."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from api.queries.reading_pages import PAGE
from api.queries.readings import MOST_READINGS
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
PAGE_OF = f"/residents/{n.AMARA}"
READINGS_OF = f"/api/v1/residents/{n.AMARA}/readings"
STORED: LiteralString = """
INSERT INTO ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at,
                            effective_at, competence, device_kind, outbox_epoch, seq, pulse, flags, observations)
SELECT gen_random_uuid(), gen_random_uuid(), %(resident)s, %(home)s, number, now(), at, at,
       'operator_unknown', 'person', gen_random_uuid(), number, 80, '{}',
       jsonb_build_object('note', 'Number ' || number)
FROM unnest(%(numbers)s::bigint[], %(moments)s::timestamptz[]) AS one (number, at)
"""


def store(database: Database, moments: dict[int, datetime]) -> None:
    """Readings by the number of their arrival."""
    with database.connect() as owner:
        owner.execute(
            STORED,
            {
                "resident": n.AMARA,
                "home": n.ORCHARD,
                "numbers": list(moments),
                "moments": list(moments.values()),
            },
        )


def in_order(moments: dict[int, datetime]) -> list[int]:
    """The latest first; of one moment, the last to arrive first."""
    return sorted(moments, key=lambda number: (moments[number], number), reverse=True)


def pages(client: httpx.Client, address: str | None, link: str) -> Iterator[str]:
    """The page at this address, and each that its link of these words leads to."""
    while address:
        page = client.get(address)
        assert page.status_code == 200, page.text
        yield page.text
        onward = re.search(rf'href="(\?[^"#]+)#readings">{link}<', page.text)
        address = PAGE_OF + onward[1] if onward else None


def listed(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"Note: Number (\d+)", page)]


@pytest.fixture
def long_known(neighbourhood: Database) -> dict[int, datetime]:
    """Four of each moment, what came last taken first; some of them months and years old."""
    now = datetime.now(UTC)
    moments = {number: now - timedelta(minutes=10 * (number // 4)) for number in range(1, 2 * PAGE + 1)}
    moments |= {200 + number: now - timedelta(days=number**3) for number in range(3, 12)}
    store(neighbourhood, moments)
    return moments


def test_every_reading_is_on_one_page_on_the_way_back_and_again_on_the_way_on(
    sign_in: SignIn, long_known: dict[int, datetime]
) -> None:
    clinician = sign_in(n.CLINICIAN)
    back = list(pages(clinician, PAGE_OF, "(?:Older readings|Look for readings before the last 72 hours)"))
    assert [number for page in back for number in listed(page)] == in_order(long_known)
    assert all('id="now">Now<' in page and "No escalation is open." in page for page in back)
    assert "The newest 50 readings, from" in back[0]
    assert "There are newer ones. None is older." in back[-1]
    [newer] = re.findall(r'href="(\?newer_than=[^"#]+)#readings">Newer readings<', back[-1])
    on = list(pages(clinician, PAGE_OF + newer, "Newer readings"))
    assert [listed(page) for page in reversed(on)] == [listed(page) for page in back[:-1]]


def test_a_late_reading_is_on_the_page_of_when_it_was_taken(
    sign_in: SignIn, long_known: dict[int, datetime], neighbourhood: Database
) -> None:
    clinician = sign_in(n.CLINICIAN)
    there = pages(clinician, PAGE_OF, "Older readings")
    first = listed(next(there))
    late = {999: long_known[PAGE + 20], 1000: long_known[first[0]]}
    store(neighbourhood, late)
    second = listed(next(there))
    assert first + second == [one for one in in_order(long_known | late) if one != 1000][: 2 * PAGE]
    assert listed(clinician.get(PAGE_OF).text)[:2] == in_order(long_known | late)[:2]


def test_whoever_was_not_measured_of_late_has_older_readings_to_look_for(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    clinician = sign_in(n.CLINICIAN)
    store(neighbourhood, {1: datetime.now(UTC) - timedelta(days=500)})
    first, second = pages(clinician, PAGE_OF, "Look for readings before the last 72 hours")
    assert "No reading in the last 72 hours." in first
    assert (listed(second), "1 reading, " in second) == ([1], True)
    with neighbourhood.connect() as owner:
        looks = owner.execute(
            "SELECT action FROM delegation.audit_event WHERE resident_id = %s ORDER BY audit_id", (n.AMARA,)
        ).fetchall()
    assert looks == [("resident.seen",), ("resident.history_seen",)]
    assert clinician.get(f"{PAGE_OF}?older_than=yesterday").status_code == 404


def test_a_program_is_told_where_the_next_readings_are(sign_in: SignIn, neighbourhood: Database) -> None:
    now = datetime.now(UTC)
    moments = {number: now - timedelta(seconds=number // 4) for number in range(1, 2 * MOST_READINGS + 2)}
    store(neighbourhood, moments)
    clinician, address, found = sign_in(n.CLINICIAN), READINGS_OF, list[int]()
    while address:
        answer = clinician.get(address)
        found += [one["arrival_number"] for one in answer.json()]
        address = answer.links.get("next", {}).get("url")
    assert found == in_order(moments)
    assert clinician.get(f"{READINGS_OF}?older_than=yesterday").status_code == 404
