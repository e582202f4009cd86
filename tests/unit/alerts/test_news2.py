"""A complete set scores as the Royal College of Physicians' chart says, value by value."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import news2_bounds, news2_chart, news2_codes, news2_packed
from alerts.news2 import (
    BANDS,
    PARAMETERS,
    RED_SCORES,
    RESULT,
    RULE_VERSION,
    SIGNS,
    Band,
    Scores,
    pack,
    score,
    score_packed,
)
from alerts.news2_packed import SPACE
from tests.unit.alerts import table_reference as reference
from tests.unit.alerts.observation_sets import NORMAL, UNKNOWN, columns, scored

WHOLE = {"respiration_rate": range(-2, 90), "systolic": range(20, 310), "pulse": range(-2, 320)}
TENTHS = [round(24 + step / 10, 1) for step in range(220)]


def one_by_one(sign: str, values) -> list[dict]:
    return [NORMAL | {sign: value} for value in values]


def assert_as_reference(sets: list[dict], scale: int = 1) -> None:
    found = scored(*sets, scale=scale)
    for row, observations in enumerate(sets):
        expected = reference.score(scale, observations)
        assert tuple(found.part_low[row]) == tuple(found.part_high[row]) == expected.parts, observations
        assert found.low[row] == found.high[row] == expected.total, observations
        assert RED_SCORES[found.red[row]] == ("yes" if expected.red else "no"), observations
        assert BANDS[found.band_low[row]] == BANDS[found.band_high[row]] == expected.band, observations
    assert found.complete.all()
    assert not found.deciding.any()


@pytest.mark.parametrize("sign", WHOLE)
def test_every_whole_number_scores_as_the_chart(sign):
    assert_as_reference(one_by_one(sign, [value for value in WHOLE[sign] if value >= 0]))


def test_every_tenth_of_a_degree_scores_as_the_chart():
    assert_as_reference(one_by_one("temperature", TENTHS))


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("supply", ["air", "oxygen"])
def test_every_saturation_scores_as_the_chart_on_both_scales_with_and_without_oxygen(scale, supply):
    assert_as_reference([NORMAL | {"spo2": value, "on_oxygen": supply} for value in range(102)], scale)


@pytest.mark.parametrize("letter", "ACVPU")
def test_each_level_of_consciousness_scores_as_the_chart(letter):
    assert_as_reference([NORMAL | {"consciousness": letter}])


@given(
    scale=st.sampled_from([1, 2]),
    observations=st.fixed_dictionaries(
        {
            "respiration_rate": st.integers(0, 60),
            "spo2": st.integers(70, 1000).map(lambda tenths: max(70.0, tenths / 10)),
            "on_oxygen": st.sampled_from(["air", "oxygen"]),
            "systolic": st.integers(300, 3000).map(lambda tenths: tenths / 10),
            "pulse": st.integers(0, 2500).map(lambda tenths: tenths / 10),
            "consciousness": st.sampled_from("ACVPU"),
            "temperature": st.integers(2500, 4500).map(lambda hundredths: hundredths / 100),
        }
    ),
)
def test_any_complete_set_scores_as_the_chart(scale, observations):
    assert_as_reference([observations], scale)


class TestRounding:
    """Half up to the chart's steps, before scoring; the raw value is stored elsewhere."""

    def test_every_hundredth_of_a_degree_rounds_half_up(self):
        written = [Decimal(hundredths) / 100 for hundredths in range(2500, 4501)]
        found = scored(*one_by_one("temperature", map(float, written)))
        shown = scored(
            *one_by_one("temperature", (float(t.quantize(Decimal("0.1"), ROUND_HALF_UP)) for t in written))
        )
        np.testing.assert_array_equal(found.low, shown.low)

    def test_a_float32_is_refused_because_it_would_round_the_wrong_way(self):
        sets = columns([NORMAL | {"temperature": 38.05}])
        assert score(**sets).low[0] == 1
        with pytest.raises(
            ValueError, match=r"^temperature must be float64 or whole numbers, not float32\.$"
        ):
            score(**(sets | {"temperature": sets["temperature"].astype(np.float32)}))

    @pytest.mark.parametrize("value", [35.05, 36.05, 38.05, 39.05])
    def test_halves_at_the_chart_edges_go_up(self, value):
        assert_as_reference(one_by_one("temperature", [value]))

    def test_no_fahrenheit_reading_to_a_tenth_changes_points_by_rounding(self):
        tenths_of_fahrenheit = range(770, 1131)
        exact = [(Decimal(f) / 10 - 32) * 5 / 9 for f in tenths_of_fahrenheit]
        found = scored(*one_by_one("temperature", map(float, exact)))
        # Unrounded against the chart's gaps closed at their middle: 35.0 | 35.1 parts at 35.05.
        edges = [Decimal(edge) for edge in ("35.05", "36.05", "38.05", "39.05")]
        expected = [(3, 1, 0, 1, 2)[sum(value >= edge for edge in edges)] for value in exact]
        assert found.part_low[:, PARAMETERS.index("temperature")].tolist() == expected
        assert not set(exact) & set(edges)

    @pytest.mark.parametrize(
        ("sign", "below", "half"),
        [
            ("respiration_rate", 24.4, 24.5),
            ("spo2", 95.49, 95.5),
            ("systolic", 90.4, 90.5),
            ("pulse", 130.4, 130.5),
        ],
    )
    def test_whole_numbers_round_half_up(self, sign, below, half):
        assert_as_reference(one_by_one(sign, [below, half]))
        low, high = scored(*one_by_one(sign, [below, half])).low
        assert low != high


