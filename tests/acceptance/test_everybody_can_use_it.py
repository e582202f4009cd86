"""Every page, empty, full, in error, stale and disconnected, passes axe (WCAG 2.2 AA) and fits 320 pixels."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from alerts.evaluator import Evaluator
from devices.reading import NotObtained
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import DESKTOP, PHONE, AtDesk, crowd
from tests.fixtures.serving import Served
from tests.integration.api.test_notices import say

pytestmark = pytest.mark.browser

AXE = Axe()
RULES = {
    # What passes is not listed: with two hundred rows, listing it takes three times as long as looking.
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}
# Colours are the same at every width, and by far the slowest to look at.
ON_A_PHONE = RULES | {"rules": {"color-contrast": {"enabled": False}}}
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
_NOBODY: tuple[LiteralString, ...] = (
    "UPDATE delegation.resident SET home_id = %(elsewhere)s WHERE resident_id <> %(amara)s",
    "UPDATE delegation.role_assignment SET ends_at = now() WHERE role = 'care_worker' AND person_id <> %(worker)s",
    "DELETE FROM devices.kit_loan",
)


def assert_everybody_can_use(page: Page, said: str | None = None) -> None:
    """No fault found by axe, nothing wider than a small phone; `said` must stand on it in words."""
    if said is not None:
        expect(page.locator("body")).to_contain_text(said)
    page.evaluate(AXE.axe_script)
    for size, rules in ((DESKTOP, RULES), (PHONE, ON_A_PHONE)):
        page.set_viewport_size(size)  # pyright: ignore[reportArgumentType]
        found = AxeResults(page.evaluate("rules => axe.run(document, rules)", rules))
        assert found.violations_count == 0, f"{page.url} at {size['width']} px:\n{found.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{page.url} is {wide} pixels wide"


def live(neighbourhood: Database) -> None:
    """Readings of three days for Amara: full sets, part of one, refused, abnormal, late and by nobody known."""
    now = datetime.now(UTC)
    kit = n.Kit()
    with neighbourhood.connect() as conn:
        for hours in range(70, 0, -5):
            taken_at = now - timedelta(hours=hours)
            values = n.GRAVE if hours < 12 else n.NORMAL | {"pulse": 70 + hours // 5}
            reading = kit.reading(values=values, taken_at=taken_at)
            late = timedelta(minutes=40 if hours % 3 == 0 else 0)
            door.receive(conn, [kit.arrival(reading, taken_at + late)], Evaluator(), taken_at + late)
        odd = kit.reading(
            values={"spo2": 79, "pulse": "NaN", "temperature": 38.1},
            not_obtained={"respiration_rate": NotObtained.REFUSED},
            taken_at=now - timedelta(minutes=3),
            taken_by=None,
        )
        door.receive(conn, [kit.arrival(odd, now)], Evaluator(), now)
        conn.execute(
            "INSERT INTO delegation.ceiling (resident_id, statement, decided_by, decided_on, recorded_by)"
            " VALUES (%s, 'For comfort at home; no drips.', 'Dr Ada Synthetic', '2026-01-01', %s)",
            (n.AMARA, n.MANAGER),
        )


@pytest.fixture
def full(neighbourhood: Database) -> None:
    """Two hundred of everything, and one resident with three days behind her."""
    with neighbourhood.connect() as conn:
        crowd(conn)
    live(neighbourhood)


@pytest.fixture
def empty(neighbourhood: Database) -> None:
    """Nobody lives in the home but Amara, of whom nothing is known; no other worker, no kit."""
    people = {"elsewhere": n.STRANGE_HOME, "amara": n.AMARA, "worker": n.WORKER}
    with neighbourhood.connect() as conn:
        for statement in _NOBODY:
            conn.execute(statement, people)


def sign_in_page(at_desk: AtDesk) -> Page:
    page = at_desk(n.CLINICIAN, QUEUE)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    return page


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(("person", "address"), DESKS)
def test_every_page_with_nothing_on_it(at_desk: AtDesk, person: UUID, address: str) -> None:
    assert_everybody_can_use(at_desk(person, address))


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("person", "address"), DESKS)
def test_every_page_with_two_hundred_rows(at_desk: AtDesk, person: UUID, address: str) -> None:
    assert_everybody_can_use(at_desk(person, address))


def test_the_page_to_sign_in_on_and_its_refusal(at_desk: AtDesk) -> None:
    page = sign_in_page(at_desk)
    assert_everybody_can_use(page)
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    assert_everybody_can_use(page, "The user name or the password is not right.")


def test_saying_whose_a_reading_is(at_desk: AtDesk, neighbourhood: Database) -> None:
    """By the keyboard alone, from the resident's page to the answer; each step can be used by everybody."""
    live(neighbourhood)
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
    ("person", "address", "button", "said"),
    [
        (n.WORKER, CAPTURE, "Send", "The form is empty: fill in at least one measurement"),
        (n.CLINICIAN, RAISE, "Raise it", "Say in a sentence what the caller told you"),
        (n.CLINICIAN, "/break-glass", "Open their record for 60 minutes", "Choose why it cannot wait"),
        (n.TRAINER, SIGN_OFF, "Sign off", "Choose how far they are signed off"),
        (n.CLINICIAN, f"{AMARA}/scale-two", "Record it: scale 2 from now on", "COPD alone is not enough"),
        (n.MANAGER, f"{AMARA}/records", "Record that care has ended", "Choose why care ended"),
        (n.MANAGER, f"{HOME}/residents/new", "Add them", "Choose whether they have allergies"),
        (n.MANAGER, f"{AMARA}/move", "Record that they have moved", "Choose the home they moved to"),
        (n.MANAGER, "/account/invitation", "Take on the role", "Type in the code."),
    ],
)
def test_every_form_with_something_to_mend(
    at_desk: AtDesk, person: UUID, address: str, button: str, said: str
) -> None:
    page = at_desk(person, address)
    page.get_by_role("button", name=button, exact=True).click()
    assert_everybody_can_use(page, said)


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


