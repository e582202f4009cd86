"""Guessing at the pages themselves: it is slowed down, and keeps nobody out of a browser of their own."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest

from api import cookies
from api.identity.throttle import ACCOUNT
from api.settings import Http
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Clock, Served, give_accounts, serving, settings_for, username

RIGHT = {"username": username(n.WORKER), "password": PASSWORD}
WRONG = RIGHT | {"password": "guess"}


@pytest.fixture
def behind_a_proxy(neighbourhood: Database) -> Iterator[Served]:
    """The pages behind a proxy that says who asks."""
    give_accounts(neighbourhood)
    told = settings_for(neighbourhood).model_copy(update={"http": Http(client_header="X-Forwarded-For")})
    with serving(told, Clock().stand_still()) as served:
        yield served


def asks(client: httpx.Client, given: dict[str, str], number: int = 0) -> int:
    """Sign in, from one of many addresses; the status."""
    where = {"X-Forwarded-For": f"198.51.100.{number}"}
    return client.post("/api/v1/sign-in", json=given, headers=where).status_code


def test_an_attacker_at_full_speed_from_everywhere_keeps_the_owner_out_of_no_browser_they_used_before(
    behind_a_proxy: Served,
) -> None:
    own, strange = behind_a_proxy.client(), behind_a_proxy.client()
    assert asks(own, RIGHT) == 204
    assert [asks(strange, WRONG, number) for number in range(20)] == [401] * ACCOUNT.free + [429] * 15
    # A browser nobody knows has to wait, even with the right password.
    assert asks(behind_a_proxy.client(), RIGHT, 99) == 429
    for number in range(4):
        assert asks(strange, WRONG, number) == 429
        assert asks(own, WRONG) == 401
        assert asks(own, RIGHT) == 204


def test_a_browser_known_to_one_account_is_a_stranger_to_every_other(behind_a_proxy: Served) -> None:
    thief = behind_a_proxy.client()
    assert asks(thief, {"username": username(n.OUTSIDER), "password": PASSWORD}) == 204
    [mine] = [one for one in thief.cookies.jar if "known" in one.name]
    victim = behind_a_proxy.client()
    assert asks(victim, RIGHT) == 204
    [theirs] = [one.name for one in victim.cookies.jar if "known" in one.name]
    thief.cookies.set(theirs, mine.value or "", domain=mine.domain)
    tries = [asks(thief, WRONG, number) for number in range(8)]
    assert tries == [401] * ACCOUNT.free + [429] * 3


def test_a_browsers_token_changes_at_each_sign_in_and_is_kept_as_a_hash(
    behind_a_proxy: Served, neighbourhood: Database
) -> None:
    client = behind_a_proxy.client()
    tokens: list[str] = []
    for _ in range(3):
        assert asks(client, RIGHT) == 204
        tokens += [one.value or "" for one in client.cookies.jar if "known" in one.name]
    assert len(set(tokens)) == 3
    with neighbourhood.connect() as conn:
        [kept] = conn.execute("SELECT token_hash FROM api.known_browser").fetchall()
    assert all(token.encode() not in kept[0] for token in tokens)


def test_a_tablet_that_many_sign_in_on_keeps_no_more_cookies_than_it_can_send(behind_a_proxy: Served) -> None:
    tablet = behind_a_proxy.client()
    assert asks(tablet, RIGHT) == 204
    [own] = [one for one in tablet.cookies.jar if "known" in one.name]
    colleagues = [cookies.known_name(f"colleague-{number}", https=False) for number in range(30)]
    for name in colleagues:
        tablet.cookies.set(name, "x" * 43, domain=own.domain)
    assert asks(tablet, RIGHT) == 204
    kept = [one.name for one in tablet.cookies.jar if "known" in one.name]
    assert set(kept) == {own.name, *colleagues[-(cookies.MOST_KNOWN - 1) :]}


def test_two_processes_and_one_that_was_restarted_count_together(neighbourhood: Database) -> None:
    give_accounts(neighbourhood)
    told = settings_for(neighbourhood)
    clock = Clock().stand_still()
    with serving(told, clock) as one, serving(told, clock) as other:
        for number in range(ACCOUNT.free):
            assert asks((one, other)[number % 2].client(), WRONG) == 401
        assert [asks(served.client(), RIGHT) for served in (one, other)] == [429, 429]
    with serving(told, clock) as restarted:
        # The right password does not help before the wait is over.
        for number in range(3):
            clock.ahead += ACCOUNT.longest
            assert asks(restarted.client(), RIGHT | {"password": f"guess {number}"}) == 401
            assert asks(restarted.client(), RIGHT) == 429
        clock.ahead += ACCOUNT.longest
        assert asks(restarted.client(), RIGHT) == 204
