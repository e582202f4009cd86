"""What is missing is unknown: the result is exactly what the possible completions reach, and no more."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.news2 import BANDS, RED_SCORES, SIGNS, Band, score
from tests.unit.alerts import table_reference as reference
from tests.unit.alerts.observation_sets import NORMAL, UNKNOWN, columns, scored

AXES = {sign: reference.COMPLETIONS[sign] for sign in SIGNS}
SHAPE = tuple(map(len, AXES.values()))


def grid(scale: int, missing: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Columns of every set that has one value of each class, with the missing signs unknown."""
    kept = {sign: [None] if sign in missing else values for sign, values in AXES.items()}
    per_sign = [columns([UNKNOWN | {sign: value} for value in values])[sign] for sign, values in kept.items()]
    crossed = np.meshgrid(*per_sign, indexing="ij")
    sets = {sign: axis.reshape(-1) for sign, axis in zip(SIGNS, crossed, strict=True)}
    return sets | {"spo2_scale": np.full(crossed[0].size, scale)}


@pytest.fixture(scope="module", params=[1, 2], ids=["scale 1", "scale 2"])
def all_complete(request) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """(scale, totals, reds, bands) of every class combination by the reference, an axis a sign."""
    known = [reference.score(request.param, filled) for filled in reference.completions(UNKNOWN)]
    return (
        request.param,
        np.array([k.total for k in known]).reshape(SHAPE),
        np.array([k.red for k in known]).reshape(SHAPE),
        np.array([BANDS.index(Band(k.band)) for k in known]).reshape(SHAPE),
    )


@pytest.mark.parametrize("how_many", range(8))
def test_every_partial_set_there_is_has_the_bounds_of_all_its_completions(all_complete, how_many):
    scale, totals, reds, bands = all_complete
    for missing in combinations(SIGNS, how_many):
        gone = tuple(SIGNS.index(sign) for sign in missing)
        found = score(**grid(scale, missing))
        for name, expected in {
            "low": totals.min(axis=gone, keepdims=True),
            "high": totals.max(axis=gone, keepdims=True),
            "band_low": bands.min(axis=gone, keepdims=True),
            "band_high": bands.max(axis=gone, keepdims=True),
            "red": np.where(reds.all(axis=gone, keepdims=True), 1, 2 * reds.any(axis=gone, keepdims=True)),
        }.items():
            np.testing.assert_array_equal(getattr(found, name), expected.reshape(-1), f"{name}, {missing}")
        for axis, sign in enumerate(SIGNS):
            moves = bands.min(axis=axis, keepdims=True) != bands.max(axis=axis, keepdims=True)
            expected = moves.any(axis=gone, keepdims=True) & (sign in missing)
            if sign not in missing:
                assert not found.deciding[:, axis].any()
            else:
                np.testing.assert_array_equal(
                    found.deciding[:, axis], expected.reshape(-1), f"{sign}, {missing}"
                )
        assert (found.complete == (how_many == 0)).all()


PARTIAL = st.fixed_dictionaries(
    {
        "respiration_rate": st.none() | st.integers(0, 60),
        "spo2": st.none() | st.integers(700, 1000).map(lambda tenths: tenths / 10),
        "on_oxygen": st.sampled_from([None, "air", "oxygen"]),
        "systolic": st.none() | st.integers(60, 260),
        "pulse": st.none() | st.integers(300, 1600).map(lambda tenths: tenths / 10),
        "consciousness": st.sampled_from([None, *"ACVPU"]),
        "temperature": st.none() | st.integers(3400, 4000).map(lambda hundredths: hundredths / 100),
    }
)


@settings(max_examples=60, deadline=None)
@given(scale=st.sampled_from([1, 2]), observations=PARTIAL)
def test_any_partial_set_agrees_with_trying_every_completion(scale, observations):
    found, honest = scored(observations, scale=scale), reference.honest(scale, observations)
    assert (found.low[0], found.high[0]) == (min(honest.totals), max(honest.totals))
    assert RED_SCORES[found.red[0]] == {(True,): "yes", (False,): "no"}.get(tuple(honest.reds), "unknown")
    indexes = [BANDS.index(Band(band)) for band in honest.bands]
    assert (found.band_low[0], found.band_high[0]) == (min(indexes), max(indexes))
    assert {
        sign for sign, decides in zip(SIGNS, found.deciding[0], strict=True) if decides
    } == honest.deciding
    for low, high, points in zip(found.part_low[0], found.part_high[0], honest.parts, strict=True):
        assert (low, high) == (min(points), max(points))
    assert found.complete[0] == (None not in observations.values())