class TestKnownWrongElsewhere:
    def test_temperature_of_37_5_scores_0_where_the_uk_core_example_bundle_says_1(self):
        # The other parts of this set make 5, as the example's do.
        example = NORMAL | {"respiration_rate": 22, "spo2": 95, "pulse": 112, "temperature": 37.5}
        found = scored(example)
        assert found.part_low[0, PARAMETERS.index("temperature")] == 0
        assert found.low[0] == found.high[0] == 5

    def test_a_set_of_refusals_is_not_a_normal_score(self):
        found = scored(UNKNOWN)
        assert (found.low[0], found.high[0]) == (0, 20)
        assert not found.complete[0]
        assert found.deciding[0].all()

    @pytest.mark.parametrize(
        ("sign", "value"),
        [
            ("respiration_rate", 7),
            ("spo2", 88),
            ("systolic", 85),
            ("pulse", 140),
            ("consciousness", "C"),
            ("temperature", 34.9),
        ],
    )
    def test_one_sign_that_scores_3_is_red_however_much_else_is_missing(self, sign, value):
        found = scored(UNKNOWN | {sign: value})
        assert found.low[0] == 3
        assert RED_SCORES[found.red[0]] == "yes"
        assert BANDS[found.band_low[0]] is Band.LOW_MEDIUM

    def test_97_percent_on_air_scores_0_on_scale_2(self):
        found = scored(NORMAL, scale=2)
        assert (found.low[0], found.high[0]) == (0, 0)

    def test_a_temperature_of_38_04_scores_0_without_complaint(self):
        assert scored(NORMAL | {"temperature": 38.04}).high[0] == 0

    def test_a_respiration_rate_of_5_scores_3_and_of_0_is_a_value(self):
        found = scored(*one_by_one("respiration_rate", [5, 0]))
        assert found.low.tolist() == [3, 3]
        assert found.complete.all()

    def test_values_beyond_an_entry_form_still_score(self):
        extremes = {"respiration_rate": 70, "spo2": 40, "systolic": 299, "pulse": 299, "temperature": 44.9}
        assert scored(NORMAL | extremes).low[0] == 3 + 3 + 3 + 3 + 2

    def test_what_no_body_can_have_is_never_taken_for_normal_or_missing(self):
        low = {"respiration_rate": -1, "spo2": -2, "systolic": -0.6, "pulse": -300, "temperature": -1}
        high = {"respiration_rate": 1e9, "spo2": 40, "systolic": 1e300, "pulse": 256, "temperature": 1e9}
        found = scored(NORMAL | low, NORMAL | high)
        assert found.low.tolist() == [15, 14]
        assert found.complete.all()


