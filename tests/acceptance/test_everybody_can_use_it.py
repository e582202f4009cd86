"""What people do at a page, step by step: each step can be used by everybody, and by the keyboard alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import AtDesk
from tests.fixtures.scenes import live
from tests.fixtures.usable import assert_everybody_can_use
from tests.integration.api.test_notices import say

pytestmark = pytest.mark.browser
QUEUE, HOME, AMARA = f"/hubs/{n.HUB}", f"/homes/{n.ORCHARD}", f"/residents/{n.AMARA}"
CAPTURE = f"{AMARA}/capture"


@pytest.fixture
def three_days(neighbourhood: Database) -> None:
    """Amara has been measured for three days."""
    with neighbourhood.connect() as conn:
        live(conn)


def sign_in_page(at_desk: AtDesk) -> Page:
    page = at_desk(n.CLINICIAN, QUEUE)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    return page


def test_the_page_to_sign_in_on_and_its_refusal(at_desk: AtDesk) -> None:
    page = sign_in_page(at_desk)
    assert_everybody_can_use(page)
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    assert_everybody_can_use(page, "The user name or the password is not right")


@pytest.mark.usefixtures("three_days")
def test_saying_whose_a_reading_is(at_desk: AtDesk) -> None:
    """By the keyboard alone, from the resident's page to the answer; each step can be used by everybody."""
    page = at_desk(n.CLINICIAN, AMARA)
    page.get_by_role("link", name="This is not theirs").first.press("Enter")
    assert_everybody_can_use(page, "Whose is this reading?")
    page.get_by_role("button", name="Go on").press("Enter")
    assert_everybody_can_use(page, "Choose whose it is, or that it is not known")
    page.get_by_label("Whose is it?").select_option(label="Bram Synthetic, born 1 May 1940")
    page.get_by_label("The wrong name was chosen when it was sent").check()
    page.get_by_role("button", name="Go on").press("Enter")
    assert_everybody_can_use(page, "Is this right?")
    page.get_by_role("button", name="Yes, correct it").press("Enter")
    assert_everybody_can_use(page, "What the queue shows for Bram Synthetic")
    page.get_by_role("link", name="Back to Amara Synthetic").press("Enter")
    assert_everybody_can_use(page, "It is not theirs, and does not count for them.")


@pytest.mark.parametrize(
    ("person", "address", "said"),
    [
        (n.CLINICIAN, QUEUE, "A kit at Orchard House says: chest pain"),
        (n.MANAGER, HOME, "A kit of this home said"),
    ],
)
def test_an_emergency_of_somebody_whom_nobody_can_name(
    at_desk: AtDesk, neighbourhood: Database, person: UUID, address: str, said: str
) -> None:
    say(neighbourhood)
    assert_everybody_can_use(at_desk(person, address), said)


def test_a_record_that_is_opened_from_outside_its_hub_and_what_the_home_is_told_of_it(
    at_desk: AtDesk,
) -> None:
    """By the keyboard alone, up to the record."""
    hub = at_desk(n.OUTSIDE_CLINICIAN, "/break-glass")
    hub.get_by_label("NHS number").fill("999 000 0018")
    hub.get_by_label("Date of birth").fill("1940-05-01")
    hub.get_by_label("They are in danger now").press("Space")
    hub.get_by_label("What has happened").fill("Found collapsed at the bus station.")
    hub.get_by_role("button", name="Open their record for 60 minutes").press("Enter")
    assert_everybody_can_use(hub, "You opened this record from outside your hub.")
    home = at_desk(n.MANAGER, HOME)
    assert_everybody_can_use(home, "Hana Hillside, Hillside hub")
    home.get_by_role("link", name="Who looked at this record of Amara Synthetic").press("Enter")
    assert_everybody_can_use(home, "Opened from outside their hub")
    home.goto(HOME)
    home.get_by_role("button", name="I have seen this").press("Enter")
    expect(home.get_by_text("Hana Hillside")).to_have_count(0)


