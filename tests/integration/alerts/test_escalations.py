"""What was found about a resident is one open case in their hub's queue, however much comes and however fast."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from alerts.policy import SHIPPED, Severity
from alerts.standing import policies_in_force
from devices.reading import NotObtained, Worry, WorryFrom
from devices.receipt import CALL_999, CALL_HUB, Outcome
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

# NEWS2 5: respiration rate 3, pulse 2.
MIDDLING = n.NORMAL | {"respiration_rate": 26, "pulse": 124}
RED = n.NORMAL | {"systolic": 88}
LATER = NOW + n.minutes(40)


def test_findings_join_the_case_that_is_open(ward):
    first = ward.send(n.GRAVE)
    second = ward.send(n.GRAVE, at=LATER)
    assert first.verdict.escalation_id == second.verdict.escalation_id == ward.open_case()
    assert len(ward.cases()) == 1
    assert ward.rules() == ["score_threshold", "score_threshold"]
    assert ward.events() == ["raised", "joined"]


def test_a_tablets_resend_after_an_hour_is_no_new_event(ward):
    grave = ward.reading(n.GRAVE)
    ward.deliver(grave)
    [again] = ward.deliver(grave, at=NOW + n.minutes(60))
    assert again.outcome is Outcome.DUPLICATE
    assert ward.rows("SELECT count(*) FROM alerts.score") == [(1,)]
    assert ward.events() == ["raised"]


def test_the_case_is_due_by_its_hubs_clock(ward):
    ward.send(MIDDLING)
    [(state, severity, why, low, raised_at, deadline_at)] = ward.cases()
    assert (state, severity, low) == ("open", "medium", 5)
    assert why == "NEWS2 is 5: Breathing rate 26 breaths a minute, pulse 124 beats a minute."
    assert (raised_at, deadline_at) == (NOW, NOW + n.minutes(60))


def test_getting_worse_raises_the_case_and_brings_its_deadline_nearer(ward):
    ward.send(MIDDLING)
    ward.send(n.GRAVE, at=NOW + n.minutes(10))
    [(_, severity, why, low, raised_at, deadline_at)] = ward.cases()
    assert (severity, low) == ("high", 10)
    assert why.startswith("NEWS2 is 10: ")
    assert (raised_at, deadline_at) == (NOW, NOW + n.minutes(25))
    assert ward.events() == ["raised", "worsened"]


def test_a_lesser_finding_joins_and_what_is_shown_stays_the_gravest(ward):
    ward.send(n.GRAVE)
    ward.send(RED, at=LATER)
    [(_, severity, why, low, _, deadline_at)] = ward.cases()
    assert (severity, low) == ("high", 10)
    assert why.startswith("NEWS2 is 10: ")
    assert deadline_at == NOW + n.minutes(15)
    assert ward.events() == ["raised", "joined"]


def test_a_normal_set_afterwards_neither_closes_nor_softens_the_case(ward):
    ward.send(n.GRAVE)
    before = ward.cases()
    ward.send(n.NORMAL, at=LATER)
    assert ward.cases() == before
    assert ward.events() == ["raised"]


def test_after_a_case_is_closed_the_next_finding_opens_another(ward):
    ward.send(n.GRAVE)
    case = ward.open_case()
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, Disposition.ADVICE_GIVEN, "Fluids; repeat at noon.", NOW)
    ward.send(n.GRAVE, at=LATER)
    assert [one[0] for one in ward.cases()] == ["closed", "open"]


def test_a_claimed_case_stays_with_its_clinician_when_it_worsens(ward):
    ward.send(MIDDLING)
    ward.act(desk.claim, ward.open_case(), NOW)
    ward.send(n.GRAVE, at=LATER)
    assert [(one[0], one[1]) for one in ward.cases()] == [("claimed", "high")]
    assert ward.events() == ["raised", "claimed", "worsened"]


def test_the_evidence_names_the_readings_whose_values_carry_points(ward):
    breathing = ward.reading({"respiration_rate": 26})
    normal = ward.reading({"temperature": 36.8}, taken_at=NOW + n.minutes(5))
    rest = ward.reading({"pulse": 124, "systolic": 128}, taken_at=NOW + n.minutes(6))
    for reading in (breathing, normal, rest):
        ward.deliver(reading)
    found: LiteralString = "SELECT evidence FROM alerts.finding WHERE rule = 'score_threshold'"
    [(evidence,)] = ward.rows(found)
    assert {one["reading"] for one in evidence} == {str(breathing.reading_id), str(rest.reading_id)}


@pytest.mark.parametrize("letter", ["P", "U"])
def test_somebody_who_does_not_respond_is_high_and_the_worker_calls_999(ward, letter):
    settled = ward.send(n.NORMAL | {"consciousness": letter})
    assert settled.verdict.next == CALL_999
    assert [one[1] for one in ward.cases()] == ["high"]


def test_a_worry_alone_is_a_case_and_the_larger_of_score_and_concern_counts(ward):
    ward.send(n.NORMAL, worry=Worry(by=WorryFrom.FAMILY))
    assert [(one[1], one[2]) for one in ward.cases()] == [("concern", "The family is worried.")]
    settled = ward.send(n.GRAVE, at=LATER, worry=Worry(by=WorryFrom.STAFF))
    assert settled.verdict.next == CALL_HUB
    assert [one[1] for one in ward.cases()] == ["high"]


def test_a_pulse_nobody_could_find_is_a_finding_and_hides_the_earlier_one(ward):
    ward.send(n.NORMAL)
    settled = ward.send({}, at=NOW + n.minutes(5), not_obtained={"pulse": NotObtained.UNRECORDABLE})
    assert ward.rules() == ["unrecordable"]
    assert settled.verdict.high > settled.verdict.low
    assert settled.verdict.next == "measure:pulse"


@pytest.mark.parametrize("why", [NotObtained.REFUSED, NotObtained.ABSENT, NotObtained.EQUIPMENT])
def test_what_was_not_obtained_otherwise_is_unknown_and_no_finding(ward, why):
    settled = ward.send({"temperature": 36.8}, not_obtained={"pulse": why})
    assert ward.rules() == []
    assert not settled.verdict.complete


def test_the_database_sorts_the_gravest_first_as_everybody_does(ward):
    assert ward.rows("SELECT enum_range(NULL::alerts.severity)::text[]") == [(list(Severity),)]


def test_the_database_refuses_a_second_open_case(ward):
    ward.send(n.GRAVE)
    second: LiteralString = """
        INSERT INTO alerts.escalation SELECT (jsonb_populate_record(one, jsonb_build_object('escalation_id',
            gen_random_uuid()))).* FROM alerts.escalation one"""
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_open_escalation"):
        ward.change(second)


@pytest.mark.both_databases
def test_however_many_come_at_once_there_is_one_case_and_no_gap_in_the_hubs_events(ward):
    def send(number: int) -> None:
        kit = n.Kit(n.KIT, 1)
        with ward.database.connect("hearthwatch_ingest", autocommit=True) as conn:
            for minute in range(5):
                at = NOW + timedelta(minutes=minute, seconds=number)
                residents = (n.AMARA, n.BRAM) if number % 2 else (n.BRAM, n.AMARA)
                arrivals = [kit.arrival(kit.reading(one, n.GRAVE, taken_at=at), at) for one in residents]
                with conn.transaction():
                    door.receive(conn, arrivals, Evaluator(), at)

    def phone(_: int) -> None:
        for minute in range(5):
            ward.act(desk.raise_by_hand, n.AMARA, Severity.MEDIUM, "A call", NOW + n.minutes(minute))

    with ThreadPoolExecutor(5) as pool:
        for done in [*(pool.submit(send, number) for number in range(4)), pool.submit(phone, 4)]:
            done.result()
    assert len(ward.cases(n.AMARA)) == len(ward.cases(n.BRAM)) == 1
    assert len(ward.rules(n.AMARA)) == 4 * 5 + 5
    revisions = [
        row[0] for row in ward.rows("SELECT revision FROM alerts.escalation_event ORDER BY revision")
    ]
    assert revisions == list(range(1, 4 * 5 * 2 + 5 + 1))
    assert ward.rows("SELECT revision FROM alerts.hub_revision") == [(len(revisions),)]


MOVE: LiteralString = "UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s"
REVISION: LiteralString = "SELECT revision FROM alerts.hub_revision WHERE hub_id = %s"


@pytest.mark.parametrize(
    "repaired",
    ["DELETE FROM alerts.hub_revision", "UPDATE alerts.hub_revision SET revision = 1"],
    ids=["nothing", "an older number"],
)
@pytest.mark.parametrize("first", ["a reading", "a call", "the clocks", "a move"])
def test_a_hub_of_whose_number_a_repair_left_something_else_goes_on_after_its_events(ward, repaired, first):
    ward.send(n.GRAVE)
    ward.send({"pulse": 112}, resident=n.BRAM)
    ward.send(n.GRAVE, at=NOW + n.minutes(1))
    ward.change(repaired)
    if first == "a reading":
        assert ward.send(n.GRAVE, at=LATER).outcome is Outcome.STORED
    elif first == "a call":
        ward.act(desk.raise_by_hand, n.AMARA, Severity.CONCERN, "Her daughter rang.", LATER)
    elif first == "the clocks":
        assert ward.tick(LATER) == 1
    else:
        ward.change(MOVE, n.STRANGE_HOME, n.AMARA)
        ward.take([n.Kit(n.STRANGE_KIT).arrival(ward.reading(n.GRAVE, taken_at=LATER), LATER)], LATER)
    assert ward.rows(REVISION, n.HUB) == [(3,)]
    ward.act(desk.raise_by_hand, n.BRAM, Severity.CONCERN, "His son rang.", LATER)
    assert ward.rows(REVISION, n.HUB) == [(4,)]
    numbers = ward.rows(
        "SELECT revision FROM alerts.escalation_event WHERE hub_id = %s ORDER BY revision", n.HUB
    )
    assert numbers == ([(1,), (2,), (4,)] if first == "a move" else [(1,), (2,), (3,), (4,)])


@pytest.mark.parametrize("told_by", ["a reading", "a call", "the clocks"])
def test_a_case_goes_with_its_resident_to_the_hub_that_can_claim_it(ward, told_by):
    ward.send(n.GRAVE)
    case = ward.open_case()
    ward.act(desk.claim, case, NOW)
    ward.change(MOVE, n.STRANGE_HOME, n.AMARA)
    at = NOW + n.minutes(1)
    if told_by == "a reading":
        ward.take([n.Kit(n.STRANGE_KIT).arrival(ward.reading(n.GRAVE, taken_at=at), at)], at)
    elif told_by == "a call":
        words = (Severity.CONCERN, "Her new home rang.", at)
        assert ward.act(desk.raise_by_hand, n.AMARA, *words, by=n.OUTSIDE_CLINICIAN) == case
    else:
        ward.tick(at)
    assert ward.open_case() == case
    assert ward.events(n.OTHER_HUB) == (["moved"] if told_by == "the clocks" else ["moved", "joined"])
    assert ward.rows("SELECT hub_id, revision FROM alerts.hub_revision WHERE hub_id = %s", n.HUB) == [
        (n.HUB, 3)
    ]
    where: LiteralString = "SELECT hub_id, home_id, state, claimed_by FROM alerts.escalation"
    assert ward.rows(where) == [(n.OTHER_HUB, n.STRANGE_HOME, "open", None)]
    ward.act(desk.claim, case, at, by=n.OUTSIDE_CLINICIAN)
    ward.act(desk.close, case, Disposition.ADVICE_GIVEN, "Seen.", at, by=n.OUTSIDE_CLINICIAN)


def test_the_policy_of_the_first_migration_is_the_one_that_stands_in_for_it(ward):
    with ward.database.connect("hearthwatch_ingest") as conn:
        default = policies_in_force(conn, NOW).default
    assert default.version == "default-1", "read from the database, and not what stands in for it"
    assert default == SHIPPED.model_copy(update={"version": default.version})
