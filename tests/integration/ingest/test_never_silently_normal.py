"""Nothing that was looked for in vain is replaced by an older value, and no fault of ours hides a grave reading."""

from datetime import UTC, datetime

import psycopg
import pytest

from alerts.evaluator import Evaluator
from alerts.policy import SHIPPED
from alerts.replay import recorded
from alerts.standing import faulty, policies_in_force
from devices.receipt import CALL_HUB, Outcome
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
EARLIER = NOW - n.minutes(20)


@pytest.fixture
def conn(neighbourhood: Database):
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        yield conn


def deliver(conn: psycopg.Connection, *arrivals):
    with conn.transaction():
        return door.receive(conn, arrivals, Evaluator(), NOW)


IN_VAIN = {
    "text": ({"spo2": "82%"}, {}),
    "not a number": ({"spo2": float("nan")}, {}),
    "impossible": ({"systolic": 29}, {}),
    "unreadable consciousness": ({"consciousness": "unresponsive"}, {}),
    "refused": ({}, {"not_obtained": {"spo2": "refused"}}),
    "absent": ({}, {"not_obtained": {"consciousness": "absent"}}),
    "said to be invalid by the device": ({"spo2": 97}, {"quality": {"invalid": True}}),
    "not sure of oxygen": ({"on_oxygen": "not_sure"}, {}),
}


@pytest.mark.parametrize("late", [False, True], ids=["in order", "late"])
@pytest.mark.parametrize("case", IN_VAIN)
def test_what_was_looked_for_in_vain_is_unknown_however_normal_it_was_before(conn, case: str, late: bool):
    values, more = IN_VAIN[case]
    kit = n.Kit()
    arrivals = [kit.arrival(kit.reading(taken_at=EARLIER), NOW)]
    if late:
        arrivals.append(kit.arrival(kit.reading(values={"diastolic": 70}, taken_at=NOW + n.minutes(1)), NOW))
    deliver(conn, *arrivals)
    [settled] = deliver(conn, kit.arrival(kit.reading(values=values, taken_at=NOW, **more), NOW))
    assert settled.verdict.complete is False
    assert settled.verdict.high > settled.verdict.low


def test_the_policy_that_ships_is_the_one_in_the_first_migration(conn):
    default = policies_in_force(conn, NOW).default
    assert default.model_dump(exclude={"version"}) == SHIPPED.model_dump(exclude={"version"})


@pytest.mark.parametrize(
    ("hub", "body"),
    [
        pytest.param(n.OTHER_HUB, '{"window": -5, "nonsense": true}', id="another hub's policy"),
        pytest.param(None, '{"[key]": 1}', id="the default policy"),
        pytest.param(n.OTHER_HUB, "[1]", id="another hub's, no table"),
        pytest.param(None, "5", id="the default, a number"),
    ],
)
def test_a_policy_that_makes_no_sense_hides_no_grave_reading(conn, neighbourhood: Database, hub, body: str):
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO alerts.policy (hub_id, version, in_force_from, body)"
            " VALUES (%s, 'broken', '2021-01-01', %s)",
            (hub, body),
        )
    kit = n.Kit()
    [settled] = deliver(conn, kit.arrival(kit.reading(values=n.GRAVE, taken_at=NOW), NOW))
    assert (settled.outcome, settled.verdict.next) == (Outcome.STORED, CALL_HUB)
    assert settled.verdict.escalation_id is not None
    [(of, version, why)] = faulty(conn, NOW)
    assert (of, version, why.code) == (hub, "broken", "policy.senseless")


def test_where_a_policy_leaves_out_what_it_may_not_that_is_given_back_and_the_rest_is_the_hubs_own(
    conn, neighbourhood: Database
):
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO alerts.policy (hub_id, version, in_force_from, recorded_at, body)"
            " SELECT %s, 'deaf', '2021-01-01', '2021-01-01', body"
            """ || '{"medium_from": 4, "red_vital_sign": null, "could_not_be_excluded": null}' FROM alerts.policy""",
            (n.HUB,),
        )
    held = policies_in_force(conn, NOW).for_hub(n.HUB)
    assert (held.version, held.medium_from, held.red_vital_sign) == ("deaf", 4, SHIPPED.red_vital_sign)
    assert recorded.policies(conn).in_force(n.HUB, NOW) == held
    kit = n.Kit()
    lone = {"respiration_rate": 26}
    [settled] = deliver(conn, kit.arrival(kit.reading(values=lone, taken_at=NOW), NOW))
    assert settled.verdict.escalation_id is not None
    [(hub, version, why)] = faulty(conn, NOW)
    assert (hub, version, why.code) == (n.HUB, "deaf", "policy.red_sign")


def test_a_reading_that_could_only_be_put_away_stands_in_front_of_a_person(conn, neighbourhood: Database):
    kit = n.Kit()
    arrival = kit.arrival(kit.reading(values=n.GRAVE, taken_at=NOW), NOW)
    with conn.transaction():
        settled = door.put_away(conn, arrival, "This could not be stored.", Evaluator(), NOW)
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, CALL_HUB)
    with neighbourhood.connect() as owner:
        cases = owner.execute("SELECT resident_id, origin, severity FROM alerts.escalation").fetchall()
        kept = owner.execute("SELECT reason FROM ingest.quarantine").fetchall()
    assert cases == [(n.AMARA, "unscored", "high")]
    assert kept == [("unstorable",)]
