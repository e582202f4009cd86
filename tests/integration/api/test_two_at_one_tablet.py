"""Two people share a tablet: what is sent is recorded as whoever is signed in when it is sent, who is asked first."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from api.web.presenters.moments import LONDON
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served
from tests.integration.api.test_pages import CAPTURE, FILLED, form_of, hidden_fields

SignIn = Callable[[UUID], httpx.Client]


def taken_by(database: Database) -> list[UUID]:
    with database.connect() as owner:
        rows = owner.execute("SELECT taken_by FROM ingest.reading ORDER BY arrived_at").fetchall()
    return [person for (person,) in rows]


def test_a_form_that_a_colleague_opened_is_asked_about_and_then_whoever_sends_it_has_taken_it(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    worker, manager = sign_in(n.WORKER), sign_in(n.MANAGER)
    form = form_of(worker, CAPTURE, CAPTURE) | FILLED
    asked = manager.post(CAPTURE, data=form)
    assert asked.status_code == 422
    assert "Wanda Worker opened this form, and you are signed in as Mona Manager" in asked.text
    assert 'value="39.2"' in asked.text, "what was typed is kept"
    assert taken_by(neighbourhood) == []
    again = FILLED | hidden_fields(asked.text, CAPTURE)
    assert "Stored" in manager.post(CAPTURE, data=again).text
    assert taken_by(neighbourhood) == [n.MANAGER]


ASKED_WHEN = "This form has been open for a while"


@pytest.mark.parametrize("sender", [n.WORKER, n.MANAGER], ids=["their-own", "a-colleagues"])
def test_a_form_that_lay_open_is_asked_for_its_time_as_often_as_it_is_sent(
    sign_in: SignIn, served: Served, neighbourhood: Database, sender: UUID
) -> None:
    form = form_of(sign_in(n.WORKER), CAPTURE, CAPTURE) | FILLED
    client = sign_in(sender)
    taken_at = served.clock().replace(second=0, microsecond=0)
    served.clock.ahead += timedelta(minutes=25)
    for _ in range(3):
        asked = client.post(CAPTURE, data=form)
        assert (asked.status_code, ASKED_WHEN in asked.text) == (422, True)
        form = FILLED | hidden_fields(asked.text, CAPTURE)
    assert taken_by(neighbourhood) == []
    said = {"taken_time": f"{taken_at.astimezone(LONDON):%H:%M}"}
    assert "Stored" in client.post(CAPTURE, data=form | said).text
    with neighbourhood.connect() as owner:
        stored = owner.execute("SELECT taken_by, effective_at FROM ingest.reading").fetchall()
    assert stored == [(sender, taken_at)]


def test_a_colleagues_old_form_is_asked_about_whole_at_once(sign_in: SignIn, served: Served) -> None:
    form = form_of(sign_in(n.WORKER), CAPTURE, CAPTURE) | FILLED | {"pulse": "7000"}
    served.clock.ahead += timedelta(minutes=25)
    asked = sign_in(n.MANAGER).post(CAPTURE, data=form).text
    for words in ("Wanda Worker opened this form", ASKED_WHEN, "Pulse must be a number"):
        assert words in asked


def test_what_was_stored_before_the_colleague_signed_in_is_said_to_be(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    worker, manager = sign_in(n.WORKER), sign_in(n.MANAGER)
    form = form_of(worker, CAPTURE, CAPTURE) | FILLED
    worker.post(CAPTURE, data=form)
    asked = manager.post(CAPTURE, data=form)
    assert "This is stored already, as taken by Wanda Worker" in asked.text
    assert taken_by(neighbourhood) == [n.WORKER]
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM ingest.quarantine").fetchone() == (0,)


def test_a_form_that_does_not_say_who_opened_it_is_asked_about_too(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    worker = sign_in(n.WORKER)
    form = form_of(worker, CAPTURE, CAPTURE) | FILLED
    for opened_by in ("", "nobody", str(n.OUTSIDER)):
        asked = worker.post(CAPTURE, data=form | {"opened_by": opened_by})
        assert "Somebody else opened this form" in asked.text
    assert taken_by(neighbourhood) == []


def test_whoever_switches_goes_on_at_the_same_form(sign_in: SignIn) -> None:
    worker = sign_in(n.WORKER)
    page = worker.get(CAPTURE).text
    assert "You are <strong>Wanda Worker</strong>: what you send is recorded as yours." in page
    gone = worker.post("/sign-out", data={"next": CAPTURE})
    assert gone.headers["location"] == f"/sign-in?next={CAPTURE.replace('/', '%2F')}"
    assert worker.get(CAPTURE, headers={"Accept": "text/html"}).status_code == 303
    elsewhere = sign_in(n.WORKER).post("/sign-out", data={"next": "//example.org/"})
    assert elsewhere.headers["location"] == "/sign-in?next=%2F"
