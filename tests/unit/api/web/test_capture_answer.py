"""What a care worker is told at once: stored or not, what to do, whom to phone."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from api.capture import Captured, Observations
from api.queries.escalation import Escalation
from api.queries.resident import Decisions
from api.queries.scores import Score
from api.web.presenters.capture import AT_ONCE, Answer, Sent, answer
from api.web.presenters.competence import not_covered
from api.web.presenters.moments import clock
from api.web.presenters.resident import view
from delegation.competence import Activity, Label
from devices.reading import NotObtained, SoftSign
from devices.receipt import Outcome
from devices.vital_signs import VitalSign
from tests.unit.api.web.rows import (
    COLLEAGUE,
    NOW,
    READING,
    ago,
    escalation,
    full_parts,
    part,
    resident,
    score,
)


def told(
    outcome: Outcome = Outcome.STORED,
    *,
    no_score_reason: str | None = None,
    case: Escalation | None = None,
    taken_at: datetime = NOW,
    soft_signs: Mapping[str, SoftSign] = MappingProxyType({}),
    phoned_999: bool = False,
    values: Mapping[VitalSign, Any] = MappingProxyType({VitalSign.PULSE: 95}),
    refused: tuple[VitalSign, ...] = (),
    scored: Score | None = None,
    lacking: Mapping[Activity, Label] = MappingProxyType({}),
    **different: Any,
) -> Answer:
    said: dict[str, Any] = {
        "reason": None,
        "low": 1,
        "high": 1,
        "complete": True,
        "assumed_air": False,
        "deciding": (),
        "next": "nothing",
        "escalation_id": None,
    }
    lives = view(resident(no_score_reason=no_score_reason), Decisions(None, (), None, None), NOW)
    observations = Observations(
        READING,
        taken_at,
        values,
        dict.fromkeys(refused, NotObtained.REFUSED),
        soft_signs=soft_signs,
        phoned_999=phoned_999,
    )
    return answer(
        Sent(
            observations,
            Captured(outcome=outcome, competence_lacking=lacking, **(said | different)),
            case,
            NOW,
            scored,
        ),
        lives,
    )


def test_what_is_stored_is_said_to_be_stored() -> None:
    found = told()
    assert (found.stored, found.title, found.score) == (True, "Stored", "NEWS2 is 1.")
    assert found.act[0] == "Nothing more is needed now."


@pytest.mark.parametrize(
    ("lacking", "begins"),
    [
        ({Activity.TEMPERATURE: Label.LAPSED}, "Your sign-off has run out for temperature. "),
        (
            {
                Activity.TEMPERATURE: Label.LAPSED,
                Activity.BLOOD_PRESSURE: Label.NOT_SIGNED_OFF,
                Activity.PULSE_OXIMETRY: Label.NOT_SIGNED_OFF,
            },
            "You are not signed off for blood pressure and oxygen saturation."
            " Your sign-off has run out for temperature. ",
        ),
    ],
    ids=["lapsed for one", "not signed off for two and lapsed for another"],
)
def test_who_is_not_signed_off_is_told_for_what_that_it_is_stored_and_what_to_do(
    lacking: Mapping[Activity, Label], begins: str
) -> None:
    said = told(lacking=lacking).sign_off
    assert said is not None
    assert said.startswith(f"{begins}The readings are stored and count all the same")
    assert "Tell your manager or trainer" in said


def test_who_is_signed_off_if_under_supervision_only_is_told_nothing_of_it() -> None:
    assert told().sign_off is None
    assert told(lacking={Activity.TEMPERATURE: Label.UNDER_SUPERVISION}).sign_off is None


@pytest.mark.parametrize("activity", Activity)
def test_every_activity_has_a_name_of_its_own(activity: Activity) -> None:
    assert not_covered({activity: Label.LAPSED}) != not_covered({})


def test_a_score_says_what_it_counts_that_was_measured_before() -> None:
    earlier = {"reading": str(UUID(int=9)), "effective_at": ago(minutes=25).isoformat()}
    parts = full_parts() | {"spo2": part(0, "97", **earlier), "temperature": part(0, "36.8", **earlier)}
    parts["respiration_rate"] = {"low": 0, "high": 3}
    assert told(scored=score(parts)).score == (
        "NEWS2 is 1. It also counts oxygen saturation 97% and temperature 36.8 °C of"
        f" {clock(ago(minutes=25), NOW)}."
    )
    assert told(scored=score()).score == "NEWS2 is 1."


def test_what_was_sent_twice_counts_once() -> None:
    found = told(Outcome.DUPLICATE)
    assert found.stored
    assert "they count once" in found.kept


def test_what_is_in_quarantine_is_never_called_stored() -> None:
    found = told(Outcome.QUARANTINED, reason="conflict")
    assert (found.stored, found.title, found.score, found.sign_off, found.urgent) == (
        False,
        "Not stored as a reading",
        None,
        None,
        True,
    )
    assert "stored" not in found.kept
    assert found.act == ("Phone the hub and read the values out: 01632 960000.",)


def test_what_goes_to_999_says_so_first_also_where_it_is_in_quarantine() -> None:
    found = told(Outcome.QUARANTINED, reason="conflict", next="call_999", escalation_id=UUID(int=1))
    assert found.act == ("Phone 999 now.", "Phone the hub and read the values out: 01632 960000.")
    assert found.phone_first == "999"
    assert "The hub is told that it came" in found.kept


def test_at_seven_or_more_the_hub_is_phoned_and_then_999() -> None:
    found = told(low=8, high=8, next="call_hub")
    assert found.urgent
    assert found.act == (
        "Phone the hub now: 01632 960000.",
        "If nobody answers in 5 minutes, or they get worse: phone 999.",
    )


def test_999_comes_first_where_it_must() -> None:
    found = told(next="call_999")
    assert (found.act[0], found.phone_first) == ("Phone 999 now.", "999")


def test_a_deciding_sign_is_asked_for_by_name() -> None:
    found = told(low=2, high=5, complete=False, deciding=("consciousness",), next="measure:consciousness")
    assert found.score == "NEWS2 is 2 to 5."
    assert found.needed == "The score could change with what is missing: how alert they are."
    assert found.act[0] == (
        "Measure this now, and send it: how alert they are. If you cannot, phone the hub: 01632 960000."
    )


CALM = "Nothing more is needed now."


def test_the_time_that_was_stored_is_named() -> None:
    assert told(taken_at=ago(hours=7)).kept == (
        "The readings are stored as taken today 07:02 (7 h ago), and the hub can see them."
    )
    assert "yesterday 23:02 (15 h ago)" in told(Outcome.DUPLICATE, taken_at=ago(hours=15)).kept


def test_grave_readings_too_old_to_act_on_are_never_answered_calmly() -> None:
    found = told(low=17, high=17, found=True, old=True)
    assert found.urgent
    assert found.act[0].startswith("These readings are too old to act on")
    assert found.act[0].endswith("or phone the hub: 01632 960000.")


@pytest.mark.parametrize(
    "different",
    [
        {"old": True},
        {"found": True},
        {"next": "measure:spo2"},
        {"case": escalation()},
        {"soft_signs": {"pain": SoftSign.PRESENT}},
        {"low": 0, "high": 17, "complete": False, "deciding": ("spo2",)},
    ],
)
def test_while_anything_is_open_nobody_is_told_that_nothing_is_needed(different: dict[str, Any]) -> None:
    assert CALM not in told(**different).act


def test_a_sign_asked_about_and_absent_is_no_worry() -> None:
    assert told(soft_signs={"pain": SoftSign.ABSENT}).act[0] == CALM


def test_while_the_hub_has_a_case_open_it_is_said_by_when_it_answers() -> None:
    assert told(case=escalation()).act[0] == "The hub has been told, and is to answer by today 14:12."
    claimed = escalation(claimed_by=COLLEAGUE, claimed_by_name="Clive Clinician")
    assert told(case=claimed).act[0] == (
        "The hub has been told: Clive Clinician is looking at it, and is to answer by today 14:12."
    )
    assert told(case=escalation(claimed_by=COLLEAGUE)).act[0] == (
        "The hub has been told: somebody there is looking at it, and is to answer by today 14:12."
    )


def test_a_hub_that_has_not_answered_in_time_is_phoned() -> None:
    assert told(case=escalation(deadline_at=ago(minutes=1))).act[0] == (
        "The hub was told, and has not answered in time: phone it now, 01632 960000."
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_answer_gives_the_hubs_number(outcome: Outcome) -> None:
    assert told(outcome).hub_phone == "01632 960000"


def test_assumed_air_is_said() -> None:
    assert told(assumed_air=True).score == "NEWS2 is 1, air assumed."


def test_where_news2_does_not_fit_the_reason_is_said_instead_of_a_score() -> None:
    found = told(low=None, high=None, no_score_reason="pregnant")
    assert found.score is not None
    assert found.score.startswith("NEWS2 is not used for this resident")


def test_what_could_not_be_scored_is_put_before_a_person() -> None:
    assert told(low=None, high=None, next="call_hub").score == (
        "These readings could not be scored: a person at the hub is asked to read them."
    )


def test_whoever_has_phoned_999_is_not_sent_to_phone_it_first_again() -> None:
    found = told(next="call_999", phoned_999=True)
    assert found.urgent
    assert found.act[0].startswith("You have phoned 999")
    assert "If they get worse, phone 999 again." in found.act[0]
    assert told(next="call_999").act[0] == "Phone 999 now."


def test_whoever_has_phoned_999_tells_the_hub_so_and_is_sent_there_next() -> None:
    for next_ in ("call_999", "call_hub"):
        found = told(next=next_, phoned_999=True)
        assert "Tell the hub: 999 has been phoned." in found.act
        assert not any("5 minutes" in line for line in found.act)
        assert found.phone_first == "01632 960000"
    assert "Tell the hub: 999 has been phoned." in told(Outcome.QUARANTINED, phoned_999=True).act


def test_where_nothing_was_measured_no_readings_are_said_to_be_stored() -> None:
    found = told(values={}, low=None, high=None, case=escalation(severity="concern"))
    assert found.kept == "What you sent is stored as taken today 14:02 (just now), and the hub can see it."
    assert found.score is None
    twice = told(Outcome.DUPLICATE, values={}).kept
    assert twice.startswith("What you sent, taken today 14:02")
    assert told(values={}, old=True, found=True).act[0].startswith("What you sent is too old to act on")


SEEN = {
    "mobility": SoftSign.PRESENT,
    "eating_and_drinking": SoftSign.PRESENT,
    "pain": SoftSign.ABSENT,
}
CHANGES = "eating or drinking less; moving about less, or unsteady"


def test_what_they_saw_is_acknowledged_by_name_beside_what_is_asked() -> None:
    asked = told(soft_signs=SEEN, low=2, high=5, deciding=("pulse",), next="measure:pulse")
    assert asked.act[0].startswith("Measure this now")
    assert asked.act[1] == f"You saw a change in them: {CHANGES}. The hub can see it."
    alone = told(soft_signs=SEEN).act[0]
    assert (
        alone
        == f"You saw a change in them: {CHANGES}. Look in on them again soon, and tell whoever comes next."
    )
    assert f"Tell the hub what you saw: {CHANGES}." in told(soft_signs=SEEN, next="call_hub").act


def test_a_sign_they_have_just_refused_is_not_asked_for_again() -> None:
    decide = ("respiration_rate", "consciousness")
    asked = told(
        low=2, high=5, deciding=decide, next="measure:respiration_rate", refused=(VitalSign.RESPIRATION_RATE,)
    )
    assert asked.act[0].startswith("Measure this now, and send it: how alert they are.")
    both = (VitalSign.RESPIRATION_RATE, VitalSign.CONSCIOUSNESS)
    assert told(low=2, high=5, deciding=decide, next="measure:respiration_rate", refused=both).act[0] == (
        "They refused: breathing rate and how alert they are. "
        "The hub decides without it: phone it and say so, 01632 960000."
    )


@pytest.mark.parametrize("next_", ["nothing", "call_hub", "call_999", "measure:spo2"])
def test_no_answer_advises_giving_oxygen(next_: str) -> None:
    found = told(next=next_, low=8, high=8)
    words = " ".join([*found.act, found.kept, found.score or "", *AT_ONCE]).lower()
    assert "give oxygen" not in words
    assert "oxygen" not in words.replace("oxygen saturation", "")
