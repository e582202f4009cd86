"""What a care worker is told at once: stored or not, what to do, whom to phone."""

from typing import Any

import pytest

from api.capture import Captured
from api.queries.resident import Decisions
from api.web.presenters.capture import AT_ONCE, Answer, answer
from api.web.presenters.resident import view
from devices.receipt import Outcome
from tests.unit.api.web.rows import NOW, resident


def told(
    outcome: Outcome = Outcome.STORED, *, no_score_reason: str | None = None, **different: Any
) -> Answer:
    said: dict[str, Any] = {
        "reason": None,
        "low": 1,
        "high": 1,
        "complete": True,
        "deciding": (),
        "next": "nothing",
        "escalation_id": None,
    }
    lives = view(resident(no_score_reason=no_score_reason), Decisions((), (), None, None), NOW)
    return answer(Captured(outcome=outcome, **(said | different)), lives)


def test_what_is_stored_is_said_to_be_stored() -> None:
    found = told()
    assert (found.stored, found.title, found.score) == (True, "Stored", "NEWS2 is 1.")
    assert found.act[0] == "Nothing more is needed now."


def test_what_was_sent_twice_counts_once() -> None:
    found = told(Outcome.DUPLICATE)
    assert found.stored
    assert "they count once" in found.kept


def test_what_is_in_quarantine_is_never_called_stored() -> None:
    found = told(Outcome.QUARANTINED, reason="conflict")
    assert (found.stored, found.title, found.score, found.urgent) == (
        False,
        "Not stored as a reading",
        None,
        True,
    )
    assert "stored" not in found.kept
    assert found.act == ("Phone the hub and read the values out: 01632 960000.",)


def test_at_seven_or_more_the_hub_is_phoned_and_then_999() -> None:
    found = told(low=8, high=8, next="call_hub")
    assert found.urgent
    assert found.act == (
        "Phone the hub now: 01632 960000.",
        "If nobody answers in 5 minutes, or they get worse: phone 999.",
    )


def test_999_comes_first_where_it_must() -> None:
    found = told(next="call_999")
    assert (found.act[0], found.phone) == ("Phone 999 now.", "999")


def test_a_deciding_sign_is_asked_for_by_name() -> None:
    found = told(low=2, high=5, complete=False, deciding=("consciousness",), next="measure:consciousness")
    assert found.score == "NEWS2 is 2 to 5."
    assert found.needed == "The score could change with what is missing: how alert they are."
    assert found.act[0] == "Measure this now, and send it: consciousness."


def test_assumed_air_is_said() -> None:
    assert told(complete=False).score == "NEWS2 is 1, air assumed."


def test_where_news2_does_not_fit_the_reason_is_said_instead_of_a_score() -> None:
    found = told(low=None, high=None, no_score_reason="pregnant")
    assert found.score is not None
    assert found.score.startswith("NEWS2 is not used for this resident")


def test_what_could_not_be_scored_is_put_before_a_person() -> None:
    assert told(low=None, high=None, next="call_hub").score == (
        "These readings could not be scored: a person at the hub is asked to read them."
    )


@pytest.mark.parametrize("next_", ["nothing", "call_hub", "call_999", "measure:spo2"])
def test_no_answer_advises_giving_oxygen(next_: str) -> None:
    found = told(next=next_, low=8, high=8)
    words = " ".join([*found.act, found.kept, found.score or "", *AT_ONCE]).lower()
    assert "give oxygen" not in words
    assert "oxygen" not in words.replace("oxygen saturation", "")
