"""Signing in as people do it: a telephone for the code, another password, an end to a session left open."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from pyotp.totp import TOTP

from api.settings import Account
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.desks import AtDesk
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username
from tests.fixtures.usable import assert_everybody_can_use

pytestmark = pytest.mark.browser
NEW = "copper kettle drum"


@pytest.fixture
def asked(neighbourhood: Database) -> Iterator[Served]:
    """Pages that ask for a second step."""
    give_accounts(neighbourhood)
    account = Account(key=SecretStr(Fernet.generate_key().decode()))
    told = settings_for(neighbourhood).model_copy(update={"account": account})
    with serving(told, Clock()) as served:
        yield served


def give_password(page: Page, asked: Served) -> None:
    page.goto(f"{asked.address}/sign-in")
    page.get_by_label("User name").fill(username(n.CLINICIAN))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").press("Enter")


def test_a_clinician_sets_up_a_second_step_and_later_signs_in_with_a_recovery_code(
    page: Page, asked: Served
) -> None:
    give_password(page, asked)
    assert_everybody_can_use(page, "Set up your second step")
    page.get_by_label("The code that the app shows").fill("000000")
    page.get_by_role("button", name="Set it up").press("Enter")
    assert_everybody_can_use(page, "This is not the code your telephone shows at this moment.")

    # What is typed by hand is what the picture holds.
    key = page.locator(".hw-secret").inner_text().replace(" ", "")
    expect(page.get_by_role("img", name="Picture for the app to scan.")).to_be_visible()
    page.get_by_label("The code that the app shows").fill(TOTP(key).now())
    page.get_by_role("button", name="Set it up").press("Enter")
    assert_everybody_can_use(page, "Keep these recovery codes")
    [code, *_] = page.locator("li.hw-secret").all_inner_texts()
    page.get_by_role("link", name="I have kept them: go on").press("Enter")
    page.get_by_role("button", name="Sign out").click()

    # The telephone is at home.
    give_password(page, asked)
    assert_everybody_can_use(page, "6 digits, or one of your recovery codes")
    page.get_by_role("button", name="Sign in").press("Enter")
    assert_everybody_can_use(page, "This is not the code of this moment")
    page.get_by_label("The code that the app on your telephone shows").fill(code)
    page.get_by_role("button", name="Sign in").press("Enter")
    page.get_by_role("link", name="Clive Clinician").click()
    assert_everybody_can_use(page, "9 of yours are left")
    page.get_by_role("link", name="Get new recovery codes").click()
    assert_everybody_can_use(page)


def test_somebody_ends_the_session_they_left_open_and_changes_their_password(at_desk: AtDesk) -> None:
    left_open, page = at_desk(n.WORKER, "/rounds"), at_desk(n.WORKER, "/account")
    assert_everybody_can_use(page, "Chrome on Linux")
    page.get_by_role("button", name="End the session in Chrome on Linux").press("Enter")
    expect(page.get_by_role("status")).to_have_text("That session is ended.")
    left_open.reload()
    expect(left_open.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_role("link", name="Change your password").press("Enter")
    page.get_by_label("The password you have now").fill(PASSWORD)
    page.get_by_label("New password").fill("Password2024!")
    page.get_by_role("button", name="Change password").press("Enter")
    assert_everybody_can_use(page, "This is known from breaches elsewhere")
    page.get_by_label("The password you have now").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)
    page.get_by_role("button", name="Change password").press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_a_manager_helps_a_worker_who_cannot_sign_in(at_desk: AtDesk) -> None:
    page = at_desk(n.MANAGER, "/accounts")
    assert_everybody_can_use(page)
    page.get_by_role("button", name="Give a new password").press("Enter")
    assert_everybody_can_use(page, "Say whose account it is")
    page.get_by_label("Who is it?").select_option(value=username(n.WORKER))
    page.get_by_label("Why, and how you know that it is they who ask").fill("Forgot it; she is beside me.")
    page.get_by_label("Your own password").fill(PASSWORD)
    page.get_by_role("button", name="Give a new password").press("Enter")
    assert_everybody_can_use(page, "It works until")
    password = page.locator(".hw-secret").inner_text()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").fill(username(n.WORKER))
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").press("Enter")
    assert_everybody_can_use(page, "Choose one that only you know.")
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)
    page.get_by_role("button", name="Change password").press("Enter")
    expect(page.get_by_role("link", name="Wanda Worker")).to_be_visible()


def test_a_worker_who_wants_a_second_step_gives_their_password_before_they_see_its_key(
    page: Page, asked: Served
) -> None:
    page.goto(f"{asked.address}/sign-in")
    page.get_by_label("User name").fill(username(n.WORKER))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").press("Enter")
    page.get_by_role("link", name="Wanda Worker").click()
    page.get_by_role("link", name="Set up a second step").click()
    assert_everybody_can_use(page, "Give your password first.")
    page.get_by_role("button", name="Go on").press("Enter")
    assert_everybody_can_use(page, "Type in your password")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").press("Enter")
    key = page.locator(".hw-secret").inner_text().replace(" ", "")
    page.get_by_label("The code that the app shows").fill("000000")
    page.get_by_role("button", name="Set it up").press("Enter")
    assert_everybody_can_use(page, "The picture and the key are not shown again.")
    page.get_by_label("The code that the app shows").fill(TOTP(key).now())
    page.get_by_role("button", name="Set it up").press("Enter")
    assert_everybody_can_use(page, "Keep these recovery codes")


def test_a_manager_shares_a_tablet_and_a_worker_switches_to_it_by_pin(at_desk: AtDesk) -> None:
    page = at_desk(n.MANAGER, "/tablets")
    assert_everybody_can_use(page)
    page.get_by_role("button", name="Make it a shared tablet").press("Enter")
    assert_everybody_can_use(page, "Say which tablet it is")
    page.get_by_label("Which tablet is it?").fill("Ground floor")
    page.get_by_role("button", name="Make it a shared tablet").press("Enter")
    assert_everybody_can_use(page, "This is the shared tablet “Ground floor”.")
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("User name").fill(username(n.WORKER))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").press("Enter")
    page.get_by_role("link", name="Set your PIN on this tablet").press("Enter")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("PIN", exact=True).fill("123456")
    page.get_by_role("button", name="Set PIN").press("Enter")
    assert_everybody_can_use(page, "This is the first that others try.")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("PIN", exact=True).fill("739205")
    page.get_by_label("The same again").fill("739205")
    page.get_by_role("button", name="Set PIN").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your PIN is set.")
    page.get_by_role("button", name="Sign out").click()

    assert_everybody_can_use(page, "With your PIN")
    page.get_by_label("Wanda Worker").check()
    page.get_by_label("PIN", exact=True).fill("111111")
    page.get_by_role("button", name="Sign in with your PIN").press("Enter")
    assert_everybody_can_use(page, "This is not the PIN, or it is not good any more.")
    expect(page.get_by_label("Wanda Worker")).to_be_checked()
    page.get_by_label("PIN", exact=True).fill("739205")
    page.get_by_role("button", name="Sign in with your PIN").press("Enter")
    expect(page.get_by_role("link", name="Wanda Worker")).to_be_visible()
