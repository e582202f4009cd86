"""Months written down at once: the same from the same seed, with the truth beside them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from simulators.months import COLUMNS, IN_HOSPITAL_AFTER, Months
from tests.unit.simulators.sheets import sheet

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)
KITS = sheet(homes=2, residents_per_home=8).kits


def months(seed: int = 3, days: int = 20) -> Months:
    return Months(KITS, STARTS_AT, days, seed, days_between=10)


def test_the_same_seed_writes_the_same_months():
    assert list(months().rows()) == list(months().rows())
    assert [one.as_json() for one in months().truths] == [one.as_json() for one in months().truths]
    assert [one.as_json() for one in months(seed=4).truths] != [one.as_json() for one in months().truths]


def test_a_row_says_what_a_kit_would_send():
    rows = list(months().rows())
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert {row["resident"] for row in rows} <= {one.resident_id for kit in KITS for one in kit.residents}
    due = [row for row in rows if row["scheduled"]]
    assert len(due) > 2 * 16 * 15  # two or three rounds a day, less those who are in hospital
    assert all(
        datetime.fromisoformat(row["arrived_at"]) > datetime.fromisoformat(row["taken_at"]) for row in rows
    )


def test_an_illness_shows_before_its_crisis_and_is_measured_at_home_until_hospital():
    made = months()
    rows = list(made.rows())
    assert made.truths
    for one in made.truths:
        theirs = [datetime.fromisoformat(row["taken_at"]) for row in rows if row["resident"] == one.resident]
        in_hospital = (one.crisis_at + IN_HOSPITAL_AFTER + timedelta(hours=1), one.over_at)
        assert not [at for at in theirs if in_hospital[0] <= at < in_hospital[1]]
        assert one.onset_at < one.crisis_at < one.over_at
    worried = {row["resident"] for row in rows if row["worry"]}
    assert worried & {one.resident for one in made.truths}


def test_nobody_has_two_illnesses_at_once_and_scale_2_illnesses_are_for_those_on_scale_2():
    scale = {one.resident_id: one.spo2_scale for kit in KITS for one in kit.residents}
    for episodes in months(days=200).episodes.values():
        for one, after in pairwise(episodes):
            assert one.over_at <= after.onset_at
        assert all(one.scenario.spo2_scale == scale[one.resident] for one in episodes)
