"""No number from 1 to 4 can be worked out from what is shown of several homes, by whoever knows the rules."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from api.small_numbers import Counted, Hidden, Shown, of_few, shown

MOST = 11


def homes(*counts: tuple[int, int]) -> list[Counted]:
    return [Counted(whole, part) for whole, part in counts]


@pytest.mark.parametrize(
    ("whole", "part", "is_shown"),
    [
        (0, 0, Shown(0, 0)),
        (1, 0, Shown(Hidden.FEW, Hidden.NOT_SHOWN)),
        (4, 4, Shown(Hidden.FEW, Hidden.NOT_SHOWN)),
        (5, 5, Shown(5, 5)),
        (5, 0, Shown(5, 0)),
        (8, 4, Shown(8, Hidden.SOME)),
        (9, 5, Shown(9, Hidden.SOME)),
        (10, 5, Shown(10, 5)),
        (10, 4, Shown(10, Hidden.FEW)),
        (1080, 1078, Shown(1080, Hidden.ALL_BUT_A_FEW)),
        (1080, 1000, Shown(1080, 1000)),
    ],
)
def test_neither_a_small_number_nor_what_is_left_of_one_is_shown(
    whole: int, part: int, is_shown: Shown
) -> None:
    [cell], _ = shown(homes((whole, part)))
    assert cell == is_shown


def test_of_a_home_with_few_residents_nothing_is_shown() -> None:
    assert [of_few(number) for number in (0, 1, 4, 5)] == [False, True, True, False]
    [few, many], total = shown([Counted(0, 0, few_people=True), Counted(100, 90)])
    assert few == Shown(Hidden.NOT_SHOWN, Hidden.NOT_SHOWN)
    assert many == Shown(100, 90)
    assert total.whole is Hidden.NOT_SHOWN, "it would be the difference"


def test_one_small_number_hides_the_total_and_several_do_not() -> None:
    assert shown(homes((3, 3), (40, 40)))[1] == Shown(Hidden.NOT_SHOWN, Hidden.NOT_SHOWN)
    assert shown(homes((3, 3), (3, 2), (40, 40)))[1].whole == 46
    assert shown(homes((1, 1), (2, 2), (40, 40)))[1].whole is Hidden.NOT_SHOWN, "three is small too"
    assert shown(homes((4, 4), (4, 4), (40, 40)))[1].whole is Hidden.NOT_SHOWN, (
        "eight in all is four and four"
    )
    assert shown(homes((20, 20), (30, 25)))[1] == Shown(50, 45)


EVERYTHING = [Counted(whole, part) for whole in range(MOST) for part in range(whole + 1)]


def given_away(worlds: Iterable[Sequence[Counted]]) -> list[tuple[int, str, int]]:
    """Which small numbers are the same in all of these tables, that all look alike."""
    left: dict[tuple[int, str], set[int]] = defaultdict(set)
    for world in worlds:
        for place, home in enumerate(world):
            left[place, "whole"].add(home.whole)
            left[place, "part"].add(home.part)
            left[place, "rest"].add(home.whole - home.part)
    return [
        (place, what, min(values))
        for (place, what), values in left.items()
        if len(values) == 1 and of_few(min(values))
    ]


@pytest.mark.parametrize("number", [1, 2])
def test_all_there_may_be_at_one_home_or_two(number: int) -> None:
    """Every table there is, put with those that look like it: in none is a hidden number the same in all of them."""
    alike: dict[str, list[tuple[Counted, ...]]] = defaultdict(list)
    for table in product(EVERYTHING, repeat=number):
        alike[str(shown(table))].append(table)
    assert [(seen, found) for seen, worlds in alike.items() if (found := given_away(worlds))] == []


def ways(home: Counted) -> list[Counted]:
    """All that this home may have been, for all that is shown of it alone."""
    cells = shown([home])[0]
    return [
        one for count in EVERYTHING if shown([one := replace(count, few_people=home.few_people)])[0] == cells
    ]


def tables() -> list[list[Counted]]:
    rng = Random(5)
    small = [Counted(whole, rng.randint(0, whole)) for whole in (1, 2, 3, 4, 4, 6, 9, 10, 10, 10)]
    made = [[rng.choice(small) for _ in range(3)] for _ in range(40)]
    made += [[*table[:2], Counted(rng.randint(0, 3), 0, few_people=True)] for table in made[:10]]
    return made


def test_some_of_what_there_may_be_at_several_homes() -> None:
    for table in tables():
        seen = shown(table)
        worlds = [world for world in product(*(ways(home) for home in table)) if shown(world) == seen]
        assert given_away(worlds) == [], (table, seen)
