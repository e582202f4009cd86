"""The capture form: what is abnormal goes through, what cannot be is asked about, and twice is once."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from api.web.capture_form import WHOLE_FORM, Filled, read
from devices.reading import NotObtained, SoftSign, Worry, WorryFrom
from tests.unit.api.web.rows import NOW, ago

READING = UUID(int=7)


def filled(opened_at: datetime | None = None, now: datetime = NOW, **fields: str) -> Filled:
    return read(fields, READING, opened_at or ago(minutes=4), now)


def test_every_kind_of_answer_is_read() -> None:
    found = filled(
        respiration_rate="18",
        temperature="38,2",
        on_oxygen="no",
        consciousness="C",
        **{
            "not_obtained-spo2": "unrecordable",
            "soft-pain": "present",
            "soft-skin": "absent",
            "soft-mobility": "",
        },
        worry="family",
        note="  Not eating. ",
        round="yes",
    )
    assert found.faults == {}
    seen = found.observations
    assert seen.values == {
        "respiration_rate": 18,
        "temperature": 38.2,
        "consciousness": "C",
        "on_oxygen": False,
    }
    assert seen.not_obtained == {"spo2": NotObtained.UNRECORDABLE}
    assert seen.soft_signs == {"pain": SoftSign.PRESENT, "skin": SoftSign.ABSENT}
    assert (seen.worry, seen.note, seen.scheduled_full_set) == (
        Worry(by=WorryFrom.FAMILY),
        "Not eating.",
        True,
    )


def test_what_999_was_phoned_for_can_be_sent_alone() -> None:
    found = filled(**{"emergency-chest_pain": "yes"})
    assert found.faults == {}
    assert found.observations.emergency_signs == {"chest_pain": SoftSign.PRESENT}
    assert found.observations.phoned_999
    assert not filled(pulse="72").observations.phoned_999


@pytest.mark.parametrize(
    ("sign", "text"), [("respiration_rate", "5"), ("spo2", "62"), ("pulse", "0"), ("systolic", "250")]
)
def test_an_abnormal_value_goes_through_as_it_is(sign: str, text: str) -> None:
    found = filled(**{sign: text})
    assert found.faults == {}
    assert found.observations.values == {sign: int(text)}


@pytest.mark.parametrize("text", ["fast", "1e9", "-3", "NaN", "Infinity", "9" * 50])
def test_what_cannot_be_a_pulse_is_asked_about_again(text: str) -> None:
    found = filled(pulse=text)
    assert found.faults == {"pulse": "Pulse must be a number, 0 to 300: look at it again"}


def test_not_sure_about_oxygen_is_sent_so_that_air_is_not_assumed() -> None:
    assert filled(pulse="70", on_oxygen="not_sure").observations.values == {
        "pulse": 70,
        "on_oxygen": "not_sure",
    }
    assert filled(pulse="70").observations.values == {"pulse": 70}


def test_one_reason_stands_for_both_numbers_of_a_blood_pressure() -> None:
    found = filled(**{"not_obtained-systolic": "equipment"})
    assert set(found.observations.not_obtained) == {"systolic", "diastolic"}


def test_a_value_and_a_reason_for_having_none_cannot_both_be() -> None:
    assert "pulse" in filled(pulse="70", **{"not_obtained-pulse": "refused"}).faults


def test_an_empty_form_is_not_sent() -> None:
    assert filled().faults == {
        WHOLE_FORM: "The form is empty: fill in at least one measurement, change, worry or note, then send it"
    }


def test_a_worry_alone_is_enough() -> None:
    assert filled(worry="staff").faults == {}


def test_the_same_form_reads_the_same_whenever_it_arrives() -> None:
    sent = {"pulse": "70", "elapsed": "90000"}
    first, second = filled(**sent), filled(now=NOW + timedelta(minutes=5), **sent)
    assert first == second
    assert first.observations.taken_at == ago(minutes=4) + timedelta(seconds=90)


def test_a_form_left_open_for_long_asks_when_the_readings_were_taken() -> None:
    stale = filled(opened_at=ago(hours=2), pulse="70")
    assert set(stale.faults) == {"taken_time"}
    assert filled(opened_at=ago(hours=2), pulse="70", taken_time="13:55").faults == {}


def test_a_form_open_for_long_but_filled_in_just_now_is_taken_just_now() -> None:
    found = filled(opened_at=ago(hours=2), pulse="70", begun=str(110 * 60_000), elapsed=str(119 * 60_000))
    assert found.faults == {}
    assert found.observations.taken_at == ago(minutes=1)


@pytest.mark.parametrize("begun", ["", "0", str(90 * 60_000), str(121 * 60_000), "soon"])
def test_what_was_typed_long_ago_or_nobody_knows_when_is_not_taken_just_now(begun: str) -> None:
    fields = {"pulse": "70", "begun": begun, "elapsed": str(120 * 60_000)}
    assert set(filled(opened_at=ago(hours=2), **fields).faults) == {"taken_time"}
    assert filled(opened_at=ago(hours=2), taken_time="13:55", **fields).faults == {}


def test_a_time_of_day_is_todays() -> None:
    assert filled(pulse="70", taken_time="09:30").observations.taken_at == ago(hours=4, minutes=32)
    assert filled(pulse="70", taken_time="14:05").observations.taken_at == ago(minutes=-3)


@pytest.mark.parametrize("text", ["14:30", "23:30"])
def test_a_time_that_has_not_come_is_never_taken_for_yesterdays(text: str) -> None:
    fault = filled(pulse="135", taken_time=text).faults["taken_time"]
    assert fault == f"{text} has not come yet: mend the time, or say that it was yesterday"


def test_yesterday_is_said() -> None:
    found = filled(pulse="70", taken_time="23:30", taken_day="yesterday")
    assert (found.faults, found.observations.taken_at) == ({}, ago(hours=14, minutes=32))


def test_after_midnight_a_late_hour_is_last_nights() -> None:
    midnight = NOW.replace(hour=0, minute=10)
    found = filled(midnight, midnight, pulse="70", taken_time="23:50")
    assert (found.faults, found.observations.taken_at) == ({}, midnight - timedelta(minutes=20))


@pytest.mark.parametrize("elapsed", ["", str(20 * 60_000)])
def test_a_form_opened_before_midnight_and_sent_after_it(elapsed: str) -> None:
    opened = NOW.replace(hour=23, minute=55)
    now = opened + timedelta(minutes=20)
    found = filled(opened, now, pulse="70", taken_time="00:10", elapsed=elapsed)
    assert (found.faults, found.observations.taken_at) == ({}, opened + timedelta(minutes=15))


def test_a_time_said_on_a_form_open_for_hours_is_todays() -> None:
    found = filled(ago(hours=2), pulse="70", taken_time="13:55")
    assert (found.faults, found.observations.taken_at) == ({}, ago(minutes=7))


# On 25 October 2026 clocks in London show 01:00 to 01:59 twice, on 29 March not at all.
@pytest.mark.parametrize(
    ("sent", "said", "taken"),
    [
        ("2026-10-25T02:10Z", "01:50", "2026-10-25T01:50Z"),
        ("2026-10-25T01:10Z", "01:50", "2026-10-25T00:50Z"),
        ("2026-10-25T01:10Z", "01:05", "2026-10-25T01:05Z"),
        ("2026-10-25T00:55Z", "01:50", "2026-10-25T00:50Z"),
        ("2026-10-25T02:10Z", "00:50", "2026-10-24T23:50Z"),
        ("2026-03-29T01:45Z", "01:30", "2026-03-29T01:30Z"),
        ("2026-03-29T01:10Z", "01:30", "2026-03-29T00:30Z"),
    ],
)
def test_where_clocks_are_put_back_or_forward_it_is_the_latest_moment_there_was(
    sent: str, said: str, taken: str
) -> None:
    now = datetime.fromisoformat(sent)
    found = filled(now, now, pulse="70", taken_time=said)
    assert (found.faults, found.observations.taken_at) == ({}, datetime.fromisoformat(taken))


@pytest.mark.parametrize(("upper", "lower"), [("80", "120"), ("90", "90")])
def test_a_blood_pressure_the_wrong_way_round_is_asked_about(upper: str, lower: str) -> None:
    assert set(filled(systolic=upper, diastolic=lower).faults) == {"systolic"}


@pytest.mark.parametrize("text", ["25:00", "noon", "12"])
def test_what_is_no_time_is_asked_about_again(text: str) -> None:
    assert "taken_time" in filled(pulse="70", taken_time=text).faults


@pytest.mark.parametrize("elapsed", ["", "-5", "soon", "9" * 20, "99999999"])
def test_a_count_that_makes_no_sense_is_not_believed(elapsed: str) -> None:
    assert filled(pulse="70", elapsed=elapsed).observations.taken_at == ago(minutes=4)
