"""What the rules need not look at is settled as if they had: nothing found, nothing asked, and the same told."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.attention import remarkable
from alerts.beside.look_back import look_back
from alerts.judgement import judge
from alerts.policy import PolicyBook
from alerts.sets.scoring import Moments, score_readings
from alerts.verdicts import of_judged, of_unremarkable
from delegation.authority import AirRecord, Authority, ScaleAuthorisation
from delegation.competence import Label, Labelled
from delegation.store import Placement
from devices.reading import Device, DeviceKind, NotObtained, ReadingPayload, SoftSign, Worry
from devices.vital_signs import VitalSign
from ingest.arrival import NewReading
from ingest.storage import pulses
from tests.unit.alerts.judged_sets import NOW, policy

HUB, STRICT_HUB = UUID(int=21), UUID(int=22)
BOOK = PolicyBook(policy(), {STRICT_HUB: policy(medium_from=2, act_within=30)})
WINDOW = timedelta(minutes=30)
LONG_AGO = NOW - timedelta(days=365)
NO_DATABASE: Any = None
ON_SCALE_2, WITHOUT_OXYGEN = 2, 3
AUTHORITIES = {
    UUID(int=ON_SCALE_2): Authority(scales=[ScaleAuthorisation(LONG_AGO, LONG_AGO, None, None)]),
    UUID(int=WITHOUT_OXYGEN): Authority(air=[AirRecord(LONG_AGO, None)]),
}
WELL = {
    VitalSign.RESPIRATION_RATE: Decimal(16),
    VitalSign.SPO2: Decimal(96),
    VitalSign.ON_OXYGEN: False,
    VitalSign.SYSTOLIC: Decimal(128),
    VitalSign.PULSE: Decimal(72),
    VitalSign.CONSCIOUSNESS: "A",
    VitalSign.TEMPERATURE: Decimal("36.8"),
}
ILL = {
    VitalSign.RESPIRATION_RATE: Decimal(22),
    VitalSign.SPO2: Decimal(90),
    VitalSign.ON_OXYGEN: True,
    VitalSign.PULSE: Decimal(95),
    VitalSign.CONSCIOUSNESS: "P",
    VitalSign.TEMPERATURE: Decimal("38.5"),
}
WORDS = (
    {"soft_signs": {"pain": SoftSign.PRESENT}},
    {"emergency_signs": {"chest_pain": SoftSign.PRESENT}},
    {"worry": Worry(by="family")},
    {"not_obtained": {"pulse": NotObtained.UNRECORDABLE}},
    {"not_understood": {"emergency_signs.x": "?"}},
    {"scheduled_full_set": True},
)
FLAGS = (("confirm:pulse",), (pulses.FLAG,), ("clock_ahead",))


@st.composite
def a_reading(draw) -> dict:
    # Mostly something is well and nothing else is said, as it is with residents.
    values = {sign: WELL[sign] for sign in draw(st.sets(st.sampled_from(list(WELL))))}
    if draw(st.integers(0, 3)) == 0:
        values |= {sign: ILL[sign] for sign in draw(st.sets(st.sampled_from(list(ILL)), max_size=2))}
    return {
        "resident": draw(st.integers(1, 6)),
        "minutes_ago": draw(st.sampled_from([0, 0, 0, 10, 20, 45, 200, 500])),
        "values": values,
        "cleared": draw(st.sampled_from([frozenset(), frozenset(), frozenset({VitalSign.SPO2})])),
        "flags": draw(st.sampled_from([(), (), (), (), *FLAGS])),
        "words": draw(st.sampled_from([{}, {}, {}, {}, *WORDS])),
    }


batches = st.lists(a_reading(), max_size=20)


def numbered(batch: list[dict]) -> list[NewReading]:
    latest: dict[int, int] = {}
    readings = []
    for number, said in enumerate(batch, start=1):
        resident, ago = said["resident"], said["minutes_ago"]
        latest[resident] = min(ago, latest.get(resident, ago))
        hub = STRICT_HUB if resident == 1 else HUB
        readings.append(
            NewReading(
                payload=ReadingPayload.model_construct(
                    reading_id=UUID(int=number),
                    resident=UUID(int=resident),
                    taken_at=NOW - timedelta(minutes=ago),
                    device=Device(kind=DeviceKind.PERSON),
                    **(SILENT | said["words"]),
                ),
                kit_id=UUID(int=61),
                placement=Placement(UUID(int=resident), UUID(int=31), UUID(int=11), hub),
                arrival_number=number,
                arrived_at=NOW,
                effective_at=NOW - timedelta(minutes=ago),
                competence=Labelled(Label.IN_DATE),
                values=said["values"],
                unusable={},
                cleared=said["cleared"] - said["values"].keys(),
                flags=said["flags"],
                latest_effective_at=NOW - timedelta(minutes=latest[resident]),
            )
        )
    return readings


def well(resident: int) -> dict:
    """A full set that was due, with nothing to remark on."""
    return {
        "resident": resident,
        "minutes_ago": 0,
        "values": WELL,
        "cleared": frozenset(),
        "flags": (),
        "words": {"scheduled_full_set": True},
    }


SILENT = {
    "values": {},
    "not_obtained": {},
    "soft_signs": {},
    "emergency_signs": {},
    "phoned_999": False,
    "worry": None,
    "scheduled_full_set": False,
    "not_understood": {},
}


def moments_of(batch: list[dict]) -> Moments:
    return score_readings(numbered(batch), [], AUTHORITIES, WINDOW)


@settings(max_examples=300, deadline=None)
@given(batch=batches)
def test_what_the_rules_need_not_look_at_is_told_as_if_they_had(batch):
    moments = moments_of(batch)
    looked_at = remarkable(moments, BOOK, frozenset())
    judged = [judge(one, BOOK.for_hub(one.cause.placement.hub_id), NOW) for one in moments]
    let_be = [one for one, seen in zip(judged, looked_at, strict=True) if not seen]
    assert not any(one.found or one.asks for one in let_be)
    assert of_unremarkable(moments, ~looked_at, BOOK, NOW) == of_judged(let_be, {})


@settings(max_examples=100, deadline=None)
@given(batch=batches, asked=st.integers(1, 6))
def test_a_resident_is_looked_at_in_all_readings_or_in_none(batch, asked):
    moments = moments_of(batch)
    looked_at = remarkable(moments, BOOK, {UUID(int=asked)})
    whose = [one.cause.resident_id for one in moments]
    seen = {resident for resident, it in zip(whose, looked_at, strict=True) if it}
    assert looked_at.tolist() == [resident in seen for resident in whose]
    assert (UUID(int=asked) in seen) == (UUID(int=asked) in whose)


DRIFTING = policy(
    drift={
        "readings": 2,
        "within_hours": 24,
        "lasting_hours": 0,
        "usual_days": 28,
        "usual_readings": 5,
        "usual_since_days": 3,
        "severity": "concern",
        "above": {"pulse": 12},
    }
)


def test_a_rule_that_one_hub_asks_for_has_nobody_elses_residents_looked_at():
    moments = moments_of([well(1), well(2), well(3)])
    looked_at = remarkable(moments, PolicyBook(policy(), {STRICT_HUB: DRIFTING}), frozenset())
    assert [one.cause.resident_id.int for one, seen in zip(moments, looked_at, strict=True) if seen] == [1]


def test_where_no_policy_asks_for_the_past_the_database_is_asked_nothing():
    judged = list(moments_of([well(1), well(2)]))
    assert look_back(NO_DATABASE, judged, BOOK) == {}
    with pytest.raises(AttributeError):
        look_back(NO_DATABASE, judged, PolicyBook(DRIFTING, {}))


def test_a_round_of_well_residents_is_let_be():
    moments = moments_of([well(resident) for resident in (1, 3, 4)])
    looked_at = remarkable(moments, BOOK, frozenset())
    assert not looked_at.any()
    assert {one.low for one in of_unremarkable(moments, ~looked_at, BOOK, NOW).values()} == {0}