def test_a_limit_of_their_own_that_is_set_and_revoked(at_desk: AtDesk) -> None:
    hub = at_desk(n.CLINICIAN, f"{AMARA}/limits")
    hub.get_by_role("button", name="Record the limit").click()
    assert_everybody_can_use(hub, "Choose the vital sign")
    hub.get_by_label("Vital sign").select_option("pulse")
    hub.get_by_label("Tell the hub if it is over").fill("90")
    hub.get_by_label("Who decided it").fill("Dr Synthetic")
    hub.get_by_label("Whose register they are on").select_option("GMC")
    hub.get_by_label("Their number there").fill("1234567")
    hub.get_by_label("Day of the decision").fill("2026-01-02")
    hub.get_by_label("What the decision rests on").fill("Heart failure: the clinic wants to know")
    hub.get_by_role("button", name="Record the limit").click()
    assert_everybody_can_use(hub, "Pulse over 90 beats a minute")
    hub.get_by_role("link", name="Review the limits, revoke or add one").click()
    hub.get_by_role("link", name="Revoke the limit for pulse").click()
    assert_everybody_can_use(hub, "Why, and who decided it?")


def test_a_ceiling_of_treatment_that_is_recorded_and_replaced(at_desk: AtDesk) -> None:
    """By the keyboard alone, from the resident's page and back to it."""
    hub = at_desk(n.CLINICIAN, AMARA)
    assert_everybody_can_use(hub, "Ceiling of treatment: not recorded.")
    hub.get_by_role("link", name="Record a ceiling of treatment").press("Enter")
    hub.get_by_role("button", name="Record the ceiling of treatment").press("Enter")
    assert_everybody_can_use(hub, "Say how far treatment is to go")
    hub.get_by_label("How far is treatment to go?").fill("Treat at home, not for hospital")
    hub.get_by_label("Who decided it").fill("Dr Synthetic")
    hub.get_by_label("Whose register they are on").select_option("GMC")
    hub.get_by_label("Their number there").fill("1234567")
    hub.get_by_label("Day of the decision").fill("2026-01-02")
    hub.get_by_label("What the decision rests on").fill("Agreed with her and her daughter")
    hub.get_by_role("button", name="Record the ceiling of treatment").press("Enter")
    assert_everybody_can_use(hub, "Decided by Dr Synthetic (GMC 1234567) on 2 January 2026")
    hub.get_by_role("link", name="Review the ceiling of treatment").press("Enter")
    assert_everybody_can_use(hub, "takes the place of the one above")
    hub.get_by_role("link", name="revoke it").press("Enter")
    assert_everybody_can_use(hub, "That is no decision that everything is to be done")


