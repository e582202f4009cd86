"""A page that is stale or disconnected says so, in words and in a way everybody can use, and recovers by itself."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import AtDesk
from tests.fixtures.reach import cut_off
from tests.fixtures.scenes import live
from tests.fixtures.serving import Served
from tests.fixtures.usable import assert_everybody_can_use

pytestmark = pytest.mark.browser
QUEUE, HOME, AMARA = f"/hubs/{n.HUB}", f"/homes/{n.ORCHARD}", f"/residents/{n.AMARA}"


def test_a_queue_that_can_no_longer_hear_says_that_it_is_stale_and_recovers(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    with cut_off(neighbourhood):
        expect(page.locator("[data-live-notice]")).to_contain_text("Not updated since")
        assert_everybody_can_use(page, "New escalations may be missing.")
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")


def test_a_queue_whose_server_is_gone_says_that_it_is_disconnected(at_desk: AtDesk, served: Served) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    served.stop()
    expect(page.locator("[data-live-notice]")).to_contain_text("Disconnected since")
    assert_everybody_can_use(page, "New escalations are not shown.")


def test_a_queue_that_cannot_be_read_says_so_and_is_not_called_live(
    at_desk: AtDesk, neighbourhood: Database
) -> None:
    page = at_desk(n.CLINICIAN, QUEUE)
    expect(page.locator("[data-live-notice]")).to_contain_text("Live.")
    with neighbourhood.connect(autocommit=True) as conn:
        conn.execute("REVOKE SELECT ON alerts.visible_score FROM hearthwatch_api")
    with neighbourhood.connect() as conn:
        live(conn)
    expect(page.locator("[data-live-notice]")).to_contain_text("The queue could not be read at")
    assert_everybody_can_use(page, "Not updated since")
    with neighbourhood.connect(autocommit=True) as conn:
        conn.execute("GRANT SELECT ON alerts.visible_score TO hearthwatch_api")
    expect(page.get_by_role("link", name="Amara Synthetic")).to_be_visible()
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
    page = at_desk(n.WORKER, f"{AMARA}/capture")
    page.locator("#pulse").fill("72")
    served.stop()
    page.get_by_role("button", name="Send", exact=True).click()
    assert_everybody_can_use(page, "It is not known that anything was stored.")
    assert page.locator("#pulse").input_value() == "72"