class TestInput:
    def test_no_sets_score_as_no_results(self):
        found = scored()
        assert len(found) == 0
        assert found.part_low.shape == found.deciding.shape == (0, 7)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (
                {"pulse": np.array([70.0, 71.0])},
                "pulse must be one-dimensional with 1 rows, not of shape (2,).",
            ),
            ({"spo2": np.array([[97.0]])}, "spo2 must be one-dimensional with 1 rows, not of shape (1, 1)."),
            (
                {"respiration_rate": np.array([[16.0]])},
                "respiration_rate must be one-dimensional with 1 rows, not of shape (1, 1).",
            ),
            ({"pulse": 70.0}, "pulse must be one-dimensional with 1 rows, not of shape ()."),
            ({"spo2_scale": np.array([3])}, "spo2_scale must lie between 1 and 2 in every row."),
            ({"spo2_scale": np.array([1.0])}, "spo2_scale must be whole-number codes, not float64."),
            ({"consciousness": np.array([5])}, "consciousness must lie between -1 and 4 in every row."),
            ({"consciousness": np.array([-2])}, "consciousness must lie between -1 and 4 in every row."),
            (
                {"on_oxygen": np.array([2.0])},
                "on_oxygen must be 1 (on oxygen), 0 (breathing air) or NaN (unknown) in every row.",
            ),
            (
                {"systolic": np.array([np.inf])},
                "systolic holds an infinite value; give NaN where a value is unknown.",
            ),
            ({"systolic": np.array(["120"])}, "systolic must be float64 or whole numbers, not <U3."),
        ],
    )
    def test_what_cannot_be_scored_is_refused_in_a_sentence(self, change, sentence):
        with pytest.raises(ValueError) as refusal:
            score(**(columns([NORMAL]) | change))
        assert str(refusal.value) == sentence

    def test_whole_number_arrays_and_truth_values_are_taken_as_they_are(self):
        sets = columns([NORMAL | {"on_oxygen": "oxygen"}])
        sets |= {"pulse": np.array([70]), "on_oxygen": np.array([True])}
        assert score(**sets).low[0] == 2

    def test_what_a_masked_array_masks_is_unknown(self):
        sets = columns([NORMAL, NORMAL | {"pulse": 140}])
        hidden = [True, False]
        for name in ("respiration_rate", "on_oxygen", "temperature"):
            sets[name] = np.ma.array(sets[name], mask=hidden)
        sets["systolic"] = np.ma.array([120, 120], mask=hidden)
        sets["consciousness"] = np.ma.array([0, 0], np.uint8, mask=hidden)
        found = score(**sets)
        unknown = {"respiration_rate": None, "on_oxygen": None, "temperature": None}
        expected = scored(
            NORMAL | unknown | {"systolic": None, "consciousness": None}, NORMAL | {"pulse": 140}
        )
        np.testing.assert_array_equal(found.low, expected.low)
        np.testing.assert_array_equal(found.high, expected.high)
        np.testing.assert_array_equal(found.deciding, expected.deciding)
        with pytest.raises(ValueError, match=r"^spo2_scale must lie between 1 and 2 in every row\.$"):
            score(**(sets | {"spo2_scale": np.ma.array([1, 1], mask=hidden)}))

    def test_scoring_needs_no_room_but_that_of_the_results(self):
        n = 200_000
        sets = {name: np.repeat(column, n) for name, column in columns([NORMAL]).items()}
        room = np.empty(n, RESULT)
        tracemalloc.start()
        score(**sets, out=room)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < sets["pulse"].nbytes

    def test_the_callers_arrays_are_left_as_they_were(self):
        sets = columns([NORMAL | {"temperature": 38.06}, UNKNOWN])
        before = {name: column.copy() for name, column in sets.items()}
        for column in sets.values():
            column.setflags(write=False)
        score(**sets)
        for name, column in sets.items():
            np.testing.assert_array_equal(column, before[name])

    def test_strided_columns_of_one_table_score_as_copies_do(self):
        values = np.array([[16, 97, 0, 120, 70, 37.0], [30, 88, 1, 85, 140, 39.5]])
        names = ("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "temperature")
        codes = {"consciousness": np.array([0, 1], np.int8), "spo2_scale": np.array([1, 1], np.int64)}
        found = score(**dict(zip(names, values.T, strict=True)), **codes)
        assert found.low.tolist() == [0, 3 + 3 + 2 + 3 + 3 + 3 + 2]

    def test_results_do_not_depend_on_how_many_sets_are_scored_together_or_by_which_thread(self):
        rng = np.random.default_rng(20_260)
        n = 20_000
        sets = {
            "respiration_rate": rng.integers(5, 35, n).astype(float),
            "spo2": rng.integers(80, 101, n).astype(float),
            "on_oxygen": rng.choice([0.0, 1.0, np.nan], n),
            "systolic": rng.integers(70, 240, n).astype(float),
            "pulse": rng.integers(30, 150, n).astype(float),
            "temperature": rng.integers(340, 410, n) / 10,
            "consciousness": rng.integers(-1, 5, n).astype(np.int8),
            "spo2_scale": rng.integers(1, 3, n).astype(np.int8),
        }
        sets["pulse"][rng.random(n) < 0.3] = np.nan
        together = score(**sets)
        cuts = [0, 1, 7, 8_192, 8_193, 19_000, n]
        with ThreadPoolExecutor(2) as threads:
            pieces = list(
                threads.map(
                    lambda ends: score(**{name: column[slice(*ends)] for name, column in sets.items()}),
                    pairwise(cuts),
                )
            )
        for field in (
            "low",
            "high",
            "red",
            "band_low",
            "band_high",
            "part_low",
            "part_high",
            "deciding",
            "complete",
        ):
            np.testing.assert_array_equal(
                getattr(together, field), np.concatenate([getattr(piece, field) for piece in pieces])
            )


class TestPackedCodes:
    """Two bytes a set hold all the chart says of it."""

    @staticmethod
    def partial(n: int) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(7)
        sets = columns([NORMAL] * n, scale=draw.integers(1, 3, n).tolist())
        for name in ("respiration_rate", "spo2", "systolic", "pulse", "temperature"):
            sets[name] = draw.normal(sets[name], 20).clip(0, 300)
            sets[name][draw.random(n) < 0.3] = np.nan
        sets["on_oxygen"] = draw.choice([0.0, 1.0, np.nan], n)
        sets["consciousness"] = draw.integers(-1, 5, n)
        return sets

    def test_they_score_as_the_sets_do(self):
        sets = self.partial(30_000)
        direct, packed = score(**sets), score_packed(pack(**sets))
        for field in fields(Scores):
            np.testing.assert_array_equal(getattr(packed, field.name), getattr(direct, field.name))

    def test_results_may_go_where_the_caller_says(self):
        sets = self.partial(100)
        room = np.zeros(100, RESULT)
        found = score(**sets, out=room)
        assert np.shares_memory(found.low, room)
        np.testing.assert_array_equal(room["low"], score(**sets).low)
        np.testing.assert_array_equal(score_packed(pack(**sets), room).high, score(**sets).high)

    @pytest.mark.parametrize(
        ("codes", "sentence"),
        [
            (np.array([1.0]), r"^Packed codes are one-dimensional and uint16, not 1-dimensional float64\.$"),
            (np.zeros((2, 2), np.uint16), r"^Packed codes are .* not 2-dimensional uint16\.$"),
            (np.array([65_535], np.uint16), r"^Packed codes lie below \d+; there is 65535\.$"),
            (np.array([SPACE], np.uint16), rf"^Packed codes lie below {SPACE}; there is {SPACE}\.$"),
        ],
        ids=["floats", "a table", "too large", "one too large"],
    )
    def test_what_pack_did_not_make_is_refused(self, codes, sentence):
        with pytest.raises(ValueError, match=sentence):
            score_packed(codes)

    def test_room_of_another_size_or_kind_is_refused(self):
        with pytest.raises(ValueError, match=r"^out must be 1 records of RESULT, not \(2,\)"):
            score(**columns([NORMAL]), out=np.zeros(2, RESULT))
        with pytest.raises(ValueError, match=r"^out must be 1 records of RESULT, not \(1,\) of float64\.$"):
            score(**columns([NORMAL]), out=np.zeros(1))


def test_what_all_threads_look_up_cannot_be_written():
    tables = [
        table
        for module in (news2_chart, news2_bounds, news2_packed, news2_codes)
        for value in vars(module).values()
        for table in (value.values() if isinstance(value, dict) else [value])
        if isinstance(table, np.ndarray)
    ]
    tables += [part.table for part in news2_chart.PARTS]
    assert len(tables) > len(news2_chart.TERMS) + len(news2_chart.PARTS)
    assert not any(table.flags.writeable for table in tables)


def test_the_band_of_a_known_total_is_chart_2():
    for total in range(21):
        for red in (False, True):
            assert BANDS[news2_bounds.BAND_INDEX[total, int(red)]] == reference.band(total, red)


def test_the_words_and_orders_that_stored_scores_rely_on():
    assert list(reference.SIGNS) == list(SIGNS)
    assert list(PARAMETERS) == ["air_or_oxygen" if sign == "on_oxygen" else sign for sign in SIGNS]
    assert tuple(reference.BANDS) == tuple(BANDS) == ("low", "low_medium", "medium", "high")
    assert RED_SCORES == ("no", "yes", "unknown")
    assert RULE_VERSION == "news2-rcp-2017.1"
