"""A kit whose clock is slow makes what it measures now look old; it is acted on all the same, and said."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.evaluator import Evaluator
from devices import registry
from devices.receipt import CALL_HUB, NOTHING, Status
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

BEHIND = [timedelta(minutes=6), timedelta(hours=5), timedelta(hours=12), timedelta(days=1)]


def tells_its_clock(ward, slow_by: timedelta, kit=n.KIT) -> None:
    """Twice, a minute apart, as a kit does."""
    with ward.database.connect("hearthwatch_ingest") as conn:
        for at in (NOW - n.minutes(1), NOW):
            registry.note_status(conn, kit, Status(online=True, clock=at - slow_by), at)


@pytest.mark.parametrize("slow_by", BEHIND, ids=str)
@pytest.mark.parametrize("reason", [None, "pregnant"])
def test_a_grave_reading_by_a_slow_clock_escalates_though_newer_things_are_known(ward, slow_by, reason):
    ward.change("UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s", reason, n.AMARA)
    second = n.Kit(n.SECOND_KIT, 2)
    ward.take([second.arrival(second.reading(n.AMARA, taken_at=NOW - n.minutes(1)), NOW)], NOW)
    tells_its_clock(ward, slow_by)
    settled = ward.send(n.GRAVE, at=NOW, taken_at=NOW - slow_by)
    assert settled.verdict.escalation_id == ward.open_case()
    stored = ward.rows("SELECT effective_at, flags FROM ingest.reading WHERE kit_id = %s", n.KIT)
    assert stored == [(NOW - slow_by, ["clock_behind"])], "the time it is ordered by is never changed"


@pytest.mark.parametrize("slow_by", [timedelta(0), timedelta(hours=5)], ids=str)
def test_what_a_slow_clock_took_of_somebody_else_is_as_fresh_for_them_as_it_was(ward, slow_by):
    if slow_by:
        tells_its_clock(ward, slow_by)
    wrong = ward.reading(n.GRAVE, taken_at=NOW - timedelta(hours=5))
    ward.deliver(wrong, at=NOW)
    second = n.Kit(n.SECOND_KIT, 2)
    ward.take([second.arrival(second.reading(n.BRAM, taken_at=NOW), NOW)], NOW)
    said = Correction((n.KIT, wrong.reading_id), 0, n.BRAM, Reason.WRONG_RESIDENT_CHOSEN, n.MANAGER)
    with ward.database.connect("hearthwatch_ingest") as conn:
        told = correct(conn, Evaluator(), said, NOW + n.minutes(5))
    assert told.verdict.next == (CALL_HUB if slow_by else NOTHING)
    assert bool(ward.cases(n.BRAM)) == bool(slow_by)


def test_what_was_measured_yesterday_by_a_slow_clock_is_still_yesterdays(ward):
    tells_its_clock(ward, timedelta(hours=5))
    ward.send(n.NORMAL, at=NOW, taken_at=NOW - timedelta(hours=5))
    late = ward.send(n.GRAVE, at=NOW, taken_at=NOW - timedelta(hours=29))
    assert (late.verdict.next, ward.cases()) == (NOTHING, [])


def test_a_kits_clock_says_nothing_of_anothers(ward):
    tells_its_clock(ward, timedelta(hours=5), kit=n.SECOND_KIT)
    ward.send(n.NORMAL)
    ward.send(n.GRAVE, at=NOW + n.minutes(1), taken_at=NOW - timedelta(hours=5))
    assert ward.cases() == []


def test_a_status_that_waited_at_the_broker_makes_no_clock_slow(ward):
    with ward.database.connect("hearthwatch_ingest") as conn:
        registry.note_status(conn, n.KIT, Status(online=True, clock=NOW - timedelta(hours=5)), NOW)
    ward.send(n.NORMAL, at=NOW, taken_at=NOW)
    ward.send(n.GRAVE, at=NOW, taken_at=NOW - timedelta(hours=5))
    assert ward.cases() == []
    assert ward.rows("SELECT DISTINCT flags FROM ingest.reading") == [([],)]


def test_a_few_minutes_are_no_slow_clock(ward):
    tells_its_clock(ward, timedelta(minutes=5))
    ward.send(n.NORMAL, taken_at=NOW - n.minutes(5))
    assert ward.rows("SELECT flags FROM ingest.reading") == [([],)]


def test_a_fast_clock_is_said_and_makes_nothing_look_older(ward):
    tells_its_clock(ward, timedelta(hours=-5))
    ward.send(n.NORMAL, taken_at=NOW)
    settled = ward.send(n.GRAVE, at=NOW, taken_at=NOW - timedelta(hours=3))
    assert settled.verdict.escalation_id == ward.open_case()
    assert ward.rows("SELECT DISTINCT flags FROM ingest.reading") == [(["clock_ahead"],)]


def test_advice_that_may_not_have_arrived_is_repeated_to_a_kit_with_a_slow_clock(ward):
    tells_its_clock(ward, timedelta(hours=12))
    ward.send(n.NORMAL, at=NOW, taken_at=NOW - timedelta(hours=12))
    grave = ward.reading(n.GRAVE, taken_at=NOW - timedelta(hours=12, minutes=30))
    first, again = (ward.deliver(grave, at=at) for at in (NOW, NOW + n.minutes(5)))
    assert [one.verdict.next for one in (*first, *again)] == [CALL_HUB, CALL_HUB]
    assert again[0].outcome == "duplicate"


@pytest.mark.parametrize("known", [False, True], ids=["not known yet", "known to be slow"])
def test_a_grave_reading_by_a_clock_that_was_never_set_escalates_and_its_advice_is_repeated(ward, known):
    started = datetime(1970, 1, 1, tzinfo=UTC)
    second = n.Kit(n.SECOND_KIT, 2)
    ward.take([second.arrival(second.reading(n.AMARA, taken_at=NOW - n.minutes(1)), NOW)], NOW)
    if known:
        tells_its_clock(ward, NOW - started)
    grave = ward.reading(n.GRAVE, taken_at=started + n.minutes(1))
    first, again = (ward.deliver(grave, at=at) for at in (NOW, NOW + n.minutes(5)))
    assert [one.verdict.next for one in (*first, *again)] == [CALL_HUB, CALL_HUB]
    assert first[0].verdict.escalation_id == ward.open_case()
    flags = ["clock_lost", "clock_behind"] if known else ["clock_lost"]
    stored = ward.rows("SELECT taken_at, effective_at, flags FROM ingest.reading WHERE kit_id = %s", n.KIT)
    assert stored == [(started + n.minutes(1), NOW, flags)]
    later = ward.deliver(grave, at=NOW + timedelta(days=2))
    assert later[0].verdict.next == NOTHING, "what is ordered by its arrival grows old like anything else"


SAVED = timedelta(days=3)
"""How long a kit without a clock of its own was off: it starts at the time it was switched off."""


def test_a_grave_reading_by_a_clock_saved_days_ago_is_what_is_known_now(ward):
    second = n.Kit(n.SECOND_KIT, 2)
    ward.take([second.arrival(second.reading(n.AMARA, taken_at=NOW - n.minutes(1)), NOW)], NOW)
    grave = ward.reading(n.GRAVE, taken_at=NOW - SAVED, age_s=20)
    [first] = ward.deliver(grave, at=NOW)
    assert (first.verdict.next, first.verdict.escalation_id) == (CALL_HUB, ward.open_case())
    taken = NOW - timedelta(seconds=20)
    stored = "SELECT taken_at, effective_at, flags FROM ingest.reading WHERE reading_id = %s"
    assert ward.rows(stored, grave.reading_id) == [(NOW - SAVED, taken, ["clock_lost"])]
    clock_set = grave.model_copy(update={"age_s": 320.0})
    [again] = ward.deliver(clock_set, at=NOW + n.minutes(5))
    assert (again.outcome, again.verdict.next) == ("duplicate", CALL_HUB)


def test_what_was_kept_for_hours_before_it_could_be_sent_is_as_old_as_it_is_though_the_clock_was_not_set(
    ward,
):
    ward.send(n.NORMAL, at=NOW)
    grave = ward.reading(n.GRAVE, taken_at=NOW - SAVED, age_s=5 * 3600.0)
    [late] = ward.deliver(grave, at=NOW)
    assert (late.verdict.next, ward.cases()) == (NOTHING, [])
    assert ward.rows("SELECT min(effective_at) FROM ingest.reading") == [(NOW - timedelta(hours=5),)]


def test_what_an_outbox_kept_for_days_by_a_clock_that_was_right_was_taken_when_it_says(ward):
    ward.send(n.NORMAL, at=NOW)
    late = ward.send(n.GRAVE, at=NOW, taken_at=NOW - SAVED, age_s=SAVED.total_seconds())
    assert (late.verdict.next, ward.cases()) == (NOTHING, [])
    assert ward.rows("SELECT min(effective_at) FROM ingest.reading") == [(NOW - SAVED,)]
