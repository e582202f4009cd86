"""The hub's desk: one clinician has a case, answers it in words, may take that back for a while, and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import psycopg
import pytest

from alerts.cases import claim, desk, phone_call
from alerts.cases.desk import AlreadyClaimedError, ChangedError, DeskError, NotOpenError, NotYoursError, Seen
from alerts.cases.escalation import Disposition
from alerts.policy import Severity
from delegation.decisions import ceiling
from delegation.decisions.registers import Regulator
from delegation.people import actor_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.integration.alerts.ward import NOW

ADVICE = Disposition.ADVICE_GIVEN
NOTE = "Fluids; repeat the set at noon."


@pytest.fixture
def case(ward) -> UUID:
    ward.send(n.GRAVE)
    return ward.open_case()


def state(ward) -> list[str]:
    return [one[0] for one in ward.cases()]


def test_two_clinicians_reach_for_a_case_and_exactly_one_has_it(ward, case):
    start = Barrier(2)

    def reach(who: UUID) -> str:
        start.wait()
        try:
            ward.act(desk.claim, case, NOW, by=who)
        except AlreadyClaimedError as refusal:
            return str(refusal)
        return "has it"

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(reach, (n.CLINICIAN, n.COLLEAGUE)))
    assert sorted(answers) == ["A colleague has claimed this escalation already.", "has it"]
    [(claimer,)] = ward.rows("SELECT claimed_by FROM alerts.escalation")
    assert claimer == (n.CLINICIAN, n.COLLEAGUE)[answers.index("has it")]
    assert ward.events() == ["raised", "claimed"]


def test_claiming_what_one_has_already_changes_nothing(ward, case):
    for _ in range(2):
        ward.act(desk.claim, case, NOW)
    assert ward.events() == ["raised", "claimed"]


def test_a_case_is_answered_with_a_disposition_and_a_note_by_whoever_claimed_it(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, ADVICE, f"  {NOTE} ", NOW + n.minutes(5))
    answered = "SELECT state, closed_by, closed_at, disposition, note FROM alerts.escalation"
    assert ward.rows(answered) == [("closed", n.CLINICIAN, NOW + n.minutes(5), "advice_given", NOTE)]
    assert ward.rows("SELECT kind, actor_id, words FROM alerts.escalation_event ORDER BY revision") == [
        ("raised", None, None),
        ("claimed", n.CLINICIAN, None),
        ("closed", n.CLINICIAN, NOTE),
    ]


def test_each_act_is_in_the_audit_in_the_name_of_whoever_did_it(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.release, case, NOW, by=n.HUB_LEAD)
    subject = f"escalation:{case}"
    assert ward.rows(
        "SELECT actor, action, subject, resident_id FROM delegation.audit_event ORDER BY audit_id"
    ) == [
        (f"person:{n.CLINICIAN}", "escalation.claimed", subject, n.AMARA),
        (f"person:{n.HUB_LEAD}", "escalation.released", subject, n.AMARA),
    ]


def test_a_case_nobody_claimed_cannot_be_closed(ward, case):
    with pytest.raises(NotOpenError, match="Claim this escalation"):
        ward.act(desk.close, case, ADVICE, NOTE, NOW)


def test_a_colleagues_case_cannot_be_closed(ward, case):
    ward.act(desk.claim, case, NOW)
    with pytest.raises(AlreadyClaimedError):
        ward.act(desk.close, case, ADVICE, NOTE, NOW, by=n.COLLEAGUE)


@pytest.mark.parametrize("note", ["", "   ", "\n\t"])
def test_an_answer_without_a_note_is_refused_since_the_home_reads_it(ward, case, note):
    ward.act(desk.claim, case, NOW)
    with pytest.raises(DeskError, match="Write a note"):
        ward.act(desk.close, case, ADVICE, note, NOW)
    assert state(ward) == ["claimed"]


def shown(ward) -> Seen:
    [seen] = ward.rows(
        """SELECT max(revision), (SELECT ceiling_id FROM delegation.ceiling WHERE revoked_at IS NULL)
           FROM alerts.escalation_event"""
    )
    return Seen(*seen)


@pytest.mark.parametrize("worse", [n.GRAVE, n.GRAVE | {"consciousness": "U"}])
def test_an_answer_given_before_something_as_grave_was_seen_is_refused_once(ward, case, worse):
    ward.act(desk.claim, case, NOW)
    seen = shown(ward)
    ward.send(worse, at=NOW + n.minutes(5))
    close = (desk.close, case, ADVICE, NOTE, NOW + n.minutes(6))
    for unseen in (seen, Seen(900, None)):
        with pytest.raises(ChangedError, match="look again before you close it"):
            ward.act(*close, seen=unseen)
    assert state(ward) == ["claimed"]
    ward.act(*close, seen=shown(ward))
    assert state(ward) == ["closed"]


def test_what_joins_and_is_less_grave_leaves_an_answer_as_good_as_it_was(ward, case):
    ward.act(desk.claim, case, NOW)
    seen = shown(ward)
    ward.send(n.NORMAL | {"systolic": 88}, at=NOW + n.minutes(40))
    assert ward.events() == ["raised", "claimed", "joined"]
    ward.act(desk.close, case, ADVICE, NOTE, NOW, seen=seen)
    assert state(ward) == ["closed"]


def test_what_a_person_said_is_read_before_the_case_is_closed_however_little_it_weighs(ward, case):
    ward.act(desk.claim, case, NOW)
    seen = shown(ward)
    call = (n.AMARA, Severity.CONCERN, "He rang too.", NOW + n.minutes(1))
    ward.act(desk.raise_by_hand, *call, by=n.COLLEAGUE)
    with pytest.raises(ChangedError):
        ward.act(desk.close, case, ADVICE, NOTE, NOW, seen=seen)
    ward.act(desk.close, case, ADVICE, NOTE, NOW, seen=shown(ward))
    assert state(ward) == ["closed"]


def until_a_week_from_now(statement: str) -> ceiling.Decision:
    return ceiling.Decision(
        statement=statement,
        clinician_name="Dr Synthetic Geriatrics",
        regulator=Regulator.GMC,
        regulator_number="1234567",
        decided_on=NOW.date(),
        review_on=NOW.date() + timedelta(days=7),
        reason="Agreed with her",
    )


def test_an_answer_rests_on_the_ceiling_of_treatment_that_was_read_and_on_no_other(ward, case):
    ward.act(desk.claim, case, NOW)
    changes = (
        (ceiling.decide, n.AMARA, until_a_week_from_now("For hospital"), NOW),
        (ceiling.decide, n.AMARA, until_a_week_from_now("For comfort"), NOW + n.minutes(1)),
        (ceiling.revoke, n.AMARA, "It was another's", NOW + n.minutes(2)),
    )
    for change in changes:
        seen = shown(ward)
        ward.act(*change, seen.ceiling_id, by=n.COLLEAGUE)
        with pytest.raises(ChangedError, match=r"The ceiling of treatment has changed .*: look again"):
            ward.act(desk.close, case, ADVICE, NOTE, NOW, seen=seen)
        assert state(ward) == ["claimed"]
    ward.act(desk.close, case, ADVICE, NOTE, NOW, seen=shown(ward))
    assert state(ward) == ["closed"]


def test_an_answer_waits_for_a_colleague_who_is_recording_a_ceiling_and_is_compared_with_theirs(ward, case):
    ward.act(desk.claim, case, NOW)
    seen = shown(ward)
    with ward.database.connect("hearthwatch_api") as theirs, ThreadPoolExecutor(1) as pool:
        colleague = actor_of(theirs, n.COLLEAGUE)
        ceiling.decide(theirs, colleague, n.AMARA, until_a_week_from_now("For hospital"), NOW, None)
        closing = pool.submit(ward.act, desk.close, case, ADVICE, NOTE, NOW, seen=seen)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        wait_until(lambda: ward.rows(waiting) == [(1,)], "the answer to wait for the ceiling")
        theirs.commit()
        with pytest.raises(ChangedError, match="The ceiling of treatment has changed"):
            closing.result(PATIENCE_SECONDS)
    assert state(ward) == ["claimed"]


def test_the_database_holds_no_closed_case_without_who_when_and_what(ward, case):
    with pytest.raises(psycopg.errors.CheckViolation):
        ward.change("UPDATE alerts.escalation SET state = 'closed', closed_at = now()")


def test_what_is_closed_can_be_neither_claimed_nor_closed_again(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, ADVICE, NOTE, NOW)
    with pytest.raises(NotOpenError):
        ward.act(desk.claim, case, NOW, by=n.COLLEAGUE)
    with pytest.raises(NotOpenError):
        ward.act(desk.close, case, ADVICE, NOTE, NOW)


def test_a_claim_is_given_back_by_its_holder_or_a_hub_lead_alone(ward, case):
    ward.act(desk.claim, case, NOW)
    with pytest.raises(AlreadyClaimedError, match="only they or a hub lead"):
        ward.act(desk.release, case, NOW, by=n.COLLEAGUE)
    ward.act(desk.release, case, NOW)
    assert state(ward) == ["open"]
    with pytest.raises(NotOpenError):
        ward.act(desk.release, case, NOW)
    ward.act(desk.claim, case, NOW, by=n.COLLEAGUE)
    ward.act(desk.release, case, NOW, by=n.HUB_LEAD)
    assert ward.events() == ["raised", "claimed", "released", "claimed", "released"]


def test_a_claim_of_somebody_who_works_at_the_hub_no_more_is_anybodys_again(ward, case):
    ward.act(desk.claim, case, NOW)
    assert ward.as_time_passes(claim.free, NOW + n.minutes(1)) == 0
    with pytest.raises(AlreadyClaimedError):
        ward.act(desk.claim, case, NOW, by=n.COLLEAGUE)
    ward.change("UPDATE delegation.role_assignment SET ends_at = %s WHERE person_id = %s", NOW, n.CLINICIAN)
    ward.tick(NOW + n.minutes(2))
    assert [ward.as_time_passes(claim.free, NOW + n.minutes(2)) for _ in range(2)] == [1, 0]
    assert ward.events()[-2:] == ["claimed", "released"]
    audited = "SELECT actor, resident_id FROM delegation.audit_event WHERE action = 'escalation.released'"
    assert ward.rows(audited) == [("process:scheduler", n.AMARA)]
    ward.act(desk.claim, case, NOW, by=n.COLLEAGUE)
    ward.act(desk.close, case, Disposition.GP_TODAY, "The GP rings at 15:00.", NOW, by=n.COLLEAGUE)


def test_ones_own_claim_can_be_undone(ward, case):
    ward.act(desk.claim, case, NOW)
    with pytest.raises(NotOpenError, match="nothing of yours"):
        ward.act(desk.undo, case, NOW, by=n.COLLEAGUE)
    ward.act(desk.undo, case, NOW)
    assert state(ward) == ["open"]


def test_ones_own_answer_can_be_taken_back_for_ten_minutes(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, ADVICE, NOTE, NOW)
    with pytest.raises(NotOpenError, match="nothing of yours"):
        ward.act(desk.undo, case, NOW, by=n.COLLEAGUE)
    with pytest.raises(NotOpenError, match="more than ten minutes"):
        ward.act(desk.undo, case, NOW + timedelta(minutes=10, microseconds=1))
    ward.act(desk.undo, case, NOW + timedelta(minutes=10))
    answer = "SELECT state, claimed_by, closed_by, closed_at, disposition, note FROM alerts.escalation"
    assert ward.rows(answer) == [("claimed", n.CLINICIAN, None, None, None, None)]
    assert ward.events() == ["raised", "claimed", "closed", "reopened"]


def test_an_answer_cannot_be_taken_back_once_a_newer_case_is_open(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, ADVICE, NOTE, NOW)
    ward.send(n.GRAVE, at=NOW + n.minutes(5))
    with pytest.raises(NotOpenError, match="newer escalation is open"):
        ward.act(desk.undo, case, NOW + n.minutes(6))
    assert state(ward) == ["closed", "open"]


def test_a_call_raises_a_case_by_hand(ward):
    made = ward.act(desk.raise_by_hand, n.CORA, Severity.MEDIUM, " Fell in the bathroom. ", NOW)
    [(status, severity, why, low, raised_at, deadline_at)] = ward.cases(n.CORA)
    assert (status, severity, why) == ("open", "medium", "Somebody phoned the hub about them.")
    assert low is None
    assert ward.rows("SELECT words, taken_by FROM alerts.phone_call") == [
        ("Fell in the bathroom.", n.CLINICIAN)
    ]
    assert (raised_at, deadline_at) == (NOW, NOW + n.minutes(60))
    assert made == ward.open_case(n.CORA)
    assert ward.rows("SELECT origin, raised_by FROM alerts.escalation") == [("phone", n.CLINICIAN)]
    assert ward.rows("SELECT action FROM delegation.audit_event") == [("escalation.raised_by_hand",)]


def test_a_call_about_somebody_with_an_open_case_joins_it(ward, case):
    assert ward.act(desk.raise_by_hand, n.AMARA, Severity.CONCERN, "Her son is worried.", NOW) == case
    assert [(one[1], one[3]) for one in ward.cases()] == [("high", 10)]
    assert ward.events() == ["raised", "joined"]
    assert "phone_call" in ward.rules()


def test_words_of_a_call_that_nothing_was_found_from_are_not_lost_in_silence(ward, case):
    with ward.desk() as (conn, actor), pytest.raises(LookupError, match="no finding"):
        phone_call.keep(conn, case, "Her son is worried.", actor.person_id, NOW, stays_at_hub=False)


def test_a_call_without_a_word_of_what_was_said_is_refused(ward):
    with pytest.raises(DeskError, match="Say in a sentence"):
        ward.act(desk.raise_by_hand, n.AMARA, Severity.CONCERN, "  ", NOW)
    assert ward.cases() == []


@pytest.mark.parametrize(
    "who", [n.OUTSIDE_CLINICIAN, n.WORKER, n.MANAGER, n.CARER, n.TRAINER, n.OPERATOR, n.AGENCY]
)
def test_nobody_else_answers_for_this_hub_or_learns_that_the_case_exists(ward, case, who):
    said: set[str] = set()
    for unknown_or_not in (case, UUID(int=987654321)):
        for act in (
            (desk.claim, unknown_or_not, NOW),
            (desk.release, unknown_or_not, NOW),
            (desk.close, unknown_or_not, ADVICE, NOTE, NOW),
            (desk.undo, unknown_or_not, NOW),
        ):
            with pytest.raises(NotYoursError) as refused:
                ward.act(*act, by=who)
            said.add(str(refused.value))
    assert len(said) == 1
    with pytest.raises(NotYoursError, match="no such resident"):
        ward.act(desk.raise_by_hand, n.AMARA, Severity.HIGH, "Words", NOW, by=who)
    assert ward.events() == ["raised"]
    assert ward.rows("SELECT count(*) FROM delegation.audit_event") == [(0,)]


def test_the_desk_waits_for_a_reading_that_is_being_judged_and_sees_what_came_of_it(ward, case):
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, ADVICE, NOTE, NOW)
    with ward.database.connect("hearthwatch_ingest") as ingest, ThreadPoolExecutor(1) as pool:
        ingest.execute("SELECT FROM ingest.lock_residents(%s)", ([n.AMARA],))
        undoing = pool.submit(ward.act, desk.undo, case, NOW + n.minutes(1))
        ward.change(
            """INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity,
                   why, raised_at, deadline_at, policy_version)
               SELECT gen_random_uuid(), resident_id, home_id, hub_id, 'rule', 'open', 'high', 'Newer', raised_at,
                   deadline_at, policy_version FROM alerts.escalation"""
        )
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_api' AND wait_event = %s"
        )
        wait_until(lambda: ward.rows(waiting, "transactionid") == [(1,)], "the desk to wait for the resident")
        ingest.commit()
        with pytest.raises(NotOpenError, match="newer escalation is open"):
            undoing.result(PATIENCE_SECONDS)
