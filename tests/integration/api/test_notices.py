"""An emergency of somebody who cannot be named stands above the queue of the hub that can ring the home."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from alerts.evaluator import Evaluator
from alerts.policy import SHIPPED
from alerts.severity import Severity
from devices.reading import SoftSign
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]
QUEUE, NOTICES = f"/hubs/{n.HUB}", f"/api/v1/hubs/{n.HUB}/notices"
SAYS = (
    "A kit at Orchard House says: chest pain, of somebody whom we cannot name."
    " It is not known that 999 has been phoned."
)


def say(database: Database, resident: UUID = n.STRANGER_RESIDENT, **more: Any) -> None:
    """Orchard House's kit says chest pain of somebody it may not speak for."""
    kit, at = n.Kit(), datetime.now(UTC)
    reading = kit.reading(resident, {}, taken_at=at, emergency_signs={"chest_pain": SoftSign.PRESENT}, **more)
    with database.connect("hearthwatch_ingest") as conn:
        door.receive(conn, [kit.arrival(reading, at)], Evaluator(), at)


def test_the_hub_reads_it_with_whom_to_ring_and_nobody_is_named(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    say(neighbourhood)
    clinician = sign_in(n.CLINICIAN)
    for page in (clinician.get(QUEUE).text, clinician.get(f"{QUEUE}/queue").text):
        assert SAYS in page
        assert "Ring the home" in page
        assert "tel:01632960111" in page
        assert "Dov" not in page
        assert str(n.STRANGER_RESIDENT) not in page
    [told] = clinician.get(NOTICES).json()
    assert (told["home_name"], told["signs"], told["readings"]) == ("Orchard House", ["chest_pain"], 1)
    assert str(n.STRANGER_RESIDENT) not in clinician.get(NOTICES).text
    assert "cannot name" not in sign_in(n.OUTSIDE_CLINICIAN).get(f"/hubs/{n.OTHER_HUB}").text
    assert sign_in(n.OUTSIDE_CLINICIAN).get(f"/api/v1/hubs/{n.OTHER_HUB}/notices").json() == []


def test_it_waits_no_longer_than_the_gravest_case_and_says_so(
    served: Served, neighbourhood: Database
) -> None:
    say(neighbourhood)
    served.clock.stand_still()
    longest = timedelta(minutes=SHIPPED.deadline[Severity.HIGH])
    clinician = served.signed_in(n.CLINICIAN)
    [told] = clinician.get(NOTICES).json()
    first, due = (datetime.fromisoformat(told[name]) for name in ("first_at", "deadline_at"))
    assert due == first + longest
    assert f"{longest.seconds // 60 - 1} min left" in clinician.get(QUEUE).text
    served.clock.ahead = longest + timedelta(minutes=4, seconds=30)
    say(neighbourhood)
    page = clinician.get(QUEUE).text
    assert "Said 2 times" in page
    assert "Overdue by 4 min" in page


def test_the_home_reads_what_its_own_kit_said_and_no_other_home(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    say(neighbourhood)
    for person, page in ((n.MANAGER, f"/homes/{n.ORCHARD}"), (n.WORKER, "/rounds")):
        read = sign_in(person).get(page).text
        assert (
            "chest pain, of somebody whom nobody can name. It is not known that 999 has been phoned." in read
        )
        assert "Dov" not in read
    assert "nobody can name" not in sign_in(n.CLINICIAN).get(f"/homes/{n.MEADOW}").text
    assert "nobody can name" not in sign_in(n.OUTSIDER).get("/rounds").text


@pytest.mark.parametrize("person", [n.OUTSIDE_CLINICIAN, n.MANAGER, n.WORKER, n.CARER, n.OPERATOR])
def test_it_is_nobody_elses_to_read_or_put_away(
    sign_in: SignIn, neighbourhood: Database, person: UUID
) -> None:
    say(neighbourhood)
    [told] = sign_in(n.CLINICIAN).get(NOTICES).json()
    stranger = sign_in(person)
    assert stranger.get(NOTICES).status_code in (403, 404)
    for path in (
        f"/api/v1/notices/{told['notice_id']}/acknowledge",
        f"/notices/{told['notice_id']}/acknowledge",
    ):
        assert stranger.post(path, json={"seen": 1}, data=None).status_code in (403, 404)
    assert len(sign_in(n.CLINICIAN).get(NOTICES).json()) == 1


def test_whoever_rang_puts_it_away_by_a_form_and_is_refused_while_more_comes(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    say(neighbourhood, phoned_999=True)
    clinician = sign_in(n.CLINICIAN)
    clinician.headers["Accept"] = "text/html"
    [told] = clinician.get(NOTICES).json()
    path = f"/notices/{told['notice_id']}/acknowledge"
    say(neighbourhood)
    refused = clinician.post(path, data={"seen": "1"})
    assert refused.status_code == 409
    assert "More came from this kit" in refused.text
    assert "Said 2 times" in refused.text
    done = clinician.post(path, data={"seen": "2"}, follow_redirects=True)
    assert "Put away: you have rung the home." in done.text
    assert "cannot name" not in done.text


def test_what_a_kit_that_is_lent_to_nobody_says_stands_on_the_operators_page(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE devices.kit_loan SET returned_at = now() WHERE kit_id = %s", (n.KIT,))
    say(neighbourhood, n.AMARA)
    operator = sign_in(n.OPERATOR)
    assert operator.get("/").headers["location"] == "/kits"
    page = operator.get("/kits").text
    assert "A kit that is lent to no home says: chest pain, of somebody whom we cannot name." in page
    assert str(n.KIT) in page
    assert "Amara" not in page
    assert "cannot name" not in sign_in(n.CLINICIAN).get(QUEUE).text
    [told] = operator.get("/api/v1/notices").json()
    answer = operator.post(f"/api/v1/notices/{told['notice_id']}/acknowledge", json={"seen": 1})
    assert answer.status_code == 200
    assert operator.get("/api/v1/notices").json() == []
