"""What people do all day, in a real browser: capture, answer, sign off, read the answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures import neighbourhood as n
from tests.fixtures.serving import PASSWORD, Served, username

Desk = Callable[[UUID], Page]


@pytest.fixture
def at_the_desk_of(browser: Browser, served: Served):
    """Gives a browser of their own in which somebody of the cast has signed in through the page."""
    contexts = []

    def sit_down(person: UUID) -> Page:
        context = browser.new_context(locale="en-GB", timezone_id="Europe/London", base_url=served.address)
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("User name").fill(username(person))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    yield sit_down
    for context in contexts:
        context.close()


def capture(page: Page, resident: UUID, **values: str) -> None:
    """Fill in a set of observations and send it."""
    page.goto(f"/residents/{resident}/capture")
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if field.first.get_attribute("type") == "radio":
            page.locator(f"[name={name}][value={value}]").check(force=True)
        else:
            field.fill(value)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("stored", ignore_case=True)


GRAVE = {
    "respiration_rate": "26",
    "spo2": "91",
    "on_oxygen": "no",
    "systolic": "104",
    "diastolic": "60",
    "pulse": "124",
    "temperature": "39.2",
    "consciousness": "A",
}


def test_a_reading_taken_by_hand_is_answered_by_the_hub_and_read_by_the_manager(at_the_desk_of: Desk) -> None:
    # A clinician watches an empty queue.
    hub = at_the_desk_of(n.CLINICIAN)
    expect(hub.get_by_role("heading", name="Queue")).to_be_visible()
    expect(hub.get_by_text("Amara Synthetic")).to_have_count(0)

    # A care worker takes a grave set of observations and is told at once what to do.
    worker = at_the_desk_of(n.WORKER)
    capture(worker, n.AMARA, **GRAVE)
    expect(worker.get_by_text(re.compile(r"\b01632 960000\b")).first).to_be_visible()

    # It appears on the queue by itself, with why.
    row = hub.get_by_role("row").filter(has_text="Amara Synthetic")
    expect(row).to_be_visible()
    expect(row).to_contain_text("breathing rate 26", ignore_case=True)
    row.get_by_role("button", name="Claim").click()
    expect(row).to_contain_text("you", ignore_case=True)

    # The clinician opens the resident, then closes with an answer.
    hub.get_by_role("link", name="Amara Synthetic").first.click()
    expect(hub.get_by_role("heading", name=re.compile("Amara Synthetic"))).to_be_visible()
    expect(hub.locator("body")).to_contain_text("39.2")
    hub.go_back()
    hub.get_by_role("row").filter(has_text="Amara Synthetic").get_by_role("link", name="Close").click()
    hub.get_by_label(re.compile("GP")).check(force=True)
    hub.get_by_role("textbox", name="Note").fill("GP visits before 14:00. Repeat in an hour.")
    hub.get_by_role("button", name="Close the escalation").click()
    closed = hub.get_by_role("row").filter(has_text="Amara Synthetic")
    expect(closed.get_by_role("button", name="Undo")).to_be_visible()
    expect(closed.get_by_role("button", name="Claim")).to_have_count(0)

    # The home's manager reads the hub's answer.
    manager = at_the_desk_of(n.MANAGER)
    manager.goto(f"/homes/{n.ORCHARD}")
    expect(manager.locator("body")).to_contain_text("GP visits before 14:00. Repeat in an hour.")


def test_a_worker_who_is_signed_off_carries_it_on_the_next_reading(at_the_desk_of: Desk) -> None:
    worker, trainer, hub = (at_the_desk_of(one) for one in (n.WORKER, n.TRAINER, n.CLINICIAN))
    capture(worker, n.AMARA, temperature="36.9")
    hub.goto(f"/residents/{n.AMARA}")
    expect(hub.locator("body")).to_contain_text("Not signed off")

    trainer.goto("/training")
    row = trainer.get_by_role("row").filter(has_text="Wanda Worker")
    row.get_by_role("link", name=re.compile("Sign off.*temperature", re.IGNORECASE)).click()
    trainer.get_by_role("radio", name="Independent").check(force=True)
    trainer.get_by_role("button", name="Sign off").click()
    expect(trainer.get_by_role("row").filter(has_text="Wanda Worker")).to_contain_text("In date")

    capture(worker, n.AMARA, temperature="37.0")
    hub.reload()
    expect(hub.locator("body")).to_contain_text("Signed off, in date")


def test_a_stranger_finds_no_page_of_a_home_that_is_not_theirs(at_the_desk_of: Desk) -> None:
    stranger = at_the_desk_of(n.OUTSIDER)
    for path in (
        f"/residents/{n.AMARA}",
        f"/homes/{n.ORCHARD}",
        f"/hubs/{n.HUB}",
        f"/residents/{n.AMARA}/capture",
    ):
        answer = stranger.goto(path)
        assert answer is not None
        assert answer.status in (403, 404), path
        expect(stranger.locator("body")).not_to_contain_text("Amara")


def test_a_form_sent_twice_is_one_reading(at_the_desk_of: Desk, served: Served, neighbourhood) -> None:
    worker = at_the_desk_of(n.WORKER)
    worker.goto(f"/residents/{n.BRAM}/capture")
    form = worker.locator("form[data-capture]")
    reading_id = form.locator("[name=reading_id]").get_attribute("value")
    worker.locator("[name=temperature]").fill("37.1")
    filled_in = form.evaluate("form => Object.fromEntries(new FormData(form))")
    for _ in range(2):
        answer = worker.request.post(worker.url, form=filled_in, headers={"Origin": served.address})
        assert "stored" in answer.text().lower()
    with neighbourhood.connect() as owner:
        stored = owner.execute(
            "SELECT reading_id::text FROM ingest.reading WHERE resident_id = %s", (n.BRAM,)
        )
        assert stored.fetchall() == [(reading_id,)]


def sign_in_elsewhere(page: Page, person: UUID) -> None:
    """Follow the link that a page of somebody signed out offers."""
    with page.expect_popup() as other:
        page.get_by_role("link", name=re.compile("sign in again in another tab", re.IGNORECASE)).click()
    other.value.get_by_label("User name").fill(username(person))
    other.value.get_by_label("Password").fill(PASSWORD)
    other.value.get_by_role("button", name="Sign in").click()
    expect(other.value.get_by_role("button", name="Sign out")).to_be_visible()


def test_what_was_typed_stays_where_one_has_been_signed_out_meanwhile(at_the_desk_of: Desk) -> None:
    worker = at_the_desk_of(n.WORKER)
    worker.goto(f"/residents/{n.BRAM}/capture")
    worker.locator("[name=temperature]").fill("37.1")
    worker.context.clear_cookies()
    worker.get_by_role("button", name="Send").click()
    expect(worker.get_by_role("alert")).to_contain_text("You have been signed out.")
    expect(worker.locator("[name=temperature]")).to_have_value("37.1")
    sign_in_elsewhere(worker, n.WORKER)
    worker.get_by_role("button", name="Send again").click()
    expect(worker.get_by_role("status")).to_contain_text("Stored")


def test_a_colleague_who_signs_in_on_the_tablet_is_asked_before_the_readings_are_theirs(
    at_the_desk_of: Desk, neighbourhood
) -> None:
    tablet = at_the_desk_of(n.WORKER)
    tablet.goto(f"/residents/{n.BRAM}/capture")
    expect(tablet.get_by_text("You are Wanda Worker: what you send is recorded as yours.")).to_be_visible()
    tablet.locator("[name=temperature]").fill("37.1")
    tablet.context.clear_cookies()
    tablet.get_by_role("button", name="Send").click()
    sign_in_elsewhere(tablet, n.MANAGER)
    tablet.get_by_role("button", name="Send again").click()
    expect(tablet.get_by_role("alert").first).to_contain_text("Wanda Worker opened this form")
    expect(tablet.locator("header")).to_contain_text("Mona Manager")
    expect(tablet.locator("[name=temperature]")).to_have_value("37.1")
    tablet.once("dialog", lambda dialog: dialog.dismiss())
    tablet.get_by_role("button", name="Not you? Switch").click()
    expect(tablet.locator("[name=temperature]")).to_have_value("37.1")
    tablet.once("dialog", lambda dialog: dialog.accept())
    tablet.get_by_role("button", name="Not you? Switch").click()
    tablet.get_by_label("User name").fill(username(n.WORKER))
    tablet.get_by_label("Password").fill(PASSWORD)
    tablet.get_by_role("button", name="Sign in").click()
    expect(tablet.get_by_text("You are Wanda Worker: what you send is recorded as yours.")).to_be_visible()
    tablet.locator("[name=temperature]").fill("37.1")
    tablet.get_by_role("button", name="Send").click()
    expect(tablet.get_by_role("status")).to_contain_text("Stored")
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT taken_by FROM ingest.reading").fetchall() == [(n.WORKER,)]


def test_what_lay_typed_on_a_tablet_is_not_taken_for_measured_when_it_is_sent(
    at_the_desk_of: Desk, served: Served, neighbourhood
) -> None:
    def sit_down() -> Page:
        """With a clock of its own: unlike a browser's, one that is put forward goes on over pages."""
        tablet = at_the_desk_of(n.WORKER)
        tablet.clock.install()
        tablet.goto(f"/residents/{n.BRAM}/capture")
        return tablet

    def wait(tablet: Page, minutes: int) -> None:
        tablet.clock.fast_forward(f"{minutes}:00")
        served.clock.ahead += timedelta(minutes=minutes)

    def send(tablet: Page, status: int, said: str) -> None:
        tablet.locator("[name=temperature]").fill("37.1")
        with tablet.expect_response(lambda answer: answer.request.method == "POST") as answered:
            tablet.get_by_role("button", name="Send").click()
        assert answered.value.status == status
        expect(tablet.locator("main")).to_contain_text(said)

    opened_long_ago = sit_down()
    wait(opened_long_ago, 20)
    send(opened_long_ago, 200, "Stored")
    typed_long_ago = sit_down()
    typed_long_ago.locator("[name=pulse]").fill("71")
    for minutes in (20, 10):
        wait(typed_long_ago, minutes)
        send(typed_long_ago, 422, "This form has been open for a while")
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM ingest.reading").fetchone() == (1,)


def test_what_a_caller_said_goes_through_after_signing_in_again(at_the_desk_of: Desk) -> None:
    clinician = at_the_desk_of(n.CLINICIAN)
    clinician.goto(f"/residents/{n.BRAM}/raise")
    clinician.locator("[name=severity][value=medium]").check(force=True)
    clinician.locator("[name=words]").fill("He fell at breakfast.")
    clinician.context.clear_cookies()
    clinician.get_by_role("button", name="Raise it").click()
    expect(clinician.locator("main")).to_contain_text("Nothing was done.")
    sign_in_elsewhere(clinician, n.CLINICIAN)
    clinician.reload()
    expect(clinician.locator("main")).to_contain_text("He fell at breakfast.")
