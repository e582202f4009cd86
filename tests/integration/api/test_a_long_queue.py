"""Behind however many who are only silent, the hub sees at once who is ill, and can turn to every one of the rest."""

import re
from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest

from api.queries.queue import MOST_ROWS
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.doorstep import admit
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
QUEUE, PAGE = f"/api/v1/hubs/{n.HUB}/escalations", f"/hubs/{n.HUB}"
SILENT = MOST_ROWS + 5
MEDIUM = n.NORMAL | {"respiration_rate": 22, "spo2": 93, "pulse": 95}
ROW = re.compile('<tr role="row" id="escalation-([^"]+)"')
ONWARD = re.compile('href="([^"]+)" id="queue-later"')
# Overdue for an hour, most of them since the same moment, as after an outage.
RAISE: LiteralString = """
INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,
    raised_at, deadline_at, policy_version)
SELECT gen_random_uuid(), resident_id, %s, %s, 'silence', 'open', 'silent', 'Nothing has arrived.',
       now() - interval '5 hours', now() - interval '1 hour', 'default-1'
FROM unnest(%s::uuid[]) AS resident_id
"""


@pytest.fixture
def ill(sign_in: SignIn, neighbourhood: Database) -> str:
    """The case of the one who is ill among all who are silent."""
    with neighbourhood.connect() as conn:
        conn.execute(RAISE, (n.ORCHARD, n.HUB, admit(conn, SILENT)))
    return send(sign_in(n.WORKER), observed(MEDIUM)).json()["escalation_id"]


def cases(answer: httpx.Response) -> list[str]:
    return [one["escalation"]["escalation_id"] for one in answer.json()["escalations"]]


@pytest.mark.parametrize("order", [{}, {"high_first": False}], ids=["by severity", "by deadline"])
def test_a_program_is_told_of_the_ill_first_and_where_the_rest_is(
    sign_in: SignIn, ill: str, order: dict[str, Any]
) -> None:
    client = sign_in(n.CLINICIAN)
    first = client.get(QUEUE, params=order)
    assert (cases(first)[0], len(cases(first))) == (ill, MOST_ROWS)
    rest = client.get(first.links["next"]["url"])
    assert len({*cases(first), *cases(rest)}) == SILENT + 1
    assert "next" not in rest.links


@pytest.mark.parametrize("order", ["", "?order=deadline"], ids=["by severity", "by deadline"])
def test_on_the_page_the_ill_stand_first_and_a_link_leads_to_the_rest(
    sign_in: SignIn, ill: str, order: str
) -> None:
    client = sign_in(n.CLINICIAN)
    first = client.get(PAGE + order).text
    assert (ROW.findall(first)[0], len(ROW.findall(first))) == (ill, MOST_ROWS)
    assert f"The first {MOST_ROWS} of {SILENT + 1} are shown, in this order." in first
    [onward] = ONWARD.findall(first)
    rest = client.get(onward.replace("&amp;", "&")).text
    assert len({*ROW.findall(first), *ROW.findall(rest)}) == SILENT + 1
    assert "Whoever is more urgent stands before them" in rest
    assert not ONWARD.findall(rest)
    last = ROW.findall(rest)[-1]
    assert "Nobody comes after that." in client.get(f"{PAGE}/queue?order=deadline&after={last}").text
