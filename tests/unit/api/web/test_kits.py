"""Kits for an operator: what needs looking at, and ledgers that do not add up."""

from typing import Any

import pytest

from api.queries.kits import Quarantined
from api.shares import in_words
from api.web.presenters.kits import by_need, kit_row, quarantine_row, summary, workers
from ingest.worker.sharing import Roll
from tests.unit.api.web.rows import NOW, ago, kit


@pytest.mark.parametrize(
    ("different", "state", "worrying"),
    [
        ({}, "Online", False),
        ({"heard_at": ago(minutes=20)}, "Silent", True),
        ({"online": False}, "Offline", True),
        ({"heard_at": None, "online": None}, "Never heard of", True),
        ({"lent": False}, "Not lent", False),
        ({"revoked_at": ago(days=1)}, "Revoked", False),
        ({"kind": "web"}, "In use", False),
    ],
)
def test_a_kit_says_how_it_is(different: dict[str, Any], state: str, worrying: bool) -> None:
    row = kit_row(kit(**different), NOW)
    assert (row.state, row.worrying) == (state, worrying)


def test_a_ledger_that_does_not_add_up_says_by_how_much() -> None:
    assert kit_row(kit(), NOW).ledger == "Adds up by count"
    short = kit_row(kit(stored=90), NOW)
    assert short.ledger == "7 not accounted for when the kit last spoke"
    assert summary([short]) == ("1 kit or form", "1 needs looking at", "1 ledger does not add up")


def test_what_came_since_the_kit_spoke_is_no_fault() -> None:
    assert kit_row(kit(stored=99), NOW).ledger == (
        "Adds up by count: 2 came since the kit last spoke, or wait for their receipt"
    )


@pytest.mark.parametrize(
    ("different", "worry"),
    [
        ({"clock_skew_s": -3600.0}, "Its clock is 1 h slow: its readings may look older than they are"),
        (
            {"clock_skew_s": 420.0},
            "Its clock is 7 min fast: its readings are ordered by when they arrive",
        ),
        ({"battery": 4}, "The battery is low"),
    ],
)
def test_a_wrong_clock_and_a_low_battery_stand_out_in_words(different: dict[str, Any], worry: str) -> None:
    row = kit_row(kit(**different), NOW)
    assert (row.worries, row.worrying) == ((worry,), True)
    assert kit_row(kit(clock_skew_s=-300.0), NOW).worries == ()


def test_those_that_need_looking_at_come_first_with_their_homes_name() -> None:
    well, slow = kit_row(kit(), NOW), kit_row(kit(home_name="Meadow View", clock_skew_s=-900.0), NOW)
    assert [row.home for row in by_need([well, slow])] == ["Meadow View", "Orchard House"]


def test_what_a_kit_never_said_is_not_known_rather_than_nothing() -> None:
    row = kit_row(kit(sent_seq=None, outbox_length=None, battery=None, clock_skew_s=None), NOW)
    assert (row.sent, row.on_kit, row.battery, row.worries) == ("not known", "not known", "not known", ())
    assert row.ledger == "Nothing to compare"


def test_quarantine_is_counted_by_reason_in_words() -> None:
    row = quarantine_row(Quarantined("conflict", 2, 5, 1, ago(minutes=3), 0), NOW)
    assert (row.reason, row.payloads, row.newest.age) == ("Same id, other content", "2", "3 min ago")


def test_what_was_not_kept_whole_is_said() -> None:
    row = quarantine_row(Quarantined("not_json", 20, 20, 20, ago(minutes=3), 4), NOW)
    assert row.payloads == "20, of 4 only the beginning"


def test_who_takes_readings_in_is_said_and_what_nobody_does() -> None:
    holders = {**dict.fromkeys(range(8), "1"), 9: "10", 11: "10", 12: "10"}
    roll = Roll(frozenset(("10", "2", "1")), holders)
    assert workers(roll) == (
        "Ingest worker 1: partitions 0-7",
        "Ingest worker 2: none yet",
        "Ingest worker 10: partitions 9, 11-12",
        "Nobody: partitions 8, 10, 13-15",
    )
    assert in_words(roll) == (
        "worker 1 on partitions 0-7, worker 10 on partitions 9, 11-12, nobody on partitions 8, 10, 13-15"
    )
    assert workers(Roll(frozenset(), {})) == ("Nobody: partitions 0-15",)


def test_a_kit_that_keeps_no_new_readings_is_to_be_looked_at_at_once() -> None:
    row = kit_row(kit(disk_full=True), NOW)
    assert row.worries == ("Its disk is full or broken: it keeps no new readings. Telephone the home",)
    assert row.worrying


def test_what_a_kit_had_no_more_room_for_is_said_to_be_lost() -> None:
    row = kit_row(kit(let_go=1), NOW)
    assert row.worries == ("Of 1 thing it sent the rest is lost: the kit had no more room for it",)
    assert row.worrying


def test_what_is_whole_on_a_kit_alone_is_a_reason_to_look_at_it() -> None:
    row = kit_row(kit(not_kept_whole=3), NOW)
    assert row.worries == ("Of 3 things it sent only the beginning is kept here: look at it",)
    assert row.worrying
    [worry] = kit_row(kit(not_kept_whole=1), NOW).worries
    assert worry.startswith("Of 1 thing it sent")
