"""Rounds happen when homes and home-care teams make them, and leave nobody out."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from devices.kits import HomeKind
from simulators.rounds import LONDON, TIMETABLES, habits, visits

from .sheets import TEN_O_CLOCK, sheet

SEED = 11
# The clocks go forward on the last of these days.
DAYS = [TEN_O_CLOCK + timedelta(days=day) for day in range(3)] + [datetime(2026, 3, 29, 12, tzinfo=UTC)]


def days_visits(kit, day):
    minutes = dict.fromkeys(kit.workers, 6.0)
    return list(visits(0, kit, day, minutes, Random(SEED)))


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.date().isoformat())
def test_every_round_visits_each_resident_once_and_in_order_of_time(day):
    for kit in sheet().kits:
        made = days_visits(kit, day)
        rounds = len(TIMETABLES[kit.home_kind].hours)
        assert Counter(one.resident for one in made) == dict.fromkeys(kit.residents, rounds)
        assert [one.at for one in made] == sorted(one.at for one in made)


def test_care_homes_go_round_at_mealtimes_and_home_care_spends_longer_on_the_road():
    kits = {kit.home_kind: kit for kit in sheet().kits}
    in_home = days_visits(kits[HomeKind.CARE_HOME], TEN_O_CLOCK)
    on_the_road = days_visits(kits[HomeKind.HOME_CARE_ROUND], TEN_O_CLOCK)
    assert {one.at.astimezone(LONDON).hour for one in in_home} <= {7, 8, 9, 10, 12, 13, 14, 17, 18, 19}
    between = [made[9].at - made[0].at for made in (in_home, on_the_road)]
    assert between[1] > 1.5 * between[0]


def test_mealtimes_keep_to_the_local_clock_when_it_changes():
    kit = next(kit for kit in sheet().kits if kit.home_kind is HomeKind.CARE_HOME)
    winter, summer = days_visits(kit, TEN_O_CLOCK), days_visits(kit, TEN_O_CLOCK + timedelta(days=60))
    assert winter[0].at.astimezone(LONDON).time() == summer[0].at.astimezone(LONDON).time()
    assert winter[0].at.time() != summer[0].at.time()


def test_carers_have_habits_and_most_are_careful():
    carers = [habits(Random(number)) for number in range(500)]
    assert 50 < sum(one.skips_respiration > 0.1 for one in carers) < 150
    assert 100 < sum(one.rounds_to_even for one in carers) < 200
    assert {one.minutes_a_resident for one in carers} > {4.0, 11.0}
