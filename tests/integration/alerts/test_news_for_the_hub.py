"""A hub's pages are told of each change in its queue, in order and without a gap, and of nothing else."""

from uuid import UUID

import psycopg
import pytest

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.policy import Severity
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

NUMBERED = "SELECT hub_id, revision FROM alerts.escalation_event ORDER BY hub_id, revision"


class Ear:
    """Listens as a page's process does. What was said before `heard` is asked is what was said at all."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        conn.execute("LISTEN hearthwatch_hub")

    def heard(self) -> list[str]:
        self._conn.execute("SELECT pg_notify('hearthwatch_hub', 'that is all')")
        said: list[str] = []
        for notice in self._conn.notifies():
            if notice.payload == "that is all":
                break
            said.append(notice.payload)
        return said


@pytest.fixture
def ear(ward):
    with ward.database.connect("hearthwatch_api", autocommit=True) as conn:
        yield Ear(conn)


def test_what_changes_no_queue_is_not_told(ward, ear):
    ward.send(n.NORMAL)
    ward.send({"respiration_rate": 22}, at=NOW + n.minutes(60))
    ward.tick(NOW + n.minutes(61))
    assert ear.heard() == []
    assert ward.rows("SELECT count(*) FROM alerts.hub_revision") == [(0,)]


def test_each_change_moves_the_hubs_revision_and_is_told_once(ward, ear):
    ward.send(n.GRAVE)
    case = ward.open_case()
    ward.act(desk.claim, case, NOW)
    ward.act(desk.close, case, Disposition.GP_TODAY, "The surgery will call.", NOW)
    ward.act(desk.undo, case, NOW)
    assert ear.heard() == [str(n.HUB)] * 4
    assert ward.rows(NUMBERED) == [(n.HUB, revision) for revision in (1, 2, 3, 4)]


def test_a_batch_is_told_once_to_each_hub_it_concerns(ward, ear):
    strange = n.Kit(n.STRANGE_KIT, 3)
    theirs = strange.reading(n.STRANGER_RESIDENT, n.GRAVE, taken_at=NOW)
    readings = [ward.reading(n.GRAVE, resident=one) for one in (n.AMARA, n.BRAM, n.CORA)]
    arrivals = [ward.kit.arrival(reading, NOW) for reading in readings] + [strange.arrival(theirs, NOW)]
    ward.take(arrivals, NOW)
    assert sorted(ear.heard()) == sorted(map(str, (n.HUB, n.OTHER_HUB)))
    assert ward.rows(NUMBERED) == [(n.HUB, 1), (n.HUB, 2), (n.HUB, 3), (n.OTHER_HUB, 1)]


@pytest.mark.parametrize("told_by", ["a call", "the clocks"])
def test_both_hubs_are_told_of_a_case_that_moves_and_the_old_one_no_more_than_that(ward, ear, told_by):
    ward.send(n.GRAVE)
    ward.change("UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s", n.STRANGE_HOME, n.AMARA)
    if told_by == "a call":
        words = (n.AMARA, Severity.CONCERN, "Her new home rang.", NOW + n.minutes(1))
        ward.act(desk.raise_by_hand, *words, by=n.OUTSIDE_CLINICIAN)
    else:
        ward.tick(NOW + n.minutes(1))
    assert ear.heard() == [str(n.HUB), str(n.HUB), str(n.OTHER_HUB)]
    events = ward.rows(NUMBERED)
    assert [revision for hub, revision in events if hub == n.HUB] == [1]


def test_nobody_tells_a_hub_of_a_case_that_was_never_there_or_is_there_still(ward, ear):
    ward.send(n.GRAVE)
    case = ward.open_case()
    assert ear.heard() == [str(n.HUB)]
    for hub in (n.HUB, n.OTHER_HUB):
        with ward.desk() as (conn, _):
            assert conn.execute("SELECT alerts.leave_hub(%s, %s)", (case, hub)).fetchone() == (None,)


def test_a_change_that_is_rolled_back_is_not_told_and_leaves_no_gap(ward, ear):
    def claim_and_go_away() -> None:
        with ward.desk() as (conn, actor):
            desk.claim(conn, actor, ward.open_case(), NOW)
            raise RuntimeError("the page went away")

    ward.send(n.GRAVE)
    with pytest.raises(RuntimeError, match="the page went away"):
        claim_and_go_away()
    ward.act(desk.claim, ward.open_case(), NOW)
    assert ear.heard() == [str(n.HUB)] * 2
    assert ward.events() == ["raised", "claimed"]


def test_an_event_names_the_reading_that_caused_it(ward):
    reading = ward.reading(n.GRAVE)
    ward.deliver(reading)
    [(cause,)] = ward.rows("SELECT cause_reading_id FROM alerts.escalation_event")
    assert cause == UUID(str(reading.reading_id))


def test_a_refused_act_is_not_told(ward, ear):
    ward.send(n.GRAVE)
    assert ear.heard() == [str(n.HUB)]
    with pytest.raises(desk.NotYoursError):
        ward.act(desk.claim, ward.open_case(), NOW, by=n.OUTSIDE_CLINICIAN)
    assert ear.heard() == []
