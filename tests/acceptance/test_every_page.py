"""Every page, empty, full and in error, can be used by everybody: axe (WCAG 2.2 AA) and 320 pixels."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urljoin
from uuid import UUID

import httpx2 as httpx
import pytest
from playwright.sync_api import expect

from api.web.presenters.moments import span
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import AtDesk, LookAt
from tests.fixtures.reach import cut_off
from tests.fixtures.scenes import EMPTY, FULL, SETTLED
from tests.fixtures.serving import Served
from tests.fixtures.usable import assert_everybody_can_use, assert_everybody_can_use_long

pytestmark = pytest.mark.browser

QUEUE, HOME, AMARA = f"/hubs/{n.HUB}", f"/homes/{n.ORCHARD}", f"/residents/{n.AMARA}"
CAPTURE, RAISE, FIND = f"{AMARA}/capture", f"{AMARA}/raise", f"{QUEUE}/raise?name=synthetic"
SIGN_OFF = f"/training/sign-off?person={n.WORKER}&activity=temperature"
DESKS = [
    (n.CLINICIAN, QUEUE),
    (n.CLINICIAN, AMARA),
    (n.CLINICIAN, HOME),
    (n.CLINICIAN, FIND),
    (n.CLINICIAN, RAISE),
    (n.CLINICIAN, f"{QUEUE}/reviews"),
    (n.MANAGER, "/"),
    (n.CLINICIAN, "/break-glass"),
    (n.MANAGER, HOME),
    (n.MANAGER, f"{HOME}/looks"),
    (n.MANAGER, f"{HOME}/people"),
    (n.MANAGER, f"{HOME}/residents/new"),
    (n.MANAGER, f"{AMARA}/details"),
    (n.COMMISSIONER, f"{QUEUE}/counts?synthetic=yes"),
    (n.WORKER, "/rounds"),
    (n.WORKER, CAPTURE),
    (n.TRAINER, "/training"),
    (n.TRAINER, SIGN_OFF),
    (n.OPERATOR, "/kits"),
]


@pytest.mark.parametrize(("person", "address"), DESKS)
def test_every_page_with_nothing_on_it(look_at: LookAt, person: UUID, address: str) -> None:
    assert_everybody_can_use(look_at(EMPTY, person, address))


@pytest.mark.parametrize(("person", "address"), DESKS)
def test_every_page_with_two_hundred_rows(look_at: LookAt, person: UUID, address: str) -> None:
    assert_everybody_can_use_long(look_at(FULL, person, address))


def test_every_page_when_the_database_is_out_of_reach(
    at_desk: AtDesk, served: Served, neighbourhood: Database
) -> None:
    """All of them are the same one then, and that one everybody can use."""
    page = at_desk(n.CLINICIAN, QUEUE)
    clients = [(served.signed_in(person), address) for person, address in DESKS]
    with cut_off(neighbourhood):
        page.goto(QUEUE)
        assert_everybody_can_use(page, "Hearthwatch cannot reach its database")
        with ThreadPoolExecutor(len(clients)) as at_once:
            [only] = set(at_once.map(lambda asked: refusal(*asked), clients))
        assert "Hearthwatch cannot reach its database" in only


def refusal(client: httpx.Client, address: str) -> str:
    """The page that says so, but for the number by which it can be found in the log."""
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 503
    return answer.text.replace(answer.headers["x-request-id"], "")


@pytest.mark.parametrize("address", ["/nothing/here", f"/residents/{n.STRANGER_RESIDENT}"])
def test_what_is_not_there_or_not_yours(look_at: LookAt, address: str) -> None:
    page = look_at(SETTLED, n.CLINICIAN, QUEUE)
    page.goto(urljoin(page.url, address))
    assert_everybody_can_use(page, "Not found")


@pytest.mark.parametrize(
    ("person", "address", "button", "said"),
    [
        (n.WORKER, CAPTURE, "Send", "The form is empty: fill in at least one measurement"),
        (n.CLINICIAN, RAISE, "Raise it", "Say in a sentence what the caller told you"),
        (n.CLINICIAN, "/break-glass", "Open their record for 60 minutes", "Choose why it cannot wait"),
        (n.TRAINER, SIGN_OFF, "Sign off", "Choose how far they are signed off"),
        (n.CLINICIAN, f"{AMARA}/scale-two", "Record it: scale 2 from now on", "COPD alone is not enough"),
        (n.MANAGER, f"{AMARA}/records", "Record that care has ended", "Choose why care ended"),
        (
            n.MANAGER,
            f"{AMARA}/air",
            "Record that no oxygen is in use",
            "Check first that no oxygen is in use",
        ),
        (n.MANAGER, f"{HOME}/residents/new", "Add them", "Choose whether they have allergies"),
        (n.MANAGER, f"{AMARA}/move", "Record that they have moved", "Choose the home they moved to"),
        (n.MANAGER, "/account/invitation", "Take on the role", "Type in the code"),
    ],
)
def test_every_form_with_something_to_mend(
    look_at: LookAt, person: UUID, address: str, button: str, said: str
) -> None:
    page = look_at(SETTLED, person, address)
    page.get_by_role("button", name=button, exact=True).click()
    assert_everybody_can_use(page, said)


def test_an_empty_capture_form_blames_no_field_and_leads_to_the_first(look_at: LookAt) -> None:
    page = look_at(SETTLED, n.WORKER, CAPTURE)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".nhsuk-error-message")).to_have_count(0)
    page.get_by_role("link", name="The form is empty").click()
    expect(page.locator("#respiration_rate")).to_be_in_viewport()


def test_taking_a_sign_off_back_asks_first_and_asks_why(look_at: LookAt) -> None:
    page = look_at(FULL, n.TRAINER, "/training")
    page.get_by_role("link", name="Take back").first.click()
    page.get_by_role("button", name="Take it back").click()
    assert_everybody_can_use(page, "Say why you take it back: the reason is recorded")


def test_ages_tick_as_the_server_wrote_them(look_at: LookAt) -> None:
    page = look_at(SETTLED, n.CLINICIAN, QUEUE)
    minutes = [0, 1, 59, 60, 61, 119, 599, 600, 630, 2879, 2880, 10_000]
    ticked = page.evaluate(
        "async minutes => { const { span } = await import('/static/js/moments.js');"
        " return minutes.map(one => span(one * 60000)); }",
        minutes,
    )
    assert ticked == [span(timedelta(minutes=one)) for one in minutes]
