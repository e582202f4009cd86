"""A reading as an instrument notified it becomes the same vital signs and the same score as a decoded one."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from devices.profiles import Characteristic
from devices.reading import Device, DeviceKind, Gatt, decode, encode_one
from devices.receipt import Outcome
from ingest.arrival import Arrival, Settled
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, admit
from tests.unit.devices.instruments import Written, cuff, spot_check, thermometer, time

SEEN = {"respiration_rate": 16, "on_oxygen": False, "consciousness": "A"}
CLOCK = time(2026, 3, 4, 8, 59, 5)
GRAVE_CUFF = cuff([Written(86), Written(52), Written(63)], clock=CLOCK, pulse=Written(124), status=1 << 2)
# What the instrument notified, and what an app that decodes makes of it: values and quality.
PAIRS = [
    pytest.param(
        "2a35",
        GRAVE_CUFF,
        {"systolic": 86, "diastolic": 52, "pulse": 124},
        {"irregular_pulse": True},
        id="a grave pressure",
    ),
    pytest.param(
        "2a35",
        cuff([Written(160, -1), Written(107, -1), Written(125, -1)], kilopascal=True),
        {"systolic": 120.009872, "diastolic": 80.2566019},
        {},
        id="kilopascal",
    ),
    pytest.param("2a1c", thermometer(Written(392, -1)), {"temperature": 39.2}, {}, id="a fever"),
    pytest.param(
        "2a1c", thermometer(Written(1004, -1), fahrenheit=True), {"temperature": 38}, {}, id="Fahrenheit"
    ),
    pytest.param(
        "2a5e",
        spot_check(Written(91), Written(72), sensor=1 << 5),
        {"spo2": 91, "pulse": 72},
        {"low_perfusion": True},
        id="low saturation, weak blood flow",
    ),
    pytest.param(
        "2a5e",
        spot_check(Written(97), Written(72), sensor=1 << 11),
        {"spo2": 97, "pulse": 72},
        {"sensor_off": True},
        id="a sensor on nobody",
    ),
    pytest.param(
        "2a35",
        cuff([Written(18), Written(11), Written(15)]),
        {"systolic": 18, "diastolic": 11},
        {},
        id="no pressure",
    ),
]
SIGNS = "respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature"


def sent(doorstep: Doorstep, resident: UUID, **said: Any) -> Settled:
    kit = n.Kit()
    device = Device(kind=DeviceKind.BLOOD_PRESSURE_MONITOR)
    reading = kit.reading(resident, **({"taken_at": NOW, "values": {}, "device": device} | said))
    [item] = decode(encode_one(reading))
    [settled] = doorstep.deliver(Arrival(kit.kit_id, kit.topic(), item, NOW))
    return settled


def became(doorstep: Doorstep, resident: UUID) -> list[Any]:
    """What is stored, known, scored and escalated of a resident, without ids."""
    return [
        doorstep.rows(
            f"SELECT {SIGNS}, flags, unusable, competence FROM ingest.reading WHERE resident_id = %s"
            " ORDER BY arrival_number",
            resident,
        ),
        doorstep.rows(
            "SELECT sign, (known->>'value')::numeric FROM ingest.current_vitals,"
            " jsonb_each(signs) AS s (sign, known) WHERE resident_id = %s"
            " AND sign NOT IN ('consciousness', 'on_oxygen') ORDER BY sign",
            resident,
        ),
        doorstep.rows(
            "SELECT low, high, band_low, band_high, red_score, complete, deciding FROM alerts.score"
            " WHERE resident_id = %s ORDER BY scored_at, low",
            resident,
        ),
        doorstep.rows("SELECT severity, why FROM alerts.escalation WHERE resident_id = %s", resident),
    ]


@pytest.mark.parametrize(("characteristic", "octets", "values", "quality"), PAIRS)
def test_raw_or_decoded_a_reading_becomes_the_same(doorstep, characteristic, octets, values, quality):
    raw, decoded = admit(doorstep.owner, 2)
    for resident in (raw, decoded):
        assert sent(doorstep, resident, values=SEEN).outcome is Outcome.STORED
    gatt = Gatt(characteristic=characteristic, value=octets)
    as_raw = sent(doorstep, raw, gatt=gatt)
    as_decoded = sent(doorstep, decoded, values=values, quality=quality)
    assert as_raw.outcome is as_decoded.outcome is Outcome.STORED
    assert (as_raw.verdict.low, as_raw.verdict.high, as_raw.verdict.next) == (
        as_decoded.verdict.low,
        as_decoded.verdict.high,
        as_decoded.verdict.next,
    )
    assert became(doorstep, raw) == became(doorstep, decoded)
    [(kept,)] = doorstep.rows(
        "SELECT observations->'gatt' FROM ingest.reading WHERE resident_id = %s AND observations ? 'gatt'",
        raw,
    )
    assert (kept["characteristic"], kept["value"]) == (characteristic, octets)


def test_the_instruments_clock_is_kept_and_orders_nothing(doorstep):
    assert (
        sent(doorstep, n.AMARA, gatt=Gatt(characteristic="2a35", value=GRAVE_CUFF)).outcome is Outcome.STORED
    )
    assert doorstep.rows(
        "SELECT taken_at, effective_at, observations->'gatt'->>'device_time' FROM ingest.reading"
    ) == [(NOW, NOW, "2026-03-04T08:59:05")]


def test_octets_that_cannot_be_read_cost_nothing_else_and_no_older_pressure_stands_in_for_them(doorstep):
    sent(doorstep, n.AMARA, values=n.NORMAL)
    cut_short = Gatt(characteristic="2a35", value=GRAVE_CUFF[:-2])
    settled = sent(doorstep, n.AMARA, gatt=cut_short, values={"temperature": 36.9}, note="He looks pale.")
    assert settled.outcome is Outcome.STORED
    [(systolic, temperature, flags, note)] = doorstep.rows(
        "SELECT systolic, temperature, flags, observations->>'note' FROM ingest.reading WHERE observations ? 'gatt'"
    )
    assert (systolic, float(temperature), note) == (None, 36.9, "He looks pale.")
    assert {"gatt:truncated", "unusable:systolic", "unusable:pulse"} <= set(flags)
    assert settled.verdict.low is not None
    assert settled.verdict.high is not None
    assert settled.verdict.low < settled.verdict.high


def test_a_cuff_still_measuring_gives_no_pressure_and_takes_none_away(doorstep):
    sent(doorstep, n.AMARA, values=n.NORMAL)
    squeezing = Gatt(characteristic="2a36", value="156ff0000000003c001200")
    assert sent(doorstep, n.AMARA, gatt=squeezing).outcome is Outcome.STORED
    [(systolic, pulse, flags)] = doorstep.rows(
        "SELECT systolic, pulse, flags FROM ingest.reading WHERE observations ? 'gatt'"
    )
    assert (systolic, pulse, flags) == (None, None, ["gatt:intermediate_cuff_pressure"])
    assert doorstep.rows("SELECT signs->'systolic'->>'value' FROM ingest.current_vitals") == [("128",)]


def test_the_same_notification_spelt_otherwise_is_a_duplicate(doorstep):
    kit = n.Kit()
    reading = kit.reading(values={}, taken_at=NOW, gatt=Gatt(characteristic="2a35", value=GRAVE_CUFF))
    payload = encode_one(reading)
    respelt = payload.replace(b'"2a35"', b'"0x2A35"').replace(
        GRAVE_CUFF.encode(), GRAVE_CUFF.upper().encode()
    )
    assert respelt != payload
    outcomes = [
        doorstep.deliver(*(Arrival(kit.kit_id, kit.topic(), item, NOW) for item in decode(sent_as)))[
            0
        ].outcome
        for sent_as in (payload, respelt)
    ]
    assert outcomes == [Outcome.STORED, Outcome.DUPLICATE]


def test_any_octets_are_stored_and_scored(doorstep):
    rng, kit = Random(2026), n.Kit()
    readings = [
        kit.reading(
            values={},
            taken_at=NOW,
            gatt=Gatt(
                characteristic=rng.choice(list(Characteristic)), value=rng.randbytes(rng.randrange(24)).hex()
            ),
        )
        for _ in range(300)
    ]
    arrivals = [kit.arrival(item, NOW) for one in readings for item in decode(encode_one(one))]
    assert {settled.outcome for settled in doorstep.deliver(*arrivals)} == {Outcome.STORED}
    assert doorstep.rows("SELECT count(*) FROM alerts.score WHERE reading_id = cause_reading_id") == [(300,)]
