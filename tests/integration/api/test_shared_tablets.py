"""Shared tablets: a PIN is enough there after a full sign-in, and nowhere else, and not for long."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from api.signing_in.pins import fault
from delegation.people import Role
from devices.identifiers import new_uuid7
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Served, username

PAGE = {"Accept": "text/html"}
PIN = "739205"


class Tablet:
    """A browser that Orchard House's manager made a shared tablet."""

    def __init__(self, served: Served) -> None:
        self.browser = served.client(headers=PAGE)
        self.sign_in(n.MANAGER)
        made = self.browser.post("/tablets", data={"home": str(n.ORCHARD), "name": "Ground floor"})
        assert made.status_code == 303, made.text
        self.browser.post("/sign-out")

    def sign_in(self, person: UUID, password: str = PASSWORD) -> httpx.Response:
        given = {"username": username(person), "password": password, "next": "/rounds"}
        return self.browser.post("/sign-in", data=given)

    def set_pin(self, pin: str = PIN, **fields: str) -> httpx.Response:
        return self.browser.post(
            "/account/pin", data={"current": PASSWORD, "pin": pin, "again": pin} | fields
        )

    def by_pin(self, person: UUID = n.WORKER, pin: str = PIN, browser: httpx.Client | None = None) -> int:
        given = {"person": str(person), "pin": pin, "next": "/rounds"}
        return (browser or self.browser).post("/sign-in/pin", data=given).status_code

    def offers(self) -> list[str]:
        return re.findall(
            r'name="person" type="radio" value="([0-9a-f-]+)"', self.browser.get("/sign-in").text
        )

    def is_in(self) -> bool:
        return self.browser.get("/api/v1/me").status_code == 200


@pytest.fixture
def tablet(served: Served) -> Tablet:
    """With Wanda Worker's PIN on it, and nobody signed in."""
    made = Tablet(served)
    made.sign_in(n.WORKER)
    assert made.set_pin().status_code == 303
    made.browser.post("/sign-out")
    return made


def test_after_a_full_sign_in_a_pin_is_enough_on_that_tablet(tablet: Tablet, neighbourhood: Database) -> None:
    assert tablet.offers() == [str(n.WORKER)]
    assert "Wanda Worker" in tablet.browser.get("/sign-in").text
    assert tablet.by_pin() == 303
    assert tablet.browser.get("/rounds").status_code == 200
    with neighbourhood.connect() as conn:
        written = conn.execute("SELECT actor FROM delegation.audit_event WHERE action = 'signed_in_by_pin'")
        assert written.fetchall() == [(f"person:{n.WORKER}",)]
        kept = str(conn.execute("SELECT * FROM api.tablet_pin").fetchall())
    assert PIN not in kept


def test_the_pin_alone_is_worth_nothing(tablet: Tablet, served: Served) -> None:
    """Not in another browser, not on another tablet of the same home, not with the worker's own browser."""
    assert tablet.by_pin(browser=served.client(headers=PAGE)) == 401
    assert tablet.by_pin(browser=served.by_password(n.WORKER)) == 401
    assert Tablet(served).by_pin() == 401
    assert tablet.by_pin(pin="205739") == 401
    assert tablet.by_pin(person=n.MANAGER) == 401
    assert tablet.browser.post("/sign-in/pin", data={"person": "x", "pin": PIN}).status_code == 422


def test_after_five_wrong_ones_only_a_full_sign_in_helps(tablet: Tablet, served: Served) -> None:
    assert [tablet.by_pin(pin=f"{number}93817") for number in range(5)] == [401] * 5
    assert tablet.by_pin() == 401
    assert tablet.offers() == []
    served.clock.ahead += timedelta(hours=2)
    assert tablet.by_pin() == 401
    assert tablet.sign_in(n.WORKER).headers["location"] == "/rounds"
    assert tablet.by_pin() == 303


def test_a_wrong_one_keeps_the_name_that_was_chosen_and_each_name_says_until_when(tablet: Tablet) -> None:
    given = {"person": str(n.WORKER), "pin": "193817", "next": "/rounds"}
    answer = tablet.browser.post("/sign-in/pin", data=given).text
    assert re.search(f'value="{n.WORKER}" checked', answer)
    assert re.search(r"Until (today|tomorrow) \d\d:\d\d", answer)


def test_where_to_set_a_pin_is_said_where_one_signs_in_and_where_one_begins(served: Served) -> None:
    link, tablet = 'href="/account/pin"', Tablet(served)
    assert link in tablet.browser.get("/sign-in").text
    asked = tablet.browser.get("/account/pin", follow_redirects=True).text
    assert "then you choose your PIN on “Ground floor”" in asked
    tablet.sign_in(n.WORKER)
    assert link in tablet.browser.get("/rounds").text
    assert re.search(r"until (today|tomorrow) \d\d:\d\d", tablet.browser.get("/account/pin").text)
    tablet.set_pin()
    assert link not in tablet.browser.get("/rounds").text
    tablet.sign_in(n.MANAGER)
    assert tablet.browser.get("/account/pin").status_code == 403


