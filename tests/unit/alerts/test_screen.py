"""Whatever the rules may have to say of a moment gets through the screen; of the rest they have nothing to say."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from alerts import rules
from alerts.beside.look_back import LookBack, beside
from alerts.beside.rise import Earlier
from alerts.beside.trend import Measured
from alerts.news2 import RED_SCORES, SIGNS, Scores, score_packed
from alerts.news2_packed import PACKED, SPACE
from alerts.rules import Part, ScoredSet
from alerts.screen import looks_from, may_speak
from devices.receipt import NOTHING
from devices.vital_signs import VitalSign
from tests.unit.alerts.judged_sets import NOW, policy
from tests.unit.alerts.test_drift import OPTIONS, WELL, line

SIGNS_IN_ORDER = tuple(VitalSign(sign) for sign in SIGNS)
# Every set of observations there can be: two sets of one packed code score alike in every part.
ALL = score_packed(np.arange(SPACE, dtype=PACKED))
VALUE = Decimal(99)
NONE, EACH = np.zeros(SPACE, bool), np.ones(SPACE, bool)


LOOKING_BACK = {
    "nothing": {},
    "rise": {"rise": {"points": 2, "within_hours": 24, "severity": "concern"}},
    "trend": {"trend": {"readings": 4, "within_hours": 24, "severity": "concern", "change": {"pulse": 20}}},
    "drift": {"drift": OPTIONS},
}
# Well an hour ago, and worse ever since: no earlier scores and values give those rules more to say.
BEFORE = LookBack(
    [Earlier(NOW - timedelta(hours=1), 0)],
    {VitalSign.PULSE: [Measured(NOW - timedelta(hours=ago), Decimal(99 - 20 * ago)) for ago in (3, 2, 1, 0)]},
    line(*WELL, (12, 99), (6, 99), (0, 99)),
)


def left_out(scheduled: bool, from_score: int) -> np.ndarray:
    looked_at = may_speak(ALL, said=NONE, scheduled=EACH if scheduled else NONE, looks_from=from_score)
    return np.flatnonzero(~looked_at)


def as_rules_see_them(scores: Scores, places: np.ndarray, scheduled: bool) -> Iterator[ScoredSet]:
    """Nothing is said besides the signs; whoever scores for consciousness is unresponsive, which is worst."""
    columns = (scores.low, scores.high, scores.red, scores.complete, scores.deciding)
    for low, high, red, complete, deciding, least, most in zip(
        *(column[places].tolist() for column in (*columns, scores.part_low, scores.part_high)), strict=True
    ):
        parts = {sign: Part(a, b, VALUE, NOW) for sign, a, b in zip(SIGNS_IN_ORDER, least, most, strict=True)}
        if least[SIGNS.index("consciousness")] == 3:
            parts[VitalSign.CONSCIOUSNESS] = Part(3, 3, "U")
        yield ScoredSet(
            resident_id=None,
            effective_at=NOW,
            low=low,
            high=high,
            red=RED_SCORES[red],
            complete=complete,
            deciding=tuple(sign for sign, it in zip(SIGNS_IN_ORDER, deciding, strict=True) if it),
            parts=parts,
            scheduled=scheduled,
        )


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("medium_from", [1, 3, 5, 7])
@pytest.mark.parametrize("rule", LOOKING_BACK)
def test_of_no_set_that_is_left_out_have_the_rules_anything_to_say(scheduled, medium_from, rule):
    under = policy(medium_from=medium_from, **LOOKING_BACK[rule])
    for seen in as_rules_see_them(ALL, left_out(scheduled, looks_from(under)), scheduled):
        assert rules.findings(seen, under) == []
        assert beside(seen, BEFORE, under) == []
        assert not rules.asks(seen, under)
        assert rules.next_step(seen, under) == NOTHING


@pytest.mark.parametrize("scheduled", [False, True])
def test_and_of_those_that_get_through_they_always_have(scheduled):
    under = policy(medium_from=5)
    through = np.setdiff1d(np.arange(SPACE), left_out(scheduled, 5))
    for seen in as_rules_see_them(ALL, through, scheduled):
        assert rules.findings(seen, under) or rules.asks(seen, under)


def test_what_is_said_besides_signs_gets_through_whatever_the_score():
    assert may_speak(ALL, said=EACH, scheduled=NONE, looks_from=20).all()


def test_a_round_of_well_residents_and_a_lone_normal_value_are_left_out():
    complete_and_well = np.flatnonzero(ALL.complete & (ALL.high == 0))
    assert set(complete_and_well) <= set(left_out(scheduled=True, from_score=5))
    lone = np.flatnonzero((ALL.low == 0) & (ALL.high == 17))
    assert len(lone)
    assert set(lone) <= set(left_out(scheduled=False, from_score=5))
