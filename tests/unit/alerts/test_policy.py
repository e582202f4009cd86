"""A policy that could not be carried out is refused before it can be in force."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from alerts.policy import LONGEST_WINDOW, PolicyBook, Severity
from tests.unit.alerts.judged_sets import BODY, NOW, policy


def test_severities_are_ranked_gravest_first():
    assert [severity.rank for severity in Severity] == [0, 1, 2, 3, 4]
    assert min(Severity, key=lambda one: one.rank) is Severity.HIGH


def test_each_severity_has_its_response_time():
    times = {severity: policy().deadline_at(severity, NOW) - NOW for severity in Severity}
    assert times == {
        Severity.HIGH: timedelta(minutes=15),
        Severity.MEDIUM: timedelta(minutes=60),
        Severity.LOW_MEDIUM: timedelta(minutes=60),
        Severity.CONCERN: timedelta(minutes=120),
        Severity.SILENT: timedelta(minutes=240),
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"deadline": {"high": 15}}, "deadline gives no time for medium, low_medium, concern, silent"),
        ({"deadline": BODY["deadline"] | {"high": 0}}, "greater than 0"),
        ({"medium_from": 8}, "must not be above high_from"),
        ({"limits": {"spo2": [100, 92]}}, "limits has the lower one above the upper one for spo2"),
        ({"limits": {"mood": [1, 2]}}, "Input should be"),
        ({"window": 0}, "greater than 0"),
        ({"window": LONGEST_WINDOW // timedelta(minutes=1) + 1}, "less than or equal to 240"),
        ({"unscored": "whatever"}, "Input should be"),
        ({"high_form": 7}, "Extra inputs are not permitted"),
    ],
)
def test_a_policy_that_does_not_fit_together_is_refused(change, sentence):
    with pytest.raises(ValidationError, match=sentence):
        policy(**change)


def test_a_hub_has_its_own_policy_or_the_default():
    own, hub = policy(high_from=6), UUID(int=1)
    book = PolicyBook(policy(), {hub: own})
    assert book.for_hub(hub) is own
    assert book.for_hub(UUID(int=2)) is book.default
