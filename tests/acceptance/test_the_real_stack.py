"""One journey through the whole of deploy/compose.yaml, with nothing in it that is not the product's own."""

import json

import httpx2
import pytest
from playwright.sync_api import Page, expect
from pyotp.totp import TOTP

from tests.fixtures.containers import wait_until
from tests.fixtures.stack import ComposeStack

pytestmark = pytest.mark.xdist_group("stack")
OTHERS = ("mosquitto", "ingest", "scheduler", "api")


def test_a_reading_leaves_a_kit_and_a_clinician_sees_why_it_matters(
    compose_stack: ComposeStack, page: Page
) -> None:
    # A neighbourhood is settled, and its kits may sign in at the broker.
    password = compose_stack.seed("--homes", "2", "--residents-per-home", "4")

    # Kits send over TLS for a while; somebody falls ill.
    sent = compose_stack.simulate("--for", "20", "--rate", "8", "--scenario", "sepsis", "--seed", "11")
    assert sent["sent"] > 0
    assert sent["sent"] == sent["stored"] + sent["quarantined"] + sent["on_kits"]
    assert (sent["on_kits"], sent["quarantined"]) == (0, 0)

    # The platform's books say the same as the kits'.
    books = json.loads(compose_stack.hearthwatch("ingest", "ledger", "--json"))
    assert sum(kit["stored"] for kit in books) == sent["stored"]

    # A kit is lost: one command ends its session at the broker, and says so only once the broker refuses it.
    lost = json.loads((compose_stack.folder / "kits.json").read_text())["kits"][0]["kit_id"]
    said = compose_stack.run("as-owner", "revoke-kit", lost, "--by", "operator")
    assert f"Kit {lost} is revoked. The broker has ended its session and refuses it." in said

    # A clinician signs in, sets up a second step as everybody at a hub does, and finds who is waiting and why.
    page.goto(compose_stack.url)
    page.get_by_label("User name").fill("hub-clinician")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    key = page.locator(".hw-secret").inner_text().replace(" ", "")
    page.get_by_label("The code that the app shows").fill(TOTP(key).now())
    page.get_by_role("button", name="Set it up").click()
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    waiting = page.get_by_role("table", name="Open escalations").get_by_role("row")
    expect(waiting.filter(has=page.get_by_role("button", name="Claim")).first).to_be_visible()
    page.get_by_role("button", name="Claim").first.click()
    expect(page.get_by_role("link", name="Close").first).to_be_visible()


def test_every_service_that_ends_is_started_again_by_itself_and_knows_what_it_knew(
    compose_stack: ComposeStack,
) -> None:
    before = compose_stack.hearthwatch("ingest", "ledger", "--json")
    # QUIT is for the database what pulling its plug is: it stops at once, and recovers.
    for service, signal in {"timescale": "QUIT", **dict.fromkeys(OTHERS, "TERM")}.items():
        compose_stack.run("exec", "-T", service, "sh", "-c", f"kill -{signal} 1")
    wait_until(lambda: compose_stack.restarted() == {"timescale", *OTHERS}, "every service to start again")
    wait_until(lambda: nothing_is_away(compose_stack), "all of them to work")
    assert compose_stack.hearthwatch("ingest", "ledger", "--json") == before
    found = {line[:3] for line in compose_stack.run("check").splitlines()}
    assert "ok " in found
    assert "NOT" not in found


def nothing_is_away(stack: ComposeStack) -> bool:
    try:
        said = httpx2.get(f"{stack.url}/readyz", timeout=5).json()
    except httpx2.TransportError:
        return False
    return said["ready"] and not said["degraded"]