@given(scale=st.sampled_from([1, 2]), observations=PARTIAL, value=st.data())
def test_learning_one_more_sign_never_widens_what_is_possible(scale, observations, value):
    missing = [sign for sign in SIGNS if observations[sign] is None]
    learnt = value.draw(st.sampled_from(missing or SIGNS))
    more = observations | {learnt: value.draw(st.sampled_from(reference.COMPLETIONS[learnt]))}
    found = scored(observations, more, scale=scale)
    if missing:
        assert found.low[0] <= found.low[1] <= found.high[1] <= found.high[0]
        assert found.band_low[0] <= found.band_low[1] <= found.band_high[1] <= found.band_high[0]
        assert RED_SCORES[found.red[0]] in ("unknown", RED_SCORES[found.red[1]])
        assert (found.part_low[0] <= found.part_low[1]).all()
        assert (found.part_high[1] <= found.part_high[0]).all()


class TestOxygenAndScale2:
    @pytest.mark.parametrize(
        ("spo2", "low", "high", "red"),
        [
            (83, 3, 5, "yes"),
            (85, 2, 4, "no"),
            (87, 1, 3, "no"),
            (92, 0, 2, "no"),
            (94, 0, 3, "no"),
            (96, 0, 4, "no"),
            (97, 0, 5, "unknown"),
        ],
    )
    def test_unknown_oxygen_is_coupled_with_saturation(self, spo2, low, high, red):
        found = scored(NORMAL | {"spo2": spo2, "on_oxygen": None}, scale=2)
        assert (found.low[0], found.high[0], RED_SCORES[found.red[0]]) == (low, high, red)

    @pytest.mark.parametrize("scale", [1, 2])
    def test_every_saturation_with_oxygen_unknown_has_the_bounds_of_air_and_oxygen(self, scale):
        sets = [NORMAL | {"spo2": value, "on_oxygen": None} for value in range(102)]
        found = scored(*sets, scale=scale)
        for row, one in enumerate(sets):
            honest = reference.honest(scale, one)
            assert (found.low[row], found.high[row]) == (min(honest.totals), max(honest.totals)), one
            assert (RED_SCORES[found.red[row]] == "unknown") == (len(honest.reds) == 2), one
            assert bool(found.deciding[row].any()) == bool(honest.deciding), one

    def test_97_percent_with_oxygen_unknown_is_0_or_5_and_oxygen_decides(self):
        assert reference.honest(2, NORMAL | {"on_oxygen": None}).totals == {0, 5}
        found = scored(NORMAL | {"on_oxygen": None, "pulse": 95}, scale=2)
        assert (found.low[0], found.high[0]) == (1, 6)
        assert (BANDS[found.band_low[0]], BANDS[found.band_high[0]]) == (Band.LOW, Band.MEDIUM)
        assert [SIGNS[i] for i in np.flatnonzero(found.deciding[0])] == ["on_oxygen"]

    def test_on_scale_1_unknown_oxygen_is_2_points_or_none(self):
        found = scored(NORMAL | {"on_oxygen": None})
        assert (found.low[0], found.high[0], RED_SCORES[found.red[0]]) == (0, 2, "no")
        assert not found.deciding[0].any()


class TestRedScore:
    def test_it_is_unknown_while_a_missing_sign_could_score_3(self):
        assert RED_SCORES[scored(NORMAL | {"pulse": None}).red[0]] == "unknown"

    def test_it_is_yes_as_soon_as_a_known_sign_scores_3(self):
        assert RED_SCORES[scored(NORMAL | {"pulse": None, "systolic": 85}).red[0]] == "yes"

    def test_missing_oxygen_alone_cannot_make_it_unknown_on_scale_1(self):
        assert RED_SCORES[scored(NORMAL | {"on_oxygen": None}).red[0]] == "no"


def test_a_lone_normal_thermometer_can_be_anything_up_to_17():
    found = scored(UNKNOWN | {"temperature": 37.0})
    assert (found.low[0], found.high[0]) == (0, 17)


def test_a_missing_sign_that_cannot_move_the_band_is_not_asked_for():
    sick = NORMAL | {"respiration_rate": 30, "systolic": 85, "consciousness": "C", "temperature": None}
    found = scored(sick)
    assert BANDS[found.band_low[0]] is BANDS[found.band_high[0]] is Band.HIGH
    assert not found.deciding[0].any()
    assert not found.complete[0]
