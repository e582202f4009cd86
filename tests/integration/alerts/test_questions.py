"""What could not be excluded is asked for where something points that way, and escalates if nobody measures it."""

import threading
from datetime import datetime, timedelta

import psycopg
import pytest

from alerts import clocks
from devices.reading import Gatt, SoftSign, Worry, WorryFrom
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.integration.alerts.ward import NOW
from tests.unit.devices.instruments import Written, cuff, time

# Breathing 22 scores 2; alertness, oxygen and the rest are not known.
POINTING = {"respiration_rate": 22, "temperature": 36.8}
DUE = NOW + n.minutes(30)


def test_a_lone_normal_thermometer_opens_no_clock_and_no_case(ward):
    settled = ward.send({"temperature": 36.8})
    assert (settled.verdict.low, settled.verdict.high) == (0, 17)
    assert settled.verdict.next == "nothing"
    assert ward.questions() == {}
    assert ward.tick(NOW + timedelta(hours=12)) == 0
    assert ward.cases() == []


@pytest.mark.parametrize(
    "pointing",
    [
        {"values": POINTING},
        {"values": {"temperature": 36.8}, "soft_signs": {"mobility": SoftSign.PRESENT}},
        {"values": {"temperature": 36.8}, "worry": Worry(by=WorryFrom.RESIDENT)},
        {"values": {"temperature": 36.8}, "scheduled_full_set": True},
    ],
    ids=["points", "a soft sign", "a worry", "a scheduled set left incomplete"],
)
def test_the_clock_opens_once_something_points_that_way(ward, pointing):
    settled = ward.send(pointing.pop("values"), **pointing)
    assert settled.verdict.next.startswith("measure:")
    assert settled.verdict.next.removeprefix("measure:") in settled.verdict.deciding
    assert ward.questions() == {n.AMARA: DUE}


def test_a_soft_sign_that_is_absent_opens_none(ward):
    ward.send({"temperature": 36.8}, soft_signs={"mobility": SoftSign.ABSENT})
    assert ward.questions() == {}


def test_enough_certainty_escalates_now_and_opens_none(ward):
    ward.send({"respiration_rate": 26, "pulse": 124})
    assert ward.questions() == {}
    assert [one[1] for one in ward.cases()] == ["medium"]


def test_asking_again_does_not_move_the_deadline(ward):
    ward.send(POINTING)
    ward.send(POINTING, at=NOW + n.minutes(20))
    assert ward.questions() == {n.AMARA: DUE}


def test_measuring_what_decides_stops_the_clock(ward):
    ward.send(POINTING)
    rest = {sign: value for sign, value in n.NORMAL.items() if sign not in POINTING}
    settled = ward.send(rest, at=NOW + n.minutes(10))
    assert (settled.verdict.low, settled.verdict.high) == (2, 2)
    assert ward.questions() == {}
    assert ward.tick(DUE) == 0
    assert ward.cases() == []


def test_a_normal_value_that_decides_nothing_leaves_it_running(ward):
    ward.send(POINTING)
    ward.send({"temperature": 36.9}, at=NOW + n.minutes(40))
    assert ward.questions() == {n.AMARA: DUE}


def test_nobody_answers_and_it_escalates_once(ward):
    verdict = ward.send(POINTING).verdict
    assert ward.tick(DUE - timedelta(seconds=1)) == 0
    assert ward.tick(DUE) == 1
    [(state, severity, why, low, raised_at, deadline_at)] = ward.cases()
    assert (state, severity, low) == ("open", "low_medium", 2)
    assert why.startswith(f"NEWS2 is between 2 and {verdict.high}. Asked for, and not measured in time: ")
    assert (raised_at, deadline_at) == (DUE, DUE + n.minutes(60))
    assert ward.questions() == {}
    assert ward.tick(DUE + n.minutes(10)) == 0
    assert ward.events() == ["raised"]


def test_a_scheduler_that_was_away_finds_all_that_is_due(ward):
    for resident in (n.AMARA, n.BRAM):
        ward.send(POINTING, resident=resident)
    assert ward.tick(NOW + timedelta(hours=9)) == 2
    assert len(ward.cases(n.AMARA)) == len(ward.cases(n.BRAM)) == 1


def test_an_unanswered_question_joins_the_case_that_is_open(ward):
    ward.send(POINTING, worry=Worry(by=WorryFrom.STAFF))
    assert ward.tick(DUE) == 1
    assert [one[1] for one in ward.cases()] == ["low_medium"]
    assert ward.events() == ["raised", "worsened"]


def test_a_late_full_set_from_yesterday_answers_nothing_about_today(ward):
    ward.send(POINTING)
    yesterday = NOW - timedelta(days=1)
    ward.send(n.NORMAL, at=NOW + n.minutes(5), taken_at=yesterday)
    assert ward.questions() == {n.AMARA: DUE}


def test_a_late_half_set_from_yesterday_asks_nobody_to_run(ward):
    ward.send(n.NORMAL)
    settled = ward.send(POINTING, at=NOW + n.minutes(5), taken_at=NOW - timedelta(days=1))
    assert settled.verdict.next == "nothing"
    assert ward.questions() == {}


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_answer_and_a_new_question_count_alike_together_or_one_by_one(ward, in_one_batch):
    ward.send(POINTING)
    arrived = NOW + n.minutes(45)
    answer = ward.reading(n.NORMAL, taken_at=NOW + n.minutes(5))
    again = ward.reading(POINTING, taken_at=arrived)
    for batch in [(answer, again)] if in_one_batch else [(answer,), (again,)]:
        ward.deliver(*batch, at=arrived)
    assert ward.questions() == {n.AMARA: arrived + n.minutes(30)}