def test_a_right_one_forgets_the_wrong_ones_before_it(tablet: Tablet) -> None:
    for _ in range(3):
        assert [tablet.by_pin(pin="193817") for _ in range(4)] == [401] * 4
        assert tablet.by_pin() == 303


def test_a_pin_is_good_for_a_shift_after_the_full_sign_in(tablet: Tablet, served: Served) -> None:
    served.clock.ahead += timedelta(hours=15, minutes=50)
    assert tablet.by_pin() == 303
    served.clock.ahead += timedelta(minutes=9)
    assert tablet.is_in()
    served.clock.ahead += timedelta(minutes=2)
    assert not tablet.is_in()
    assert tablet.by_pin() == 401
    tablet.sign_in(n.WORKER)
    assert tablet.by_pin() == 303


def test_a_session_by_pin_is_short_and_opens_no_account(tablet: Tablet, served: Served) -> None:
    tablet.by_pin()
    for address in ("/account", "/account/password", "/account/second-step", "/account/pin", "/tablets"):
        assert tablet.browser.get(address).headers["location"].startswith("/sign-in?next="), address
    assert tablet.set_pin("402817").status_code == 401
    assert tablet.browser.post("/account/sessions/end-others").status_code == 401
    assert tablet.browser.get("/api/v1/me/sessions").status_code == 401
    assert tablet.is_in()
    served.clock.ahead += timedelta(minutes=10)
    assert not tablet.is_in()


def test_a_reading_says_that_its_taker_was_known_by_pin(tablet: Tablet, neighbourhood: Database) -> None:
    tablet.by_pin()
    observed = {
        "reading_id": str(new_uuid7()),
        "taken_at": datetime.now(UTC).isoformat(),
        "values": {"pulse": 72},
    }
    sent = tablet.browser.post(f"/api/v1/residents/{n.AMARA}/readings", json=observed)
    assert sent.status_code == 201
    with neighbourhood.connect() as conn:
        kept = conn.execute("SELECT taken_by, operator_known_by FROM ingest.reading").fetchall()
    assert kept == [(n.WORKER, "pin")]


def test_one_worker_after_another_and_each_ends_the_others_session(
    tablet: Tablet, served: Served, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at) VALUES (%s, %s, %s, now())",
            (n.OUTSIDER, Role.CARE_WORKER, n.ORCHARD),
        )
    tablet.sign_in(n.OUTSIDER)
    tablet.set_pin("402817")
    tablet.by_pin()
    wandas = dict(tablet.browser.cookies)
    assert tablet.by_pin(n.OUTSIDER, "402817") == 303
    assert tablet.browser.get("/api/v1/me").json()["name"] == "Stig Stranger"
    assert served.client(cookies=wandas).get("/api/v1/me").status_code == 401


def test_nobody_but_a_care_worker_of_the_home_sets_a_pin(tablet: Tablet) -> None:
    for person in (n.MANAGER, n.CLINICIAN, n.TRAINER, n.CARER, n.OUTSIDER):
        tablet.sign_in(person)
        assert tablet.set_pin().status_code == 403, person


def test_a_role_too_many_or_a_role_too_few_takes_the_pin_away(
    tablet: Tablet, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, hub_id, starts_at) VALUES (%s, %s, %s, now())",
            (n.WORKER, Role.HUB_CLINICIAN, n.HUB),
        )
    assert tablet.by_pin() == 401
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.WORKER,)
        )
    assert tablet.by_pin() == 401


def test_a_new_password_takes_the_pin_away(tablet: Tablet, served: Served) -> None:
    changed = {"current": PASSWORD, "new": "copper kettle drum", "again": "copper kettle drum"}
    assert served.by_password(n.WORKER).post("/account/password", data=changed).status_code == 303
    assert tablet.by_pin() == 401


def test_a_lost_tablet_is_removed_with_its_pins_and_everybody_on_it(tablet: Tablet, served: Served) -> None:
    tablet.by_pin()
    manager = served.by_password(n.MANAGER)
    [found] = re.findall(r'action="/tablets/([0-9a-f-]+)/remove"', manager.get("/tablets").text)
    assert served.by_password(n.OUTSIDER).post(f"/tablets/{found}/remove").status_code == 403
    assert manager.post(f"/tablets/{found}/remove").status_code == 303
    assert not tablet.is_in()
    assert tablet.by_pin() == 401


def test_a_manager_enrols_tablets_of_their_own_home_only(served: Served) -> None:
    manager = served.by_password(n.MANAGER)
    for home in (n.STRANGE_HOME, n.MEADOW, "x"):
        asked = {"home": str(home), "name": "Ground floor"}
        assert manager.post("/tablets", data=asked, headers=PAGE).status_code == 422


@pytest.mark.parametrize(
    ("pin", "will_do"),
    [
        (PIN, True),
        ("100482", True),
        ("73920", False),
        ("7392051", False),
        ("73920x", False),
        ("٣٩٢٠٥١", False),
        ("111111", False),
        ("121212", False),
        ("123456", False),
        ("890123", False),
        ("654321", False),
        ("472472", False),
    ],
)
def test_a_pin_has_six_digits_and_is_not_what_others_try_first(pin: str, will_do: bool) -> None:
    assert (fault(pin) is None) == will_do
