"""An emergency of somebody who cannot be named, or whose reading cannot be stored, reaches a person all the same."""

from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID

import pytest

from alerts.cases import notice
from alerts.cases.desk import ChangedError, NotYoursError
from devices.reading import ReadingPayload, SoftSign, decode, encode, encode_one
from devices.receipt import Outcome
from ingest.arrival import Arrival
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW, Ward

NOTICES: LiteralString = """
SELECT kit_id, home_id, hub_id, signs, phoned_999, readings FROM alerts.notice
WHERE acknowledged_at IS NULL ORDER BY first_at, notice_id
"""
ONE: LiteralString = "SELECT notice_id, readings FROM alerts.notice WHERE acknowledged_at IS NULL"
REVISION: LiteralString = "SELECT revision FROM alerts.hub_revision WHERE hub_id = %s"
PAIN = {"emergency_signs": {"chest_pain": SoftSign.PRESENT}}


def of(ward: Ward, resident: UUID, **said: Any) -> ReadingPayload:
    return ward.kit.reading(resident, {}, taken_at=NOW, **said)


def raw_of(ward: Ward, payload: bytes) -> list[Arrival]:
    return [Arrival(n.KIT, ward.kit.topic(), item, NOW) for item in decode(payload)]


def at_noon(reading: ReadingPayload) -> bytes:
    return encode_one(reading).replace(b'"taken_at":"2026', b'"taken_at":"noon 2026')


def wrong_time(ward: Ward) -> list[Arrival]:
    return raw_of(ward, at_noon(of(ward, n.AMARA, **PAIN)))


def too_many(ward: Ward) -> list[Arrival]:
    return raw_of(ward, encode([*(of(ward, n.AMARA) for _ in range(100)), of(ward, n.BRAM, **PAIN)]))


def nobody_here(ward: Ward) -> list[Arrival]:
    return [ward.kit.arrival(of(ward, n.NOBODY, **PAIN), NOW)]


def another_providers(ward: Ward) -> list[Arrival]:
    return [ward.kit.arrival(of(ward, n.STRANGER_RESIDENT, **PAIN), NOW)]


@pytest.mark.parametrize("made", [nobody_here, another_providers, wrong_time, too_many])
def test_the_hub_is_told_which_kit_said_it_and_nothing_of_whom(
    ward: Ward, made: Callable[[Ward], list[Arrival]]
) -> None:
    [settled] = ward.take(made(ward), NOW)
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, "call_999")
    assert ward.rows(NOTICES) == [(n.KIT, n.ORCHARD, n.HUB, ["chest_pain"], False, 1)]
    assert ward.rows("SELECT count(*) FROM alerts.escalation") == [(0,)]
    assert ward.rows(REVISION, n.HUB) == [(1,)]


def test_nobody_is_told_of_a_reading_in_quarantine_that_is_no_emergency(ward: Ward) -> None:
    ward.take([ward.kit.arrival(ward.kit.reading(n.NOBODY, n.GRAVE, taken_at=NOW), NOW)], NOW)
    assert ward.rows(NOTICES) == []
    assert ward.rows(REVISION, n.HUB) == []


@pytest.mark.parametrize("named", [False, True], ids=["of nobody", "at no time"])
def test_somebody_unresponsive_is_an_emergency_without_a_sign(ward: Ward, named: bool) -> None:
    reading = ward.kit.reading(n.AMARA if named else n.NOBODY, {"consciousness": "U"}, taken_at=NOW)
    [settled] = ward.take(raw_of(ward, at_noon(reading)) if named else [ward.kit.arrival(reading, NOW)], NOW)
    assert settled.verdict.next == "call_999"
    assert [signs for *_, signs, _, _ in ward.rows(NOTICES)] == [["unresponsive"]]


def test_a_kit_that_says_it_often_has_one_notice_that_counts(ward: Ward) -> None:
    first = of(ward, n.NOBODY, **PAIN, phoned_999=True)
    ward.deliver(first)
    assert ward.rows(NOTICES)[0][4:] == (True, 1)
    for age in (None, 10.0, 30.5):
        ward.deliver(first.model_copy(update={"age_s": age}))
    assert ward.rows(NOTICES)[0][5] == 1, "the same again is the kit trying again"
    assert ward.rows("SELECT deliveries FROM ingest.quarantine") == [(4,)]
    ward.deliver(*(of(ward, n.NOBODY, emergency_signs={"made_up": SoftSign.PRESENT}) for _ in range(3)))
    assert ward.rows(NOTICES) == [(n.KIT, n.ORCHARD, n.HUB, ["chest_pain", "something_unreadable"], False, 4)]


def test_what_is_said_once_more_from_a_home_that_has_another_hub_now_is_told_there(ward: Ward) -> None:
    ward.deliver(of(ward, n.NOBODY, **PAIN))
    ward.change("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", n.OTHER_HUB, n.ORCHARD)
    ward.deliver(of(ward, n.NOBODY, **PAIN))
    assert ward.rows(NOTICES) == [(n.KIT, n.ORCHARD, n.OTHER_HUB, ["chest_pain"], False, 2)]
    assert ward.rows(REVISION, n.OTHER_HUB) == [(1,)]


