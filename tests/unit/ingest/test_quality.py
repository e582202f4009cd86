"""What instruments say of their own measurements decides what is scored, and every word of theirs is known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from devices.identifiers import OutboxEpoch, ReadingId, ResidentId
from devices.profiles import Status
from devices.reading import Gatt, ReadingPayload
from ingest import quality
from tests.unit.devices.instruments import NAN, Written, cuff, special, spot_check, time

NOT_SCORED = {"demo", "testing", "unavailable", "invalid", "sensor_off", "non_pulsatile", "from_storage"}
OXIMETER_BITS = {
    "demo": (1 << 10, 0),
    "testing": (1 << 11, 0),
    "unavailable": (1 << 13, 0),
    "invalid": (1 << 15, 0),
    "sensor_off": (0, 1 << 11),
    "non_pulsatile": (0, 1 << 7),
    "low_perfusion": (0, 1 << 5),
    "poor_signal": (0, 1 << 4),
    "erratic": (0, 1 << 6),
    "from_storage": (1 << 9, 0),
    "malfunction": (0, 1 << 1),
}


def reading(characteristic: str, value: str, **more: object) -> ReadingPayload:
    return ReadingPayload(
        reading_id=ReadingId(UUID(int=1)),
        outbox_epoch=OutboxEpoch(UUID(int=2)),
        seq=1,
        taken_at=datetime(2026, 3, 4, 9, 0, tzinfo=UTC),
        resident=ResidentId(UUID(int=3)),
        gatt=Gatt(characteristic=characteristic, value=value),
        **more,
    )


@pytest.mark.parametrize("status", OXIMETER_BITS)
def test_a_status_is_flagged_whether_decoded_or_not_and_scored_or_not_by_its_kind(status):
    measurement_bits, sensor_bits = OXIMETER_BITS[status]
    octets = spot_check(Written(91), Written(70), status=measurement_bits, sensor=sensor_bits)
    raw = quality.assess(reading("2a5e", octets))
    decoded = quality.assess(
        ReadingPayload.model_validate(
            reading("2a5e", "").model_dump(exclude={"gatt"})
            | {"values": {"spo2": 91, "pulse": 70}, "quality": {status: True}}
        )
    )
    assert (raw.values, raw.unusable, raw.flags) == (decoded.values, decoded.unusable, decoded.flags)
    assert f"device:{status}" in raw.flags
    assert bool(raw.values) is (status not in NOT_SCORED)
    assert bool(raw.unusable) is (status in NOT_SCORED)


@pytest.mark.parametrize("status", Status)
def test_every_status_an_instrument_can_send_is_flagged(status):
    said = ReadingPayload.model_validate(
        reading("2a5e", "").model_dump(exclude={"gatt"}) | {"quality": {status: True}}
    )
    assert quality.assess(said).flags == (f"device:{status}",)


@pytest.mark.parametrize(
    ("characteristic", "octets", "flags", "unusable"),
    [
        (
            "2a35",
            cuff([special(NAN), Written(70), Written(87)]),
            ("gatt:nan:systolic", "unusable:systolic"),
            {"systolic": "NaN"},
        ),
        ("2a1c", "00", ("gatt:truncated", "unusable:temperature"), {"temperature": "unreadable"}),
        ("2a36", "", ("gatt:intermediate_cuff_pressure",), {}),
        ("2a37", "0055", ("gatt:unknown_characteristic",), {}),
    ],
    ids=["no number", "cut short", "cuff still measuring", "unknown kind"],
)
def test_what_an_instrument_did_not_measure_is_unknown_and_flagged(characteristic, octets, flags, unusable):
    assessed = quality.assess(reading(characteristic, octets))
    assert (assessed.flags, assessed.unusable) == (flags, unusable)


def test_a_value_the_instrument_cannot_mean_is_unknown_and_kept():
    assessed = quality.assess(reading("2a35", "00bdf00b009ff0"))
    assert assessed.values == {"diastolic": Decimal(11)}
    assert assessed.unusable == {"systolic": "18.9"}
    assert {"unusable:systolic", "confirm:diastolic"} <= set(assessed.flags)


def test_where_app_and_instrument_differ_the_sign_is_asked_for_again():
    octets = cuff([Written(120), Written(70), Written(87)])
    assessed = quality.assess(reading("2a35", octets, values={"systolic": 180, "diastolic": 70}))
    assert assessed.values["systolic"] == 120
    assert "confirm:systolic" in assessed.flags
    assert "confirm:diastolic" not in assessed.flags
    assert "gatt:differs:systolic" in assessed.flags


NUMBERS = [Written(120), Written(70), Written(87)]


@pytest.mark.parametrize(
    ("clock", "remembered"),
    [
        ((2026, 3, 4, 8, 59, 0), False),
        ((2026, 3, 3, 10, 0, 0), False),
        ((2026, 3, 3, 8, 0, 0), True),
        ((2015, 1, 1, 0, 0, 0), True),
        ((2026, 3, 6, 9, 0, 0), True),
        ((0, 3, 1, 9, 0, 0), False),
        ((2026, 0, 0, 9, 0, 0), False),
    ],
)
def test_what_an_instrument_measured_another_day_by_its_own_clock_is_not_measured_now(clock, remembered):
    assessed = quality.assess(reading("2a35", cuff(NUMBERS, clock=time(*clock))))
    assert assessed.values == ({} if remembered else {"systolic": 120, "diastolic": 70})
    assert quality.remembered(assessed.flags, assessed.unusable) == (
        {"systolic": 120, "diastolic": 70} if remembered else {}
    )
    assert ("device_time_differs" in assessed.flags) is remembered


@pytest.mark.parametrize(
    ("clock", "of_storage", "believed"),
    [
        ((2015, 1, 1, 0, 0, 0), False, False),
        ((2026, 2, 27, 23, 0, 0), False, False),
        ((2026, 2, 28, 1, 0, 0), False, True),
        ((2036, 1, 1, 0, 0, 0), False, True),
        ((2015, 1, 1, 0, 0, 0), True, True),
    ],
    ids=["never set", "before its kit was there", "as its kit came", "years ahead", "from its memory"],
)
def test_an_instruments_clock_that_says_a_time_before_its_kit_was_there_takes_no_value_from_the_score(
    clock, of_storage, believed
):
    octets = cuff(NUMBERS, clock=time(*clock))
    said = reading("2a35", octets, values={"temperature": 37}, quality={"from_storage": of_storage})
    since = quality.kit_since(datetime(2026, 3, 2, tzinfo=UTC), said.taken_at)
    assessed = quality.assess(said, kit_since=since)
    assert assessed.values == {"temperature": 37} | ({} if believed else {"systolic": 120, "diastolic": 70})
    doubts = ["device_clock_lost", "confirm:systolic", "confirm:diastolic"]
    assert [flag for flag in assessed.flags if flag in doubts] == ([] if believed else doubts)
    assert bool(quality.remembered(assessed.flags, assessed.unusable)) is believed


def test_what_an_instrument_remembers_takes_nothing_away_that_was_measured_since():
    octets = spot_check(Written(91), Written(70), status=1 << 9)
    assessed = quality.assess(reading("2a5e", octets))
    assert quality.cleared({}, assessed.unusable) == frozenset()
    assert assessed.unusable == {"remembered:spo2": "91", "remembered:pulse": "70"}


def test_an_instruments_memory_says_nothing_of_what_a_person_saw_or_another_one_measured():
    seen = {"temperature": 38.5, "consciousness": "U", "respiration_rate": 22}
    octets = cuff(NUMBERS, clock=time(2026, 3, 1, 7, 0, 0))
    assert quality.assess(reading("2a35", octets, values=seen)).values.keys() == seen.keys()
    assessed = quality.assess(
        ReadingPayload.model_validate(
            reading("2a35", "").model_dump(exclude={"gatt"})
            | {"values": seen | {"systolic": 120}, "quality": {"from_storage": True}}
        )
    )
    assert assessed.values.keys() == {"consciousness", "respiration_rate"}


def test_an_instruments_clock_that_is_right_is_not_held_against_a_kits_that_is_wrong():
    taken_at = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    octets = cuff(NUMBERS, clock=time(2026, 3, 7, 8, 59, 0))
    assert quality.assess(reading("2a35", octets), [taken_at, taken_at + timedelta(days=3)]).values
    assert not quality.assess(reading("2a35", octets), [taken_at]).values


def test_a_code_nobody_knows_does_not_pass_for_what_is_remembered():
    octets = spot_check(Written(91), Written(70), status=1 << 9)
    for said, remembered in ((octets, {"spo2": 91, "pulse": 70}), ("", {})):
        assessed = quality.assess(reading("2a5e", said, values={"remembered:spo2": "high"}))
        assert quality.remembered(assessed.flags, assessed.unusable) == remembered
