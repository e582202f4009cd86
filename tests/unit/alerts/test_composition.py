"""A score joins what was known within the window, in arrival order, however the readings were batched."""

from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.news2 import SIGNS, score
from alerts.sets.composition import Composed, columns, compose
from alerts.sets.timeline import Readings

MINUTE = 60_000_000
WINDOW = 30 * MINUTE


@dataclass(frozen=True)
class Reading:
    """One reading as people tell it; `minute` is its effective time."""

    arrival: int
    minute: float
    values: dict[str, float]
    cleared: frozenset[str] = frozenset()
    resident: int = 0

    @property
    def effective_at(self) -> int:
        return round(self.minute * MINUTE)

    @property
    def says(self) -> set[str]:
        return set(self.values) | self.cleared

    @property
    def key(self) -> tuple[int, int]:
        return (self.resident, self.arrival)


Result = tuple[tuple[int, int], tuple[int, int], tuple[tuple[str, float, tuple[int, int]], ...]]


def composed(
    readings: list[Reading], new: set[tuple[int, int]] | None = None, window: int = WINDOW
) -> Composed:
    rows = Readings(
        resident=np.array([r.resident for r in readings], dtype=np.int64),
        effective_at=np.array([r.effective_at for r in readings], dtype=np.int64),
        arrival=np.array([r.arrival for r in readings], dtype=np.int64),
        values=np.array([[r.values.get(s, np.nan) for s in SIGNS] for r in readings]).reshape(-1, 7),
        cleared=np.array([[s in r.cleared for s in SIGNS] for r in readings], dtype=bool).reshape(-1, 7),
        new=np.array([new is None or r.key in new for r in readings], dtype=bool),
    )
    return compose(rows, window)


def told(readings: list[Reading], found: Composed) -> list[Result]:
    """(target, cause, what is known and from which reading) of each result, by (resident, arrival)."""
    results = []
    for i in range(len(found)):
        known = []
        for column, sign in enumerate(SIGNS):
            value, source = found.values[i, column], found.source[i, column]
            assert np.isnan(value) == (source == -1)
            if source != -1:
                known.append((sign, float(value), readings[source].key))
        results.append((readings[found.target[i]].key, readings[found.cause[i]].key, tuple(known)))
    return results


def plain_loop(readings: list[Reading], window: int = WINDOW) -> list[Result]:
    """The same, one reading at a time in arrival order, with nothing clever in it."""
    results = []
    for resident, theirs in groupby(sorted(readings, key=lambda r: r.key), key=lambda r: r.resident):
        stored: list[Reading] = []
        for cause in theirs:
            stored.append(cause)
            for target in sorted(stored, key=lambda r: (r.effective_at, r.arrival)):
                words = last_words(stored, target, window)
                late = 0 < target.effective_at - cause.effective_at <= window
                if target is cause or (late and cause in words.values()):
                    known = (
                        (s, words[s].values[s], words[s].key)
                        for s in SIGNS
                        if s in words and s in words[s].values
                    )
                    results.append((target.key, (resident, cause.arrival), tuple(known)))
    return results


def last_words(stored: list[Reading], target: Reading, window: int) -> dict[str, Reading]:
    words: dict[str, Reading] = {}
    for reading in sorted(stored, key=lambda r: (r.effective_at, r.arrival)):
        before = (reading.effective_at, reading.arrival) <= (target.effective_at, target.arrival)
        if before and target.effective_at - reading.effective_at <= window:
            words |= dict.fromkeys(reading.says, reading)
    return words


@st.composite
def histories(draw) -> list[Reading]:
    """Few residents, few distinct times (so ties), jumps around the window's edge, any order of arrival."""
    readings = []
    arrivals = dict.fromkeys(range(3), 0)
    for _ in range(draw(st.integers(0, 24))):
        resident = draw(st.integers(0, 2))
        arrivals[resident] += draw(st.integers(1, 3))
        minute = draw(st.sampled_from([0, 1, 2, 10, 29, 30, 31, 32, 40, 60, 61, 90, 200]))
        signs = draw(st.sets(st.sampled_from(SIGNS), max_size=4))
        cleared = draw(st.sets(st.sampled_from(SIGNS), max_size=2))
        values = {sign: float(draw(st.integers(0, 1))) for sign in sorted(signs)}
        readings.append(Reading(arrivals[resident], minute, values, frozenset(cleared), resident))
    return readings


@settings(max_examples=150, deadline=None)
@given(readings=histories(), shuffled=st.randoms(use_true_random=False))
def test_any_history_composes_as_a_plain_loop_would(readings, shuffled):
    expected = plain_loop(readings)
    shuffled.shuffle(readings)
    assert told(readings, composed(readings)) == expected