def test_a_notice_follows_its_home_to_another_hub_though_nothing_more_is_said(ward: Ward) -> None:
    ward.deliver(of(ward, n.NOBODY, **PAIN))
    ward.change("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", n.OTHER_HUB, n.ORCHARD)
    assert [ward.as_time_passes(notice.follow, NOW) for _ in range(2)] == [1, 0]
    assert ward.rows(NOTICES) == [(n.KIT, n.ORCHARD, n.OTHER_HUB, ["chest_pain"], False, 1)]
    assert [ward.rows(REVISION, hub) for hub in (n.HUB, n.OTHER_HUB)] == [[(2,)], [(1,)]]
    [(notice_id, seen)] = ward.rows(ONE)
    ward.act(notice.acknowledge, notice_id, seen, NOW, by=n.OUTSIDE_CLINICIAN)
    ward.change("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", n.HUB, n.ORCHARD)
    assert ward.as_time_passes(notice.follow, NOW) == 0, "what was seen to stays with whoever has seen to it"


def test_a_reading_that_was_changed_is_told_in_the_case_of_its_resident(ward: Ward) -> None:
    plain = of(ward, n.AMARA)
    ward.deliver(plain)
    changed = plain.model_copy(update={"emergency_signs": {"choking": SoftSign.PRESENT}})
    for _ in range(2):
        [settled] = ward.deliver(changed)
        assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, "call_999")
    [(state, severity, why, *_)] = ward.cases()
    assert (state, severity, why) == ("open", "high", "Choking. It is not known that 999 has been phoned.")
    assert ward.rules() == ["emergency_sign", "unstored"], "told once, however often it is sent"
    assert ward.rows(NOTICES) == []


def test_it_is_told_of_together_with_what_was_stored_in_the_same_batch(ward: Ward) -> None:
    plain = of(ward, n.BRAM)
    ward.deliver(plain)
    changed = plain.model_copy(update={"emergency_signs": {"choking": SoftSign.PRESENT}})
    grave = ward.kit.reading(n.AMARA, n.GRAVE, taken_at=NOW)
    settled = ward.deliver(grave, changed, of(ward, n.NOBODY, **PAIN))
    assert [one.outcome for one in settled] == [Outcome.STORED, Outcome.QUARANTINED, Outcome.QUARANTINED]
    assert [len(ward.cases(one)) for one in (n.AMARA, n.BRAM)] == [1, 1]
    assert len(ward.rows(NOTICES)) == 1


@pytest.mark.parametrize("known", [True, False], ids=["not lent", "not known"])
def test_a_kit_that_is_lent_to_nobody_is_for_operators(ward: Ward, known: bool) -> None:
    kit_id = n.KIT if known else UUID(int=999)
    ward.change("UPDATE devices.kit_loan SET returned_at = now() WHERE kit_id = %s", n.KIT)
    arrival = Arrival(kit_id, ward.kit.topic(), of(ward, n.AMARA, **PAIN), NOW)
    ward.take([arrival], NOW)
    assert ward.rows(NOTICES) == [(kit_id if known else None, None, None, ["chest_pain"], False, 1)]
    [(notice_id, seen)] = ward.rows(ONE)
    with pytest.raises(NotYoursError):
        ward.act(notice.acknowledge, notice_id, seen, NOW)
    ward.act(notice.acknowledge, notice_id, seen, NOW, by=n.OPERATOR)
    assert ward.rows(NOTICES) == []


def test_a_notice_stays_until_one_clinician_of_its_hub_acknowledges_all_of_it(ward: Ward) -> None:
    ward.take(nobody_here(ward), NOW)
    [(notice_id, seen)] = ward.rows(ONE)
    for stranger in (n.OUTSIDE_CLINICIAN, n.OPERATOR, n.WORKER, n.MANAGER):
        with pytest.raises(NotYoursError):
            ward.act(notice.acknowledge, notice_id, seen, NOW, by=stranger)
    ward.take(nobody_here(ward), NOW)
    with pytest.raises(ChangedError):
        ward.act(notice.acknowledge, notice_id, seen, NOW)
    ward.act(notice.acknowledge, notice_id, seen + 1, NOW)
    with pytest.raises(ChangedError):
        ward.act(notice.acknowledge, notice_id, seen + 1, NOW, by=n.COLLEAGUE)
    assert ward.rows(NOTICES) == []
    assert ward.rows(REVISION, n.HUB) == [(3,)], "the pages of colleagues are told too"
    told = "SELECT actor, subject FROM delegation.audit_event WHERE action = 'notice.acknowledged'"
    assert ward.rows(told) == [(f"person:{n.CLINICIAN}", f"notice:{notice_id}")]
    ward.take(nobody_here(ward), NOW)
    assert ward.rows(NOTICES)[0][5] == 1, "what comes after that is told anew"
