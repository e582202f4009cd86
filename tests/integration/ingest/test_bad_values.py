"""Abnormal is never invalid (invariants 5 and 6): one unusable part becomes unknown, the rest is stored and scored."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from devices.identifiers import new_reading_id
from devices.reading import decode, encode_one
from devices.receipt import Outcome
from ingest.arrival import Arrival, Settled
from ingest.worker.receipts import receipt_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, admit
from tests.fixtures.length import length
from tests.fixtures.length import seed as chosen_seed

EXAMPLES = length(150, 5000)
UNUSABLE = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1",
    "5000",
    "9" * 5000,
    '"fast"',
    "null",
    "[]",
    "{}",
    "true",
]
QUANTITIES = ("respiration_rate", "spo2", "systolic", "diastolic", "pulse", "temperature")


def wire(**changes: Any) -> dict[str, Any]:
    """A grave reading as JSON, with changes."""
    kit = n.Kit()
    return json.loads(encode_one(kit.reading(values=n.GRAVE, taken_at=NOW))) | changes


def sent(doorstep: Doorstep, payload: bytes, at: datetime = NOW) -> Settled:
    kit = n.Kit()
    [settled] = doorstep.deliver(
        *(Arrival(kit.kit_id, kit.topic(), item, at) for item in decode(payload)), at=at
    )
    return settled


@pytest.mark.parametrize("sign", QUANTITIES)
def test_one_unusable_value_is_unknown_and_flagged_and_the_rest_is_scored(doorstep, sign):
    others = [one for one in n.GRAVE if one != sign]
    for raw, resident in zip(UNUSABLE, admit(doorstep.owner, len(UNUSABLE)), strict=True):
        document = json.dumps(wire(resident=str(resident)))
        spoilt = document.replace(f'"{sign}": {json.dumps(n.GRAVE[sign])}', f'"{sign}": {raw}')
        assert spoilt != document
        assert sent(doorstep, spoilt.encode()).outcome is Outcome.STORED
        [(flags, unusable, value, *known)] = doorstep.rows(
            f"SELECT flags, unusable, {sign}, {', '.join(others)} FROM ingest.reading WHERE resident_id = %s",
            resident,
        )
        assert (flags, list(unusable), value) == ([f"unusable:{sign}"], [sign], None)
        assert [one if isinstance(one, bool | str) else float(one) for one in known] == [
            n.GRAVE[one] for one in others
        ]
        [(low, high, complete)] = doorstep.rows(
            "SELECT low, high, complete FROM alerts.score WHERE resident_id = %s", resident
        )
        assert (low < high, complete) == ((False, True) if sign == "diastolic" else (True, False))
    assert doorstep.rows("SELECT count(*) FROM alerts.escalation") == [(len(UNUSABLE),)]


@pytest.mark.parametrize(
    ("sign", "raw"), [("on_oxygen", '"no"'), ("on_oxygen", "0"), ("consciousness", '"X"')]
)
def test_oxygen_and_alertness_nobody_can_read_are_unknown(doorstep, sign, raw):
    document = json.dumps(wire()).replace(f'"{sign}": {json.dumps(n.GRAVE[sign])}', f'"{sign}": {raw}')
    assert sent(doorstep, document.encode()).outcome is Outcome.STORED
    assert doorstep.rows(f"SELECT {sign}, flags FROM ingest.reading") == [(None, [f"unusable:{sign}"])]
    assert doorstep.rows("SELECT complete FROM alerts.score") == [(False,)]


@pytest.mark.parametrize(
    ("sign", "value", "points"),
    [("respiration_rate", 0, 3), ("spo2", 0, 3), ("pulse", 0, 3), ("temperature", 25, 3)],
)
def test_the_worst_values_there_are_score_and_escalate(doorstep, sign, value, points):
    settled = sent(doorstep, json.dumps(wire(values={sign: value})).encode())
    assert (settled.outcome, settled.verdict.low) == (Outcome.STORED, points)
    assert doorstep.rows("SELECT flags FROM ingest.reading") == [([f"confirm:{sign}"],)]
    assert doorstep.rows("SELECT count(*) FROM alerts.escalation") == [(1,)]


def test_codes_nobody_knows_are_kept_beside_what_is_known(doorstep):
    values = {"pulse": 60, "glucose": 5.1, "Ω" * 200: "x" * 5000, "": 1, "__proto__": {"pulse": 200}}
    assert sent(doorstep, json.dumps(wire(values=values)).encode()).outcome is Outcome.STORED
    [(pulse, flags, unusable)] = doorstep.rows("SELECT pulse, flags, unusable FROM ingest.reading")
    assert pulse == 60
    assert {flag for flag in flags if not flag.startswith("unknown_code:")} == set()
    assert unusable["glucose"] == "5.1"


@pytest.mark.parametrize(
    ("taken_at", "effective_at", "flags"),
    [
        (NOW + timedelta(minutes=5), NOW + timedelta(minutes=5), []),
        (NOW + timedelta(minutes=5, seconds=1), NOW, ["clock_ahead"]),
        (datetime(9998, 12, 31, 23, 59, tzinfo=UTC), NOW, ["clock_ahead"]),
        (NOW - timedelta(hours=72), NOW - timedelta(hours=72), []),
        (NOW - timedelta(hours=72, seconds=1), NOW - timedelta(hours=72, seconds=1), ["ancient"]),
        (n.LONG_AGO - timedelta(days=2), n.LONG_AGO - timedelta(days=2), ["ancient"]),
        (n.LONG_AGO - timedelta(days=2, seconds=1), NOW, ["clock_lost"]),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW, ["clock_lost"]),
        (datetime(2, 1, 1, tzinfo=UTC), NOW, ["clock_lost"]),
    ],
)
def test_a_clock_ahead_or_ages_behind_or_never_set_is_stored_and_flagged(
    doorstep, taken_at, effective_at, flags
):
    document = wire(taken_at=taken_at.isoformat().zfill(len("2026-03-04T09:00:00+00:00")))
    assert sent(doorstep, json.dumps(document).encode()).outcome is Outcome.STORED
    [(claimed, ordered_by, flagged)] = doorstep.rows(
        "SELECT taken_at, effective_at, flags FROM ingest.reading"
    )
    assert (claimed, ordered_by, flagged) == (
        taken_at if taken_at.year < 9000 else claimed,
        effective_at,
        flags,
    )


def test_a_clock_that_runs_ahead_is_fixed_at_first_arrival(doorstep):
    document = json.dumps(wire(taken_at=(NOW + timedelta(hours=2)).isoformat())).encode()
    assert sent(doorstep, document).outcome is Outcome.STORED
    later = NOW + timedelta(hours=3)
    assert sent(doorstep, document, later).outcome is Outcome.DUPLICATE
    assert doorstep.rows("SELECT effective_at FROM ingest.reading") == [(NOW,)]


words = st.text(max_size=12) | st.sampled_from(
    ["\0", "\ud800", "'; DROP TABLE ingest.reading; --", "A", "spo2"]
)
numbers = (
    st.integers() | st.floats() | st.sampled_from([float("nan"), float("inf"), 10**400, -(10**30), 1e308])
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
PARTS = [
    *("taken_by", "operator_known_by", "device", "values", "not_obtained", "soft_signs", "worry", "note"),
    *("auscultation", "method", "quality", "scheduled_full_set", "not_understood", "a_later_version's_field"),
    "gatt",
]
SIGNS = st.sampled_from([*n.NORMAL, "unknown", "x" * 70])
of_the_right_form = st.fixed_dictionaries(
    {},
    optional={
        "values": st.dictionaries(SIGNS | words, anything, max_size=4),
        "not_obtained": st.dictionaries(
            SIGNS, st.sampled_from(["refused", "unrecordable"]) | anything, max_size=3
        ),
        "soft_signs": st.dictionaries(words, st.sampled_from(["present", "absent"]) | anything, max_size=3),
        "method": st.dictionaries(words, numbers | words, max_size=3),
        "quality": st.dictionaries(words, numbers | words | st.booleans(), max_size=3),
        "note": words,
        "device": st.dictionaries(st.sampled_from(["kind", "model", "serial"]), anything, max_size=3),
        "gatt": st.fixed_dictionaries(
            {
                "characteristic": st.sampled_from(["2a35", "2a36", "2a1c", "2a5e", "2a5f"]) | words,
                "value": st.binary(max_size=24).map(bytes.hex) | words,
            }
        ),
        "auscultation": st.fixed_dictionaries(
            {
                "site": words,
                "recording_sha256": st.just("ab" * 32),
                "seconds": numbers,
                "quality": words,
            }
        ),
    },
)
changes = st.dictionaries(st.sampled_from(PARTS), anything, max_size=4) | of_the_right_form


def test_whatever_the_rest_says_a_reading_with_ids_and_a_time_is_stored_and_scored(doorstep):
    @seed(chosen_seed())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(changes)
    def holds(changed: dict[str, Any]) -> None:
        reading_id = new_reading_id()
        document = wire(reading_id=str(reading_id)) | changed
        settled = sent(doorstep, json.dumps(document).encode())
        assert settled.outcome is Outcome.STORED, settled.reason
        assert receipt_of(settled)["reading_id"] == reading_id
        assert doorstep.rows("SELECT count(*) FROM alerts.score WHERE reading_id = %s", reading_id) == [(1,)]
        again = sent(doorstep, json.dumps(document, indent=1).encode())
        assert again.outcome is Outcome.DUPLICATE

    holds()
