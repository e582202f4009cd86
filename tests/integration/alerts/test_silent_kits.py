"""A kit that is not heard is an escalation only where its residents have no other way to be heard."""

from datetime import timedelta
from typing import LiteralString
from uuid import UUID

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from devices import registry
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

HOURS = timedelta(hours=1)
SILENT = NOW + 12 * HOURS + timedelta(seconds=1)
MEADOWS = n.Kit(n.SECOND_KIT, 2)
"""The one kit of Meadow View, which has no capture form."""
PAUSE: LiteralString = """
INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
VALUES (%s, 'In hospital', %s, %s, %s, %s)
"""


def hear(ward, kit: UUID, at=NOW) -> None:
    with ward.database.connect("hearthwatch_ingest") as conn:
        registry.note_heard(conn, {kit: at})


def send_by(ward, kit: n.Kit, resident: UUID, at=NOW) -> None:
    ward.take([kit.arrival(kit.reading(resident, taken_at=at), at)], at)
    hear(ward, kit.kit_id, at)


def test_whoever_was_watched_by_that_kit_alone_is_put_before_the_hub(ward):
    send_by(ward, MEADOWS, n.CORA)
    assert ward.tick(NOW + 12 * HOURS) == 0
    assert [ward.tick(SILENT), ward.tick(SILENT + HOURS)] == [1, 0]
    [(state, severity, why, *_)] = ward.cases(n.CORA)
    assert (state, severity) == ("open", "silent")
    assert why == (
        "The kit that this resident is watched by has not been heard since 04 March at 09:00, "
        "and the home has no other way to send readings."
    )


def test_a_kit_that_says_it_is_there_is_heard_though_it_sends_no_reading(ward):
    send_by(ward, MEADOWS, n.CORA)
    hear(ward, n.SECOND_KIT, NOW + 11 * HOURS)
    assert ward.tick(SILENT) == 0


def test_where_readings_can_be_captured_by_hand_a_silent_kit_is_only_a_line_on_the_pages(ward):
    send_by(ward, n.Kit(), n.AMARA)
    assert ward.tick(SILENT) == 0


def test_where_another_kit_is_heard_a_silent_one_is_only_a_line_on_the_pages(ward):
    send_by(ward, MEADOWS, n.CORA)
    ward.change("UPDATE devices.kit_loan SET home_id = %s WHERE kit_id = %s", n.MEADOW, n.STRANGE_KIT)
    hear(ward, n.STRANGE_KIT, NOW + 11 * HOURS)
    assert ward.tick(SILENT) == 0


def test_whoever_was_not_heard_for_days_or_is_away_is_not_the_kits_to_miss(ward):
    send_by(ward, MEADOWS, n.CORA)
    ward.change(PAUSE, n.CORA, NOW, NOW + 40 * HOURS, n.MANAGER, NOW)
    assert ward.tick(SILENT) == 0
    hear(ward, n.SECOND_KIT, NOW + 90 * HOURS)
    assert ward.tick(NOW + 103 * HOURS) == 1
    assert ward.rules(n.CORA) == ["silence"], "for more than three days: silent in their own right"


def test_a_silence_of_the_kit_that_was_answered_is_not_said_again(ward):
    send_by(ward, MEADOWS, n.CORA)
    ward.tick(SILENT)
    case = ward.open_case(n.CORA)
    ward.act(desk.claim, case, SILENT)
    ward.act(desk.close, case, Disposition.ADVICE_GIVEN, "They charge it.", SILENT)
    assert ward.tick(SILENT + 13 * HOURS) == 0