def test_a_pause_of_monitoring_that_is_recorded_and_ended(at_desk: AtDesk) -> None:
    """By the keyboard alone, from the resident's page and back to it."""
    home = at_desk(n.MANAGER, AMARA)
    home.get_by_role("link", name="pause their monitoring").press("Enter")
    home.get_by_role("button", name="Pause the monitoring").press("Enter")
    assert_everybody_can_use(home, "Say why they are away")
    home.get_by_label("Why are they away?").fill("In hospital")
    home.get_by_label("Last day of the pause").fill(
        (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    )
    home.get_by_role("button", name="Pause the monitoring").press("Enter")
    assert_everybody_can_use(home, "Monitoring is paused until")
    home.get_by_role("link", name="Change the pause").press("Enter")
    assert_everybody_can_use(home, "Measure them as soon as they are back")
    home.get_by_role("button", name="They are back").press("Enter")
    expect(home.get_by_text("The pause has ended.")).to_be_visible()


def test_records_that_are_kept_and_scale_two_that_is_revoked(at_desk: AtDesk) -> None:
    """Each page with something on it, by way of the forms that put it there."""
    hub = at_desk(n.CLINICIAN, f"{AMARA}/scale-two")
    hub.get_by_label("Hypercapnic respiratory failure is confirmed").check()
    hub.get_by_label("The target saturation is 88 to 92%").check()
    hub.get_by_label("Who decided it").fill("Dr Synthetic")
    hub.get_by_label("Whose register they are on").select_option("GMC")
    hub.get_by_label("Their number there").fill("1234567")
    hub.get_by_label("Day of the decision").fill("2026-01-02")
    hub.get_by_label("Review by").fill((datetime.now(UTC) + timedelta(days=9)).date().isoformat())
    hub.get_by_label("What the decision rests on").fill("A blood gas of that day")
    hub.get_by_role("button", name="Record it: scale 2 from now on").click()
    expect(hub.get_by_text("Recorded: scale 2 from now on.")).to_be_visible()
    hub.goto(f"{QUEUE}/reviews")
    assert_everybody_can_use(hub, "Record the review")
    hub.goto(f"{AMARA}/scale-two/revoke")
    assert_everybody_can_use(hub, "Why, and who decided it?")
    page = at_desk(n.MANAGER, f"{AMARA}/records")
    page.get_by_label("What are the records held for?").fill("An inquest")
    page.get_by_role("button", name="Hold the records").click()
    page.get_by_label("They moved away").check()
    page.get_by_label("On which day?").fill("2026-01-02")
    page.get_by_role("button", name="Record that care has ended").click()
    assert_everybody_can_use(page, "Care ended on 2 January 2026: they moved away.")
    page.goto(f"{HOME}/records")
    assert_everybody_can_use(page, "Care ended on 2 January 2026: they moved away.")


def test_inviting_somebody_and_making_an_account_with_the_code(at_desk: AtDesk) -> None:
    """From the manager's form to the newcomer's desk; each step can be used by everybody."""
    page = at_desk(n.MANAGER, f"{HOME}/people")
    page.get_by_role("button", name="Get a code for them").first.click()
    assert_everybody_can_use(page, "Give their name")
    page.get_by_label("Their name").first.fill("Pia Agency")
    page.get_by_role("button", name="Get a code for them").first.click()
    assert_everybody_can_use(page, "A code to hand over")
    code = page.locator(".hw-secret").inner_text()
    page.goto(f"{HOME}/people")
    assert_everybody_can_use(page, "Invited, and not here yet")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="I have an invitation code").click()
    assert_everybody_can_use(page, "The code you were given")
    page.get_by_label("The code you were given").fill(code)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Choose a user name").fill("pia.agency")
    page.get_by_role("button", name="Make my account").click()
    assert_everybody_can_use(page, "Use 12 characters or more")
    page.get_by_label("Choose a password").fill("copper kettle drum")
    page.get_by_label("The same password again").fill("copper kettle drum")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Round of observations")).to_be_visible()


@pytest.mark.usefixtures("three_days")
def test_the_form_that_closes_an_escalation_in_its_dialog_and_as_a_page_with_something_to_mend(
    at_desk: AtDesk,
) -> None:
    page = at_desk(n.CLINICIAN, AMARA)
    page.get_by_role("button", name="Claim").first.click()
    close = page.get_by_role("link", name="Close the escalation")
    expect(close).to_be_visible()
    page.wait_for_load_state()  # before its scripts have run the link opens the form as a page, as it should
    close.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_everybody_can_use(page, "What was decided?")
    page.get_by_role("button", name="Close the escalation").click()
    assert_everybody_can_use(page, "Write a note: the home reads it as the hub's answer")


@pytest.mark.usefixtures("three_days")
def test_what_is_folded_on_a_screen_is_open_while_it_is_printed_and_folded_again_after(
    at_desk: AtDesk,
) -> None:
    page = at_desk(n.CLINICIAN, AMARA)
    folded = page.locator("details.nhsuk-details:not([open])")
    folded.first.locator("summary").click()
    expect(folded).to_have_count(2)
    page.evaluate(
        "addEventListener('beforeprint', () => { window.foldedOnPaper ="
        " document.querySelectorAll('.nhsuk-details:not([open])').length; })"
    )
    page.pdf()
    assert page.evaluate("window.foldedOnPaper") == 0
    expect(folded).to_have_count(2)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"respiration_rate": "16"}, "The score could change with what is missing"),
        ({"respiration_rate": "26", "spo2": "90", "pulse": "135"}, "Phone the hub now"),
    ],
)
def test_the_answer_to_a_capture(at_desk: AtDesk, values: dict[str, str], said: str) -> None:
    page = at_desk(n.WORKER, CAPTURE)
    for name, value in values.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Send", exact=True).click()
    assert_everybody_can_use(page, said)