@pytest.mark.touched_by_hand
def test_an_answer_that_comes_while_the_scheduler_waits_is_heard(ward):
    ward.send(POINTING)
    raised: list[int] = []
    scheduler = threading.Thread(target=lambda: raised.append(ward.tick(DUE)))
    with ward.database.connect() as bedside:
        bedside.execute("SELECT FROM ingest.lock_residents(%s)", ([n.AMARA],))
        scheduler.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_scheduler' AND wait_event = %s"
        wait_until(
            lambda: ward.rows(waiting, "transactionid") == [(1,)], "the scheduler to wait for the resident"
        )
        bedside.execute("DELETE FROM alerts.open_question")
    scheduler.join()
    assert raised == [0]
    assert ward.cases() == []


@pytest.mark.touched_by_hand
def test_what_cannot_be_raised_for_one_resident_holds_up_nobody_else(ward):
    ward.send(POINTING)
    ward.send(POINTING, resident=n.BRAM)
    ward.change(
        "UPDATE alerts.open_question SET deciding = deciding || '{lactate}'::text[] WHERE resident_id = %s",
        n.BRAM,
    )
    # The database refuses whatever is about Amara.
    ward.change(
        "ALTER TABLE alerts.escalation ADD CONSTRAINT refused"
        " CHECK (resident_id <> '00000000-0000-0000-0000-000000000029')"
    )
    assert ward.tick(DUE) == 1
    assert ward.cases() == []
    [(state, _, why, *_)] = ward.cases(n.BRAM)
    assert (state, "lactate" in why) == ("open", True)
    assert ward.questions() == {n.AMARA: DUE + n.minutes(10)}
    ward.change("ALTER TABLE alerts.escalation DROP CONSTRAINT refused")
    assert ward.tick(DUE + n.minutes(10)) == 1
    assert [one[0] for one in ward.cases()] == ["open"]


def ticks_within_a_second(conn: psycopg.Connection, at: datetime) -> int:
    conn.execute("SET LOCAL statement_timeout = '1s'")
    return clocks.run(conn, at)


@pytest.mark.touched_by_hand
def test_what_takes_too_long_for_one_resident_holds_up_nobody_else(ward):
    ward.send(POINTING)
    ward.send(POINTING, resident=n.BRAM)
    ward.change("""
        CREATE FUNCTION alerts.never_ends() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep(3600); RETURN NEW; END'
    """)
    ward.change(
        "CREATE TRIGGER about_amara BEFORE INSERT ON alerts.escalation FOR EACH ROW"
        " WHEN (NEW.resident_id = '00000000-0000-0000-0000-000000000029') EXECUTE FUNCTION alerts.never_ends()"
    )
    assert ward.as_time_passes(ticks_within_a_second, DUE) == 1
    assert (ward.cases(), len(ward.cases(n.BRAM))) == ([], 1)
    assert ward.questions() == {n.AMARA: DUE + n.minutes(10)}


def cuff_of(systolic: int, *clock: int) -> Gatt:
    return Gatt(
        characteristic="2a35", value=cuff([Written(systolic), Written(60), Written(70)], clock=time(*clock))
    )


NOW_BY_THE_CUFF = (2026, 3, 4, 9, 5, 0)
LAST_WEEK = (2026, 2, 25, 9, 5, 0)
NEVER_SET = (2015, 1, 1, 0, 0, 0)


def test_what_a_cuff_remembers_answers_nothing_and_what_it_measures_does(ward):
    ward.send({"temperature": 38.5} | {sign: value for sign, value in n.NORMAL.items() if sign != "systolic"})
    later = NOW + n.minutes(5)
    settled = ward.send({}, at=later, gatt=cuff_of(120, *LAST_WEEK))
    assert (settled.verdict.complete, settled.verdict.next) == (False, "measure:systolic")
    settled = ward.send({}, at=later, gatt=cuff_of(120, *NOW_BY_THE_CUFF))
    assert (settled.verdict.complete, settled.verdict.next) == (True, "nothing")
    settled = ward.send({}, at=later + n.minutes(1), gatt=cuff_of(80, *LAST_WEEK))
    assert (settled.verdict.complete, settled.verdict.next) == (True, "nothing"), "what is newer stands"


def test_what_a_cuff_measures_whose_clock_was_never_set_is_scored_acted_on_and_asked_for_again(ward):
    rest = {sign: value for sign, value in n.NORMAL.items() if sign not in ("systolic", "diastolic")}
    one = ward.reading(rest, gatt=cuff_of(70, *NEVER_SET))
    for _ in ("told", "told again, as the first time"):
        [settled] = ward.deliver(one, at=NOW)
        assert (settled.verdict.low, settled.verdict.complete, settled.verdict.next) == (3, True, "call_hub")
    assert [why for _, _, why, *_ in ward.cases()] == ["Systolic blood pressure 70 mmHg: scores 3 by itself."]
    settled = ward.send(rest, at=NOW + n.minutes(5), gatt=cuff_of(120, *NEVER_SET))
    assert (settled.verdict.low, settled.verdict.next) == (0, "measure:systolic")


def test_a_bad_value_that_a_cuff_remembers_is_asked_for_in_time_and_told_to_the_hub_where_nobody_does(ward):
    one = ward.reading({}, gatt=cuff_of(80, *LAST_WEEK))
    for _ in ("told", "told again, as the first time"):
        [settled] = ward.deliver(one, at=NOW)
        assert settled.verdict.next.startswith("measure:")
    assert ward.questions() == {n.AMARA: DUE}
    assert ward.rows("SELECT systolic, unusable FROM ingest.reading") == [
        (None, {"remembered:systolic": "80", "remembered:diastolic": "60"})
    ]
    ward.tick(DUE)
    assert [one[:2] for one in ward.cases()] == [("open", "low_medium")]