def test_records_that_are_kept_and_scale_two_that_is_revoked(at_desk: AtDesk) -> None:
    """Each page with something on it, by way of the forms that put it there."""
    hub = at_desk(n.CLINICIAN, f"{AMARA}/scale-two")
    hub.get_by_label("Hypercapnic respiratory failure is confirmed").check()
    hub.get_by_label("The target saturation is 88 to 92 %").check()
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
    assert_everybody_can_use(page, "Use 12 characters or more.")
    page.get_by_label("Choose a password").fill("copper kettle drum")
    page.get_by_label("The same password again").fill("copper kettle drum")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Round of observations")).to_be_visible()


@pytest.mark.usefixtures("full")
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


def test_an_empty_capture_form_blames_no_field_and_leads_to_the_first(at_desk: AtDesk) -> None:
    page = at_desk(n.WORKER, CAPTURE)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".nhsuk-error-message")).to_have_count(0)
    page.get_by_role("link", name="The form is empty").click()
    expect(page.locator("#respiration_rate")).to_be_in_viewport()


@pytest.mark.usefixtures("full")
def test_taking_a_sign_off_back_asks_first_and_asks_why(at_desk: AtDesk) -> None:
    page = at_desk(n.TRAINER, "/training")
    page.get_by_role("link", name="Take back").first.click()
    page.get_by_role("button", name="Take it back").click()
    assert_everybody_can_use(page, "Say why you take it back: the reason is recorded.")


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


@pytest.mark.parametrize("address", ["/nothing/here", f"/residents/{n.STRANGER_RESIDENT}"])
def test_what_is_not_there_or_not_yours(at_desk: AtDesk, address: str) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    page.goto(address)
    assert_everybody_can_use(page, "Not found")