@settings(max_examples=100, deadline=None)
@given(readings=histories(), data=st.data())
def test_results_do_not_depend_on_how_readings_were_batched(readings, data):
    """Cut in arrival order, each batch with only the history that `compose` asks for."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(readings)), max_size=8)) | {0, len(readings)})
    found = []
    for start, end in pairwise(cuts):
        batch, stored = readings[start:end], readings[:start]
        near = [
            old
            for old in stored
            if any(
                old.resident == r.resident and abs(old.effective_at - r.effective_at) <= WINDOW for r in batch
            )
        ]
        rows = data.draw(st.permutations(batch + near))
        found += told(rows, composed(rows, new={r.key for r in batch}))
    assert sorted(found) == sorted(plain_loop(readings))


def test_later_readings_of_the_same_sign_replace_earlier_ones_and_the_rest_is_kept():
    readings = [
        Reading(1, 0, {"pulse": 70, "spo2": 97}),
        Reading(2, 10, {"pulse": 90}),
    ]
    assert told(readings, composed(readings))[1] == (
        (0, 2),
        (0, 2),
        (("spo2", 97.0, (0, 1)), ("pulse", 90.0, (0, 2))),
    )


@pytest.mark.parametrize(("minute", "known"), [(30, ["spo2", "pulse"]), (30.000001, ["pulse"])])
def test_an_age_of_exactly_the_window_counts_and_no_more(minute, known):
    readings = [Reading(1, 0, {"spo2": 97}), Reading(2, minute, {"pulse": 70})]
    found = told(readings, composed(readings))
    assert [sign for sign, _, _ in found[1][2]] == known


def test_of_equal_times_the_last_to_arrive_wins():
    readings = [Reading(2, 0, {"pulse": 90}), Reading(1, 0, {"pulse": 70, "spo2": 97})]
    found = told(readings, composed(readings))
    assert found == [
        ((0, 1), (0, 1), (("spo2", 97.0, (0, 1)), ("pulse", 70.0, (0, 1)))),
        ((0, 2), (0, 2), (("spo2", 97.0, (0, 1)), ("pulse", 90.0, (0, 2)))),
    ]


def test_a_score_knows_nothing_that_arrived_after_it():
    readings = [Reading(1, 20, {"pulse": 70}), Reading(2, 10, {"spo2": 97})]
    found = told(readings, composed(readings))
    assert found[0] == ((0, 1), (0, 1), (("pulse", 70.0, (0, 1)),))


def test_a_late_reading_scores_again_the_later_times_it_touches_and_no_others():
    readings = [
        Reading(1, 10, {"pulse": 70}),  # touched: no saturation was known then
        Reading(2, 20, {"spo2": 90}),  # not touched: it has its own saturation
        Reading(3, 25, {"pulse": 71}),  # not touched: the saturation of minute 20 is later
        Reading(4, 36, {"pulse": 72}),  # out of the late reading's window
        Reading(5, 5, {"spo2": 97}),
    ]
    found = told(readings, composed(readings, new={(0, 5)}))
    assert found == [
        ((0, 5), (0, 5), (("spo2", 97.0, (0, 5)),)),
        ((0, 1), (0, 5), (("spo2", 97.0, (0, 5)), ("pulse", 70.0, (0, 1)))),
    ]


def test_a_sign_that_could_not_be_recorded_forgets_its_earlier_value():
    readings = [
        Reading(1, 0, {"pulse": 70, "spo2": 97}),
        Reading(2, 5, {}, frozenset({"pulse"})),
        Reading(3, 10, {"systolic": 120}),
        Reading(4, 15, {"pulse": 80}),
    ]
    known = [[sign for sign, _, _ in signs] for _, _, signs in told(readings, composed(readings))]
    assert known == [["spo2", "pulse"], ["spo2"], ["spo2", "systolic"], ["spo2", "systolic", "pulse"]]


def test_a_late_word_that_a_sign_could_not_be_recorded_is_told_to_later_times():
    readings = [
        Reading(1, 0, {"pulse": 70}),
        Reading(2, 10, {"spo2": 97}),
        Reading(3, 5, {}, frozenset({"pulse"})),
    ]
    found = told(readings, composed(readings, new={(0, 3)}))
    assert found == [((0, 3), (0, 3), ()), ((0, 2), (0, 3), (("spo2", 97.0, (0, 2)),))]


def test_one_residents_readings_never_reach_another():
    readings = [Reading(1, 0, {"pulse": 70}, resident=1), Reading(1, 1, {"spo2": 97}, resident=2)]
    found = told(readings, composed(readings))
    assert [signs for _, _, signs in found] == [(("pulse", 70.0, (1, 1)),), (("spo2", 97.0, (2, 1)),)]


def test_many_residents_at_once_compose_as_each_by_themselves():
    draw = np.random.default_rng(11)
    n, people = 60_000, 90
    day = np.sort(draw.integers(0, 24 * 60 * MINUTE, n))
    sets = {
        # Far apart and unevenly busy: the codes do not fit two bytes, and blocks end in odd places.
        "resident": (draw.random(n) ** 3 * people).astype(np.int64) * 10_000_019,
        "effective_at": day - np.where(draw.random(n) < 0.05, draw.integers(0, WINDOW, n), 0),
        "arrival": np.arange(n),
        "values": np.where(draw.random((n, 7)) < 0.5, draw.integers(0, 2, (n, 7)), np.nan),
        "cleared": draw.random((n, 7)) < 0.02,
        "new": draw.random(n) < 0.9,
    }
    together = compose(Readings(**sets), WINDOW)
    at = 0
    for resident in np.unique(sets["resident"]):
        rows = np.flatnonzero(sets["resident"] == resident)
        alone = compose(Readings(**{name: column[rows] for name, column in sets.items()}), WINDOW)
        part = slice(at, at + len(alone))
        np.testing.assert_array_equal(together.target[part], rows[alone.target])
        np.testing.assert_array_equal(together.cause[part], rows[alone.cause])
        np.testing.assert_array_equal(together.values[part], alone.values)
        np.testing.assert_array_equal(
            together.source[part], np.where(alone.source < 0, -1, rows[alone.source])
        )
        at += len(alone)
    assert at == len(together)


def test_arrivals_may_be_numbers_of_any_size():
    readings = [
        Reading(1, 0, {"pulse": 70}, resident=0),
        Reading(1, 10, {"pulse": 70}, resident=1),
        Reading(1 + 2**62, 5, {"spo2": 97}, resident=1),
    ]
    assert told(readings, composed(readings)) == plain_loop(readings)


def test_moments_may_lie_as_far_apart_as_numbers_go():
    readings = [
        Reading(1, 0, {"pulse": 70}, resident=0),
        Reading(2, 2**36, {"spo2": 97}, resident=0),
        Reading(3, 2**36 + 10, {"pulse": 80}, resident=0),
        Reading(4, 2**36 + 20, {"pulse": 90}, resident=0),
        Reading(1, 5, {"spo2": 96}, resident=1),
        Reading(2, 10, {"pulse": 70}, resident=1),
        Reading(1, -(2**37), {"pulse": 70}, resident=2),
    ]
    assert told(readings, composed(readings)) == plain_loop(readings)


def test_a_composed_set_is_what_the_kernel_scores():
    readings = [
        Reading(1, 0, {"respiration_rate": 16, "spo2": 97, "on_oxygen": 0, "consciousness": 3}),
        Reading(2, 5, {"systolic": 120, "pulse": 70, "temperature": 37}),
        Reading(1, 0, {"temperature": 37}, resident=1),
    ]
    found = composed(readings)
    scores = score(**columns(found.values), spo2_scale=np.ones(len(found), np.int8))
    assert scores.low.tolist() == [3, 3, 0]
    assert scores.high.tolist() == [3 + 3 + 3 + 3, 3, 17]
    assert scores.complete.tolist() == [False, True, False]
    assert scores.deciding[2, SIGNS.index("consciousness")]


def test_no_readings_compose_to_nothing():
    assert len(composed([])) == 0


def test_arrays_that_do_not_fit_together_are_refused_in_a_sentence():
    one = {
        "resident": np.zeros(1, np.int64),
        "effective_at": np.zeros(1, np.int64),
        "arrival": np.zeros(1, np.int64),
        "values": np.zeros((1, 7)),
        "cleared": np.zeros((1, 7), bool),
        "new": np.ones(1, bool),
    }
    for change, sentence in (
        ({"values": np.zeros((1, 6))}, r"^values must be of shape \(1, 7\), not \(1, 6\)\.$"),
        ({"new": np.ones(2, bool)}, r"^new must be of shape \(1,\), not \(2,\)\.$"),
        ({"effective_at": np.zeros(1)}, r"^effective_at must be int64, not float64\.$"),
    ):
        with pytest.raises(ValueError, match=sentence):
            compose(Readings(**(one | change)), WINDOW)
    with pytest.raises(ValueError, match=r"^The window must not be negative, and -1 is\.$"):
        compose(Readings(**one), -1)
