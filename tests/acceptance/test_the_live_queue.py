"""The hub's queue while it changes under a clinician's hands, and where there is no script at all."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from alerts.policy import Severity
from delegation.decisions import ceiling
from delegation.decisions.registers import Regulator
from delegation.people import actor_of
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import AtDesk
from tests.fixtures.serving import let_all_work
from tests.integration.api.test_notices import say

pytestmark = pytest.mark.browser
QUEUE = f"/hubs/{n.HUB}"


def grave(neighbourhood: Database, resident: UUID, kit: UUID = n.KIT) -> None:
    """A grave set arrives from a kit."""
    now = datetime.now(UTC)
    sender = n.Kit(kit)
    with neighbourhood.connect() as conn:
        reading = sender.reading(resident, n.GRAVE, taken_at=now)
        door.receive(conn, [sender.arrival(reading, now)], Evaluator(), now)


def phone(neighbourhood: Database, resident: UUID, words: str) -> None:
    """Somebody rings, and a colleague writes it down."""
    with neighbourhood.connect("hearthwatch_api") as conn:
        colleague = actor_of(conn, n.COLLEAGUE)
        desk.raise_by_hand(conn, colleague, resident, Severity.CONCERN, words, datetime.now(UTC))


def decide(neighbourhood: Database, resident: UUID, statement: str) -> None:
    """A colleague records a ceiling of treatment."""
    now = datetime.now(UTC)
    decided = ceiling.Decision(
        statement=statement,
        clinician_name="Dr Synthetic Geriatrics",
        regulator=Regulator.GMC,
        regulator_number="1234567",
        decided_on=now.date(),
        review_on=now.date() + timedelta(days=90),
        reason="Agreed with her",
    )
    with neighbourhood.connect("hearthwatch_api") as conn:
        ceiling.decide(conn, actor_of(conn, n.COLLEAGUE), resident, decided, now, None)


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def out_of_reach(page: Page) -> None:
    """Only the page's own clock goes on: a queue fetched again brings the server's time with it."""
    page.clock.install()
    page.route(f"**{QUEUE}/queue*", lambda route: route.abort())
    page.goto(QUEUE)


def test_an_escalation_appears_by_itself_with_its_bounds_and_its_reason(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    grave(neighbourhood, n.AMARA)
    row = row_of(page, "Amara Synthetic")
    expect(row).to_contain_text("High")
    expect(row).to_contain_text("NEWS2 is 10")
    expect(row).to_contain_text("left")


def test_an_emergency_of_somebody_who_cannot_be_named_appears_by_itself_and_goes_for_all_once_somebody_rang(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page, colleague = at_desk(n.CLINICIAN, QUEUE), at_desk(n.COLLEAGUE, QUEUE)
    for one in (page, colleague):
        expect(one.locator("[data-live-notice]")).to_contain_text("Live.")
    say(neighbourhood)
    for one in (page, colleague):
        expect(one.get_by_role("heading", name="A kit at Orchard House says: chest pain")).to_be_visible()
        expect(one.get_by_role("link", name="01632 960111")).to_be_visible()
    page.get_by_role("button", name="I have rung the home").click()
    expect(page.get_by_text("Put away: you have rung the home.")).to_be_visible()
    expect(colleague.get_by_text("whom we cannot name")).to_have_count(0)


def test_the_keyboard_stays_where_it_was_when_the_queue_changes(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    link = page.get_by_role("link", name="Amara Synthetic")
    link.focus()
    grave(neighbourhood, n.CORA, n.SECOND_KIT)
    expect(row_of(page, "Cora Synthetic")).to_be_visible()
    expect(link).to_be_focused()


def test_an_answer_half_written_survives_a_change_of_the_queue(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    page = at_desk(n.CLINICIAN, QUEUE)
    page.get_by_role("button", name="Claim Amara Synthetic").click()
    page.get_by_role("link", name="Close Amara Synthetic").click()
    page.get_by_role("textbox", name="Note").fill("Doctor comes at")
    grave(neighbourhood, n.CORA, n.SECOND_KIT)
    expect(page.locator("tr").filter(has_text="Cora Synthetic")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("Doctor comes at")


@pytest.mark.parametrize(
    ("size", "answers_in_sight"),
    [({"width": 1280, "height": 800}, len(Disposition)), ({"width": 390, "height": 844}, 0)],
    ids=["desk", "phone"],
)
def test_what_sends_the_hubs_answer_is_in_sight_however_much_there_is_to_read_and_at_a_desk_every_answer(
    at_desk: AtDesk, neighbourhood: Database, size: dict[str, int], answers_in_sight: int
) -> None:
    grave(neighbourhood, n.AMARA)
    for words in ("She fell at breakfast.", "She is in pain now.", "She will not drink. " * 30):
        phone(neighbourhood, n.AMARA, words)
    page = at_desk(n.CLINICIAN, QUEUE, **size)
    page.get_by_role("button", name="Claim Amara Synthetic").click()
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    page.get_by_role("link", name="Close Amara Synthetic").click()
    send = page.get_by_role("dialog").get_by_role("button", name="Close the escalation")
    expect(send).to_be_in_viewport(ratio=1)
    for answer in page.get_by_role("dialog").get_by_role("radio").all()[:answers_in_sight]:
        expect(answer).to_be_in_viewport(ratio=1)
    page.get_by_role("textbox", name="Note").focus()
    expect(send).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_is_said_while_an_answer_is_written_is_told_in_the_form_and_then_shown(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    page = at_desk(n.CLINICIAN, QUEUE)
    page.get_by_role("button", name="Claim Amara Synthetic").click()
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    page.get_by_role("link", name="Close Amara Synthetic").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Advice given").check()
    form.get_by_role("textbox", name="Note").fill("Doctor comes at four.")
    decide(neighbourhood, n.AMARA, "Treat at home, not for hospital")
    phone(neighbourhood, n.AMARA, "She has stopped speaking.")
    expect(form.get_by_role("alert")).to_contain_text("This case has changed since you opened this form.")
    form.get_by_role("button", name="Show what is new").click()
    expect(form).to_contain_text("She has stopped speaking.")
    expect(form).to_contain_text("Treat at home, not for hospital")
    expect(form.get_by_role("alert")).to_be_empty()
    expect(form.get_by_label("Advice given")).to_be_checked()
    form.get_by_role("button", name="Close the escalation").click()
    expect(page.get_by_text("Closed. The home sees your answer.")).to_be_visible()


def test_what_was_said_stays_open_to_read_when_the_queue_changes(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    phone(neighbourhood, n.AMARA, "She fell at breakfast.")
    phone(neighbourhood, n.AMARA, "She is in pain now.")
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    page.get_by_text("Read all that was said (2)").click()
    expect(page.get_by_text("“She fell at breakfast.”")).to_be_visible()
    grave(neighbourhood, n.CORA, n.SECOND_KIT)
    expect(row_of(page, "Cora Synthetic")).to_be_visible()
    expect(page.get_by_text("“She fell at breakfast.”")).to_be_visible()


def test_a_claimed_case_past_its_deadline_says_so_to_every_colleague(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    at_desk(n.COLLEAGUE, QUEUE).get_by_role("button", name="Claim Amara Synthetic").click()
    page = at_desk(n.CLINICIAN, QUEUE)
    out_of_reach(page)
    row = row_of(page, "Amara Synthetic")
    expect(row).to_contain_text("Claimed by Cleo Colleague")
    expect(row.get_by_text("Claimed, but past its deadline")).to_be_hidden()
    page.clock.fast_forward("16:00")
    expect(row.get_by_text("Claimed, but past its deadline")).to_be_visible()
    expect(row).to_contain_text("Overdue by")


def test_a_colleagues_claim_is_seen_at_once(at_desk: AtDesk, neighbourhood: Database) -> None:
    grave(neighbourhood, n.AMARA)
    page, colleague = at_desk(n.CLINICIAN, QUEUE), at_desk(n.COLLEAGUE, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    colleague.get_by_role("button", name="Claim Amara Synthetic").click()
    expect(row_of(page, "Amara Synthetic")).to_contain_text("Claimed by Cleo Colleague")
    expect(page.get_by_role("button", name="Claim Amara Synthetic")).to_have_count(0)


def test_a_queue_behind_which_ingest_has_stopped_is_not_called_live_until_it_works_again(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    live, quiet = page.locator("[data-live-notice]"), page.locator("[data-quiet]")
    expect(live).to_contain_text("Live.")
    with neighbourhood.connect() as conn:
        conn.execute("UPDATE ingest.heartbeat SET beat_at = now() - interval '7 s' WHERE process = 'ingest'")
    expect(quiet).to_contain_text("No readings are coming in since")
    expect(live).not_to_contain_text("Live.")
    let_all_work(neighbourhood)
    expect(quiet).to_be_hidden()
    expect(live).to_contain_text("Live.")


def test_somebody_signed_out_elsewhere_is_not_left_with_a_queue_that_looks_live(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    with neighbourhood.connect() as conn:
        conn.execute("DELETE FROM api.session")
    expect(page.locator("[data-live-notice]")).to_contain_text("You have been signed out.")
    expect(page.locator("[data-live-notice]").get_by_role("link", name="Sign in")).to_be_visible()


def test_without_a_script_the_queue_says_that_it_does_not_renew_itself_and_works_by_reload(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE, scripts=False)
    expect(page.get_by_text("This page does not renew itself")).to_be_visible()
    grave(neighbourhood, n.AMARA)
    page.reload()
    page.get_by_role("button", name="Claim Amara Synthetic").click()
    page.get_by_role("link", name="Close Amara Synthetic").click()
    page.get_by_label("GP today").check()
    page.get_by_role("textbox", name="Note").fill("Doctor comes at four.")
    page.get_by_role("button", name="Close the escalation").click()
    expect(page.get_by_text("Closed. The home sees your answer.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row_of(page, "Amara Synthetic")).to_contain_text("Claimed by you")


def test_waiting_times_tick_and_a_deadline_that_passes_is_said_in_words(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    grave(neighbourhood, n.AMARA)
    page = at_desk(n.CLINICIAN, QUEUE)
    out_of_reach(page)
    row = row_of(page, "Amara Synthetic")
    expect(row).to_contain_text("14 min left")
    page.clock.fast_forward("10:00")
    expect(row).to_contain_text("4 min left")
    page.clock.fast_forward("06:00")
    expect(row).to_contain_text("Overdue by")