@pytest.mark.parametrize(("person", "address"), DESKS)
def test_every_page_when_the_database_is_out_of_reach(
    at_desk: AtDesk, neighbourhood: Database, person: UUID, address: str
) -> None:
    page = at_desk(person, address)
    with cut_off(neighbourhood):
        page.goto(address)
        assert_everybody_can_use(page, "Hearthwatch cannot reach its database")


class cut_off:  # noqa: N801 - reads as what it does
    """Nobody but a superuser reaches the database until this ends."""

    _LIMIT: LiteralString = (
        "SELECT format('ALTER DATABASE %%I CONNECTION LIMIT %%s', current_database(), %s::int)"
    )
    _END: LiteralString = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND usename LIKE 'hearthwatch%%'
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def _limit(self, most: int) -> None:
        with self._database.connect(autocommit=True) as conn:
            row = conn.execute(self._LIMIT, (most,)).fetchone()
            assert row is not None
            conn.execute(row[0])
            conn.execute(self._END)

    def __enter__(self) -> None:
        self._limit(0)

    def __exit__(self, *_: Any) -> None:
        self._limit(-1)


@pytest.mark.usefixtures("full")
def test_a_queue_that_can_no_longer_hear_says_that_it_is_stale_and_recovers(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    with cut_off(neighbourhood):
        expect(page.locator("[data-live-notice]")).to_contain_text("Not updated since", timeout=15_000)
        assert_everybody_can_use(page, "New escalations may be missing.")
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.", timeout=30_000)


@pytest.mark.usefixtures("full")
def test_a_queue_whose_server_is_gone_says_that_it_is_disconnected(at_desk: AtDesk, served: Served) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    served.stop()
    expect(page.locator("[data-live-notice]")).to_contain_text("Disconnected since", timeout=15_000)
    assert_everybody_can_use(page, "New escalations are not shown.")


def test_a_queue_that_cannot_be_read_says_so_and_is_not_called_live(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    with neighbourhood.connect(autocommit=True) as conn:
        conn.execute("REVOKE SELECT ON alerts.visible_score FROM hearthwatch_api")
    live(neighbourhood)
    expect(page.locator("[data-live-notice]")).to_contain_text("The queue could not be read at")
    assert_everybody_can_use(page, "Not updated since")
    with neighbourhood.connect(autocommit=True) as conn:
        conn.execute("GRANT SELECT ON alerts.visible_score TO hearthwatch_api")
    expect(page.get_by_role("link", name="Amara Synthetic")).to_be_visible(timeout=15_000)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")


@pytest.mark.parametrize(
    ("person", "address"),
    [(n.CLINICIAN, AMARA), (n.MANAGER, HOME), (n.WORKER, "/rounds"), (n.OPERATOR, "/kits")],
)
def test_a_page_that_has_stood_for_long_says_since_when(at_desk: AtDesk, person: UUID, address: str) -> None:
    page = at_desk(person, address)
    page.clock.install()
    page.goto(address)
    page.clock.fast_forward("06:00")
    assert_everybody_can_use(page, "Not updated since")


def test_a_capture_form_without_a_connection_keeps_what_was_typed_and_claims_nothing(
    at_desk: AtDesk, served: Served
) -> None:
    page = at_desk(n.WORKER, CAPTURE)
    page.locator("#pulse").fill("72")
    served.stop()
    page.get_by_role("button", name="Send", exact=True).click()
    assert_everybody_can_use(page, "It is not known that anything was stored.")
    assert page.locator("#pulse").input_value() == "72"


def test_ages_tick_as_the_server_wrote_them(at_desk: AtDesk) -> None:
    from api.web.presenters.moments import span

    page = at_desk(n.CLINICIAN, QUEUE)
    minutes = [0, 1, 59, 60, 61, 119, 599, 600, 630, 2879, 2880, 10_000]
    ticked = page.evaluate(
        "async minutes => { const { span } = await import('/static/js/moments.js');"
        " return minutes.map(one => span(one * 60000)); }",
        minutes,
    )
    assert ticked == [span(timedelta(minutes=one)) for one in minutes]
