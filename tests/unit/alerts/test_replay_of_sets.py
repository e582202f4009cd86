"""Very many scores judged at once: rule by rule the same as the rules say of one score at a time."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import judgement, rules
from alerts.beside.look_back import LookBack, own_known
from alerts.beside.own_line import line_of_readings
from alerts.beside.rise import Earlier
from alerts.beside.trend import Measured, signs_to_follow
from alerts.cases import phone_call
from alerts.news2 import SIGNS
from alerts.replay.asked import unanswered
from alerts.replay.cases import cases
from alerts.replay.comparison import Counts, Kind, same
from alerts.replay.found import RULES, found
from alerts.replay.run import replay
from alerts.replay.scored import _latest_known, scored
from alerts.replay.sets import HOUR, MICROSECONDS, Sets
from alerts.sets.scoring import Scored, score_readings
from delegation.authority import Authority, PersonalLimit, ScaleAuthorisation
from delegation.competence import Label, Labelled
from delegation.store import Placement
from devices.reading import Device, DeviceKind, NotObtained, ReadingPayload, SoftSign, Worry
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import NewReading
from tests.unit.alerts.judged_sets import policy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
FULL = policy(
    rise={"points": 2, "within_hours": 24, "severity": "concern"},
    trend={"readings": 4, "within_hours": 72, "severity": "concern", "change": {"spo2": -3, "pulse": 20}},
    drift={
        "readings": 2,
        "within_hours": 12,
        "lasting_hours": 0,
        "usual_days": 14,
        "usual_readings": 5,
        "usual_since_days": 1,
        "severity": "concern",
        "below": {"spo2": 2, "systolic": 10},
        "above": {"pulse": 10},
    },
    soft_signs={"at_least": 2, "severity": "concern"},
)
VALUES = {
    "respiration_rate": st.sampled_from([7, 10, 16, 22, 26]),
    "spo2": st.sampled_from([90, 92, 94, 96, 98]),
    "on_oxygen": st.booleans(),
    "systolic": st.sampled_from([88, 98, 108, 130, 222]),
    "pulse": st.sampled_from([38, 48, 70, 95, 115, 135]),
    "consciousness": st.sampled_from("AACVPU"),
    "temperature": st.sampled_from([34.8, 35.8, 36.8, 38.4, 39.3]),
}
SOFT = ("pain", "skin", "mobility")
ON_SCALE_2, LIMITED, GROWS_UP = range(2, 5)
LIMIT = PersonalLimit("pulse", Decimal(50), Decimal(100), EPOCH, None)
SIXTEEN = START + timedelta(hours=8)
"""From when on NEWS2 fits one of the residents."""


@st.composite
def a_reading(draw) -> dict:
    said = draw(st.sets(st.sampled_from(SIGNS), min_size=1))
    return {
        "resident": draw(st.integers(0, 4)),
        "after": draw(st.integers(0, 60 * 30)),  # minutes since the last arrival
        "ago": draw(st.sampled_from([0, 0, 0, 5, 45, 600, 6000])),
        "values": {sign: draw(VALUES[sign]) for sign in sorted(said)},
        "refused": draw(st.sampled_from([None, None, *SIGNS])),
        "no_signal": draw(st.booleans()),
        "scheduled": draw(st.booleans()),
        "worry": draw(st.sampled_from([False, False, True])),
        "soft": draw(st.integers(0, 3)),
    }


histories = st.lists(a_reading(), min_size=1, max_size=25)


def as_sets(history: list[dict]) -> Sets:
    n = len(history)
    values, cleared = np.full((n, 7), np.nan), np.zeros((n, 7), dtype=bool)
    for row, said in enumerate(history):
        for sign, value in said["values"].items():
            values[row, SIGNS.index(sign)] = "ACVPU".index(value) if sign == "consciousness" else float(value)
        if refused_by(said):
            cleared[row, SIGNS.index(said["refused"])] = True
    at = np.array([micros(moment) for moment in arrivals(history)], dtype=np.int64)
    return Sets(
        resident=np.array([said["resident"] for said in history]),
        home=np.array([said["resident"] % 2 for said in history]),
        effective_at=at - np.array([said["ago"] for said in history]) * 60 * MICROSECONDS,
        arrival=np.arange(n, dtype=np.int64),
        judged_at=at,
        values=values,
        cleared=cleared,
        spo2_scale=np.array([2 if said["resident"] == ON_SCALE_2 else 1 for said in history], dtype=np.int8),
        scheduled=np.array([said["scheduled"] for said in history]),
        worry=np.array([said["worry"] for said in history]),
        soft_signs=np.array([said["soft"] for said in history], dtype=np.uint8),
        unrecordable=np.array([bool(refused_by(said)) and said["no_signal"] for said in history]),
        unfit=np.array(
            [is_unfit(said["resident"], at) for said, at in zip(history, taken(history), strict=True)]
        ),
        outside_own=np.array(
            [
                said["resident"] == LIMITED and not 50 <= said["values"].get("pulse", 60) <= 100
                for said in history
            ]
        ),
    )


def is_unfit(resident: int, at: datetime) -> bool:
    return resident == GROWS_UP and at < SIXTEEN


def taken(history: list[dict]) -> list[datetime]:
    return [at - timedelta(minutes=said["ago"]) for said, at in zip(history, arrivals(history), strict=True)]


def refused_by(said: dict) -> str | None:
    return said["refused"] if said["refused"] not in said["values"] else None


def arrivals(history: list[dict]) -> list[datetime]:
    moments, at = [], START
    for said in history:
        at += timedelta(minutes=said["after"])
        moments.append(at)
    return moments


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def as_readings(history: list[dict]) -> list[NewReading]:
    latest: dict[int, datetime] = {}
    readings = []
    for number, (said, at) in enumerate(zip(history, arrivals(history), strict=True)):
        effective_at = at - timedelta(minutes=said["ago"])
        latest[said["resident"]] = max(effective_at, latest.get(said["resident"], effective_at))
        readings.append(_reading(number, said, at, effective_at, latest[said["resident"]]))
    return readings


def _reading(number, said, at, effective_at, latest) -> NewReading:
    refused = refused_by(said)
    why = NotObtained.UNRECORDABLE if said["no_signal"] else NotObtained.REFUSED
    payload = ReadingPayload.model_construct(
        reading_id=UUID(int=number),
        resident=UUID(int=said["resident"]),
        taken_at=effective_at,
        device=Device(kind=DeviceKind.PERSON),
        values=said["values"],
        not_obtained={refused: why} if refused else {},
        soft_signs=dict.fromkeys(SOFT[: said["soft"]], SoftSign.PRESENT),
        emergency_signs={},
        worry=Worry(by="staff") if said["worry"] else None,
        scheduled_full_set=said["scheduled"],
        phoned_999=False,
        not_understood={},
    )
    values = {
        VitalSign(sign): value
        if isinstance(value, bool | str)
        else quality._decoded(VitalSign(sign), value)[0]
        for sign, value in said["values"].items()
    }
    home = UUID(int=said["resident"] % 2)
    return NewReading(
        payload=payload,
        kit_id=UUID(int=0),
        placement=Placement(payload.resident, home, home, home),
        arrival_number=number,
        arrived_at=at,
        effective_at=effective_at,
        competence=Labelled(Label.IN_DATE),
        values=values,
        unusable={},
        cleared=quality.cleared(payload.not_obtained, {}),
        flags=(),
        latest_effective_at=latest,
    )


def one_at_a_time(history: list[dict]) -> list[tuple]:
    """(resident, at, rule, severity) of every finding, by the rules for one score."""
    readings = as_readings(history)
    always = ScaleAuthorisation(EPOCH, EPOCH, None, None)
    authorities = {UUID(int=ON_SCALE_2): Authority(scales=[always])}
    scores = [
        one
        for one in score_readings(readings, [], authorities, FULL.composition_window)
        if not (_is_unfit(one.cause) or _is_unfit(one.target))
    ]
    told = [one for reading in readings if _is_unfit(reading) for one in _by_itself(readings, reading)]
    asked: dict[UUID, datetime] = {}
    for place, one in enumerate(scores):
        resident, at = one.cause.resident_id, one.cause.arrived_at
        told += _fallen_due(asked, resident, at)
        signs = signs_to_follow(one.parts, one.target.effective_at, FULL)
        back = LookBack(
            _earlier(scores[:place], one),
            {sign: _measured(readings, one, sign) for sign in signs},
            own_known(
                line_of_readings(_theirs(readings, one.cause)),
                one.target.effective_at,
                one.cause.arrival_number,
                FULL,
            ),
        )
        judged = judgement.judge(one, FULL, at, back, _limits(resident))
        if judged.fresh:
            told += [
                (resident.int, micros(at), finding.rule, finding.severity.rank) for finding in judged.found
            ]
        if judged.asks:
            asked.setdefault(resident, at + timedelta(minutes=FULL.answer_within))
        elif judged.answers:
            asked.pop(resident, None)
    for resident in list(asked):
        told += _fallen_due(asked, resident, datetime.max.replace(tzinfo=UTC))
    return sorted(told)


def _is_unfit(reading) -> bool:
    return is_unfit(reading.resident_id.int, reading.effective_at)


def _limits(resident: UUID) -> list[PersonalLimit]:
    return [LIMIT] if resident.int == LIMITED else []


def _by_itself(readings: list[NewReading], one: NewReading) -> list[tuple]:
    own = own_known(line_of_readings(_theirs(readings, one)), one.effective_at, one.arrival_number, FULL)
    judged = judgement.judge_unscored(one, FULL, one.arrived_at, own, _limits(one.resident_id))
    return [
        (one.resident_id.int, micros(one.arrived_at), finding.rule, finding.severity.rank)
        for finding in judged.found
        if judged.fresh
    ]


def _theirs(readings: list[NewReading], one: NewReading) -> list[NewReading]:
    return [reading for reading in readings if reading.resident_id == one.resident_id]


def _fallen_due(asked, resident, at) -> list[tuple]:
    if resident not in asked or asked[resident] >= at:
        return []
    due = asked.pop(resident)
    rank = FULL.could_not_be_excluded.rank
    return [(resident.int, micros(due), "could_not_be_excluded", rank)]


def _earlier(before: list[Scored], now: Scored) -> list[Earlier]:
    standing = {
        one.target.key: Earlier(one.target.effective_at, one.outcome.high)
        for one in before
        if one.cause.resident_id == now.cause.resident_id
    }
    return list(standing.values())


def _measured(readings: list[NewReading], now: Scored, sign: VitalSign) -> list[Measured]:
    known = [
        one
        for one in readings
        if one.resident_id == now.cause.resident_id
        and one.arrival_number <= now.cause.arrival_number
        and one.effective_at <= now.target.effective_at
        and sign in one.values
    ]
    known.sort(key=lambda one: (one.effective_at, one.arrival_number))
    return [Measured(one.effective_at, one.values[sign]) for one in known]


def all_at_once(history: list[dict]) -> list[tuple]:
    told = []
    for results in scored(as_sets(history), FULL.window):
        one = found(results, FULL)
        told += zip(
            one.resident.tolist(),
            one.at.tolist(),
            [RULES[rule] for rule in one.rule.tolist()],
            one.severity.tolist(),
            strict=True,
        )
    return sorted(told)


@given(histories)
@settings(max_examples=150, deadline=None)
def test_many_at_once_find_what_one_at_a_time_finds(history):
    assert all_at_once(history) == one_at_a_time(history)


def test_what_was_asked_again_and_never_answered_falls_due_from_the_first_asking():
    at = np.array([0, 10, 20, 45, 100], dtype=np.int64)
    asks = np.array([True, True, False, True, False])
    places, due = unanswered(np.zeros(5, dtype=np.int64), at, asks, ~asks & False, 30)
    assert (places.tolist(), due.tolist()) == ([1, 3], [30, 75])
    settles = np.array([False, False, True, False, True])
    places, due = unanswered(np.zeros(5, dtype=np.int64), at, asks, settles, 30)
    assert (places.tolist(), due.tolist()) == ([3], [75])


def test_an_answer_for_another_resident_stops_no_clock():
    at = np.array([0, 5], dtype=np.int64)
    asks, settles = np.array([True, False]), np.array([False, True])
    places, due = unanswered(np.array([1, 2]), at, asks, settles, 30)
    assert (places.tolist(), due.tolist()) == ([0], [30])


def full_set(hour: float, resident: int = 0, **values) -> dict:
    normal = dict(zip(SIGNS, (16, 97, False, 128, 72, "A", 36.8), strict=True))
    return {
        "resident": resident,
        "after": hour * 60,
        "ago": 0,
        "values": normal | values,
        "refused": None,
        "no_signal": False,
        "scheduled": True,
        "worry": False,
        "soft": 0,
    }


def found_in(history, chosen=FULL):
    [results] = scored(as_sets(history), chosen.window)
    return found(results, chosen)


GRAVE = {"respiration_rate": 26, "spo2": 91, "pulse": 124}


def test_findings_join_the_case_that_is_open_and_make_it_graver():
    history = [full_set(1, respiration_rate=26), full_set(1, **GRAVE), full_set(9, **GRAVE)]
    made = cases(found_in(history), 4 * HOUR)
    assert [RULES[rule] for rule in made.rule] == ["score_threshold", "score_threshold"]
    assert made.severity.tolist() == [0, 0]
    assert (made.raised_at - made.raised_at[0]).tolist() == [0, 10 * HOUR]


def test_two_policies_are_compared_case_by_case():
    stricter = policy(high_from=20, medium_from=9)
    history = [full_set(1, **GRAVE), full_set(20), full_set(3, systolic=98, pulse=115, spo2=95)]
    done = replay([as_sets(history)], policy(), stricter)
    totals = {kind.name: done.counts.total(kind) for kind in Kind}
    assert totals == {"OLD": 2, "NEW": 1, "APPEARS": 0, "DISAPPEARS": 1, "GRAVER": 0, "MILDER": 1}
    assert done.counts.by_hour[Kind.DISAPPEARS].tolist().index(1) == 0
    assert {home: counts.tolist() for home, counts in done.counts.by_home.items()} == {0: [2, 1, 0, 1, 0, 1]}


def test_a_policy_against_itself_changes_nothing():
    history = [full_set(1, **GRAVE), full_set(5, systolic=85), full_set(9, 1, **GRAVE)]
    done = replay([as_sets(history)], FULL, FULL)
    assert done.counts.total(Kind.OLD) == done.counts.total(Kind.NEW) > 0
    assert sum(done.counts.total(kind) for kind in list(Kind)[2:]) == 0


def test_one_very_old_date_makes_nobody_elses_newest_reading_look_late():
    """So many residents and so long a time that one number for both is more than 64 bits hold."""
    resident = np.repeat(np.arange(400), 2)
    moment = np.tile([int(START.timestamp()), int(START.timestamp()) + 60], 400) * MICROSECONDS
    moment[0] = int(datetime(2, 1, 1, tzinfo=UTC).timestamp()) * MICROSECONDS
    assert (_latest_known(resident, moment, np.ones(800, dtype=bool)) == moment).all()


@given(histories)
@settings(max_examples=50, deadline=None)
def test_the_count_does_not_depend_on_how_residents_are_cut(history):
    other = policy(medium_from=4)
    whole = replay([as_sets(history)], FULL, other)
    parts = [as_sets(history) for _ in range(5)]
    cut = replay([_only(part, number) for number, part in enumerate(parts)], FULL, other)
    assert cut.counts.by_rule.tolist() == whole.counts.by_rule.tolist()
    assert (cut.readings, cut.residents) == (whole.readings, whole.residents)


def _only(sets: Sets, resident: int) -> Sets:
    rows = sets.resident == resident
    return Sets(**{name: getattr(sets, name)[rows] for name in Sets.__slots__})


def test_every_case_of_either_policy_is_counted_once():
    one = found_in([full_set(1, **GRAVE), full_set(6, **GRAVE), full_set(6, 1, **GRAVE)])
    many, few = cases(one, HOUR), cases(one, 100 * HOUR)
    ours, theirs = same(many, few, 4 * HOUR)
    assert (ours.tolist(), theirs.tolist()) == ([0, 2], [0, 1])
    counts = Counts()
    counts.add(many, few, 4 * HOUR)
    assert [counts.total(kind) for kind in Kind] == [3, 2, 0, 1, 0, 0]


def test_every_rule_there_is_can_be_counted():
    folder = Path(rules.__file__).parent
    sources = folder.rglob("*.py")
    named = {rule for file in sources for rule in re.findall(r'Finding\(\s*"(\w+)"', file.read_text())}
    assert named | {phone_call.RULE, rules.NOT_THEIRS} == set(RULES)
