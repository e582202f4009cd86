"""How findings become a case: severity only rises by itself, and a deadline only comes nearer."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cases.escalation import EventKind, OpenEscalation, step
from alerts.policy import Severity
from alerts.rules import YIELDING, Finding
from tests.unit.alerts.judged_sets import BODY, NOW, policy

CASE, HUB = UUID(int=1), UUID(int=2)


def finding(severity: Severity, sentence: str = "Because.") -> Finding:
    return Finding("rule", severity, sentence)


def opened(severity: Severity, minutes: int) -> OpenEscalation:
    return OpenEscalation(CASE, HUB, severity, NOW + timedelta(minutes=minutes))


def test_a_resident_without_a_case_gets_one_by_the_gravest_finding():
    found = [finding(Severity.CONCERN, "Worried."), finding(Severity.HIGH, "NEWS2 is 9.")]
    taken = step(None, found, 9, policy(), NOW)
    assert (taken.kind, taken.severity, taken.why) == (EventKind.RAISED, Severity.HIGH, "NEWS2 is 9.")
    assert taken.deadline_at == NOW + timedelta(minutes=15)


def test_a_graver_finding_worsens_the_case_and_brings_its_deadline_nearer():
    taken = step(opened(Severity.MEDIUM, 50), [finding(Severity.HIGH, "Worse.")], None, policy(), NOW)
    assert (taken.kind, taken.severity, taken.why) == (EventKind.WORSENED, Severity.HIGH, "Worse.")
    assert taken.deadline_at == NOW + timedelta(minutes=15)


def test_a_graver_finding_gives_no_more_time_than_there_was():
    taken = step(opened(Severity.MEDIUM, 5), [finding(Severity.HIGH)], None, policy(), NOW)
    assert taken.deadline_at == NOW + timedelta(minutes=5)


def test_a_lesser_finding_joins_and_changes_nothing_that_is_shown():
    taken = step(opened(Severity.HIGH, 5), [finding(Severity.CONCERN)], None, policy(), NOW)
    assert (taken.kind, taken.severity, taken.why) == (EventKind.JOINED, Severity.HIGH, None)
    assert taken.deadline_at == NOW + timedelta(minutes=5)


def scored(low: int) -> Finding:
    return Finding("score_threshold", Severity.HIGH, f"NEWS2 is {low}.")


def test_of_scores_as_grave_the_worst_is_said_whenever_it_came():
    worst = step(None, [scored(9)], 9, policy(), NOW).as_open(CASE, HUB)
    for low, said in ((12, "NEWS2 is 12."), (8, None), (12, None), (17, "NEWS2 is 17."), (16, None)):
        taken = step(worst, [scored(low)], low, policy(), NOW)
        assert (taken.kind, taken.why) == (EventKind.JOINED, said)
        worst = taken.as_open(CASE, HUB)
    assert worst.low == 17


def test_no_score_puts_aside_what_is_about_no_score():
    pain = [Finding("emergency_sign", Severity.HIGH, "Chest pain. 999 has been phoned.")]
    first = step(None, pain, None, policy(), NOW).as_open(CASE, HUB)
    assert step(first, [scored(17)], 17, policy(), NOW).why is None
    later = step(step(None, [scored(17)], 17, policy(), NOW).as_open(CASE, HUB), pain, 0, policy(), NOW)
    assert later.why == "Chest pain. 999 has been phoned."
    assert step(None, [scored(17), *pain], 17, policy(), NOW).why == "Chest pain. 999 has been phoned."


@pytest.mark.parametrize("rule", sorted(YIELDING))
@pytest.mark.parametrize("other", ["score_threshold", "red_vital_sign", "worry"])
def test_what_stands_beside_news2_is_never_said_where_anything_else_is_as_grave(rule, other):
    own = [Finding(rule, Severity.HIGH, "Pulse 95, over their own limit of 90.")]
    graver = [Finding(other, Severity.HIGH, "NEWS2.")]
    alone = step(None, own, 1, policy(), NOW).as_open(CASE, HUB)
    later = step(alone, graver, 9, policy(), NOW)
    assert later.why == "NEWS2."
    assert step(later.as_open(CASE, HUB), own, 1, policy(), NOW).why is None
    assert step(alone, own, 1, policy(), NOW).why is None
    assert step(None, [*own, *graver], 9, policy(), NOW).why == "NEWS2."


def test_a_lesser_finding_with_a_shorter_clock_brings_the_deadline_nearer():
    hasty = policy(deadline=BODY["deadline"] | {"concern": 10})
    taken = step(opened(Severity.MEDIUM, 60), [finding(Severity.CONCERN)], None, hasty, NOW)
    assert (taken.severity, taken.deadline_at) == (Severity.MEDIUM, NOW + timedelta(minutes=10))


severities = st.sampled_from(Severity)
steps = st.lists(
    st.tuples(st.integers(0, 500), st.lists(severities.map(finding), min_size=1, max_size=3)),
    min_size=1,
    max_size=8,
)
clocks = st.fixed_dictionaries({severity: st.integers(1, 600) for severity in Severity})


@given(steps, st.lists(clocks, min_size=8, max_size=8))
def test_whatever_comes_severity_only_rises_and_the_deadline_only_comes_nearer(those, deadlines):
    held: OpenEscalation | None = None
    at = NOW
    for (minutes, found), deadline in zip(those, deadlines, strict=False):
        at += timedelta(minutes=minutes)
        taken = step(held, found, None, policy(deadline=deadline), at)
        if held is None:
            assert taken.kind is EventKind.RAISED
        else:
            assert taken.severity.rank <= held.severity.rank
            assert taken.deadline_at <= held.deadline_at
            assert (taken.kind is EventKind.WORSENED) is (taken.severity.rank < held.severity.rank)
        assert taken.severity.rank <= min(one.severity.rank for one in found)
        held = taken.as_open(CASE, HUB)
    assert held is not None
    assert held.hub_id == HUB
