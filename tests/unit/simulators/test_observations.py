"""A set of observations says what was measured, what was not, and who took it."""

from random import Random
from uuid import UUID

from devices.identifiers import KitId, PersonId, ResidentId
from devices.profiles import decode
from devices.reading import DeviceKind, NotObtained
from devices.vital_signs import Consciousness, VitalSign
from simulators.observations import Occasion, observe
from simulators.physiology import Signs
from simulators.rounds import CAREFUL, Habits

TAKEN = Signs(
    temperature=36.7,
    pulse=71,
    respiration_rate=17,
    systolic=131,
    diastolic=77,
    spo2=97,
    consciousness=Consciousness.ALERT,
    on_oxygen=False,
)
KIT, RESIDENT, WORKER = KitId(UUID(int=1)), ResidentId(UUID(int=2)), PersonId(UUID(int=3))


def observed(habits: Habits = CAREFUL, seed: int = 5, **rest):
    return observe(Occasion(KIT, RESIDENT, WORKER, habits, **rest), TAKEN, Random(seed))


def values_of(made) -> dict:
    return {sign: value for said in made.readings for sign, value in said.content.get("values", {}).items()}


def test_a_careful_set_is_full_and_exact_and_says_so_with_its_last_reading():
    made = observed()
    assert set(values_of(made)) == set(VitalSign)
    assert values_of(made)[VitalSign.TEMPERATURE] == 36.7
    assert values_of(made)[VitalSign.RESPIRATION_RATE] == 17
    assert [said.content.get("scheduled_full_set", False) for said in made.readings] == [False] * 3 + [True]
    assert {said.taken_by for said in made.readings} == {WORKER}
    assert made.asked_later is None


def test_the_stethoscope_sends_a_recordings_digest_and_no_vital_sign():
    made = observed(with_stethoscope=True)
    (sounds,) = [said for said in made.readings if said.content["device"].kind is DeviceKind.STETHOSCOPE]
    assert "values" not in sounds.content
    assert len(sounds.content["auscultation"].recording_sha256) == 64
    assert sounds.content["auscultation"].seconds > 0


def test_a_carer_who_skips_the_breaths_leaves_them_out_and_may_come_back():
    made = observed(Habits(skips_respiration=1.0, goes_back_when_asked=1.0))
    assert VitalSign.RESPIRATION_RATE not in values_of(made)
    assert made.asked_later is not None
    assert made.asked_later.content["values"] == {VitalSign.RESPIRATION_RATE: 17}
    assert observed(Habits(skips_respiration=1.0, goes_back_when_asked=0.0)).asked_later is None


def test_an_instrument_left_out_says_why_and_gives_no_value():
    made = observed(Habits(leaves_out_an_instrument=1.0))
    left_out = made.readings[0].content
    assert "values" not in left_out
    assert left_out["not_obtained"].keys() == {VitalSign.SYSTOLIC, VitalSign.DIASTOLIC, VitalSign.PULSE}
    assert set(left_out["not_obtained"].values()) <= {NotObtained.REFUSED, NotObtained.ABSENT}


def test_a_carer_who_counts_half_a_minute_has_only_even_numbers():
    values = values_of(observed(Habits(rounds_to_even=True)))
    assert values[VitalSign.RESPIRATION_RATE] % 2 == 0
    assert values[VitalSign.SYSTOLIC] % 2 == 0


def test_a_cuff_that_notifies_says_the_same_octet_by_octet_and_rounds_for_nobody():
    habits = Habits(rounds_to_even=True)
    decoded, notified = observed(seed=9), observed(habits, seed=9, cuff_notifies=True)
    content = notified.readings[0].content
    assert "values" not in content
    said = decode(content["gatt"].characteristic, content["gatt"].value)
    assert said.values == decoded.readings[0].content["values"]
    assert said.values[VitalSign.SYSTOLIC] == 131


def test_a_cuff_that_notifies_and_is_left_out_notifies_nothing():
    left_out = observed(Habits(leaves_out_an_instrument=1.0), cuff_notifies=True).readings[0].content
    assert "gatt" not in left_out
    assert left_out["not_obtained"].keys() == {VitalSign.SYSTOLIC, VitalSign.DIASTOLIC, VitalSign.PULSE}
