"""From where a request came, and whose word for it counts."""

import pytest
from fastapi import Request

from api.identity.addresses import UNKNOWN, address_of


def request(*said: str, connection: str | None = "192.0.2.7") -> Request:
    return Request(
        {
            "type": "http",
            "headers": [(b"x-forwarded-for", one.encode()) for one in said],
            "client": None if connection is None else (connection, 50000),
        }
    )


def test_nobodys_word_counts_unless_a_setting_says_whose() -> None:
    assert address_of(request("203.0.113.9"), None) == "192.0.2.7"
    assert address_of(request("203.0.113.9"), "X-Forwarded-For") == "203.0.113.9"


@pytest.mark.parametrize(
    "said",
    [("198.51.100.1, 203.0.113.9",), ("198.51.100.1", "203.0.113.9"), ("made up,203.0.113.9 ",)],
    ids=["one header", "two headers", "a forgery before it"],
)
def test_of_a_list_only_what_the_proxy_itself_wrote_counts(said: tuple[str, ...]) -> None:
    assert address_of(request(*said), "X-Forwarded-For") == "203.0.113.9"


@pytest.mark.parametrize("said", ["", "unknown", "999.1.1.1", "203.0.113.9, -"])
def test_what_is_no_address_does_not_count(said: str) -> None:
    assert address_of(request(said), "X-Forwarded-For") == "192.0.2.7"


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ],
)
def test_a_port_beside_it_does_not_count(said: str, counted: str) -> None:
    assert address_of(request(said), "X-Forwarded-For") == counted


def test_one_ipv6_network_is_one_address_and_an_ipv4_one_in_its_dress_is_itself() -> None:
    one, other = (address_of(request(connection=f"2001:db8:1:2::{last}"), None) for last in ("1", "ffff"))
    assert one == other == "2001:db8:1:2::/64"
    assert address_of(request(connection="::ffff:192.0.2.7"), None) == "192.0.2.7"
    assert address_of(request(connection=None), None) == UNKNOWN
