"""A reading of the wrong resident is corrected by a row that the view applies (invariant 10)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from devices.reading import ReadingPayload
from ingest.correction import correct
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep


def corrected(
    doorstep: Doorstep,
    kit: n.Kit,
    reading: ReadingPayload,
    taken_from: UUID | None,
    reason: str,
    at: datetime = NOW,
) -> None:
    with doorstep.conn.transaction():
        correct(
            doorstep.conn,
            kit.kit_id,
            reading.reading_id,
            taken_from=taken_from,
            reason=reason,
            corrected_by=n.CLINICIAN,
            at=at,
        )


def seen_by(doorstep: Doorstep, person: UUID) -> set[tuple[Any, ...]]:
    with doorstep.database.connect("hearthwatch_api") as conn, conn.transaction():
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(person),))
        rows = conn.execute(
            "SELECT reading_id, resident_id, corrected_resident_id, correction_reason FROM ingest.visible_reading"
        ).fetchall()
    return set(rows)


def test_a_correction_changes_what_is_seen_and_no_row(doorstep):
    kit = n.Kit()
    wrong, right = kit.reading(values=n.GRAVE, taken_at=NOW), kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(wrong, NOW), kit.arrival(right, NOW))
    before = doorstep.rows("SELECT * FROM ingest.reading ORDER BY reading_id")
    scored = doorstep.rows("SELECT * FROM alerts.score ORDER BY cause_arrival")
    corrected(doorstep, kit, wrong, n.BRAM, "Taken from Bram")
    assert seen_by(doorstep, n.CLINICIAN) == {
        (wrong.reading_id, n.AMARA, n.BRAM, "Taken from Bram"),
        (right.reading_id, n.AMARA, None, None),
    }
    corrected(doorstep, kit, wrong, None, "From nobody we can name", NOW + n.minutes(1))
    assert (wrong.reading_id, n.AMARA, None, "From nobody we can name") in seen_by(doorstep, n.CLINICIAN)
    assert doorstep.rows("SELECT * FROM ingest.reading ORDER BY reading_id") == before
    assert doorstep.rows("SELECT * FROM alerts.score ORDER BY cause_arrival") == scored


@pytest.mark.parametrize("come_late", [False, True])
def test_a_corrected_reading_is_no_part_of_the_scores_that_follow(doorstep, come_late):
    """What it hid shows again, and it makes no difference whether the next reading comes late."""
    kit = n.Kit()
    true, wrong = (
        kit.reading(values={"temperature": value}, taken_at=NOW - n.minutes(ago))
        for value, ago in ((38.4, 20), (39.4, 10))
    )
    doorstep.deliver(kit.arrival(true, NOW), kit.arrival(wrong, NOW))
    if come_late:
        newest = kit.reading(values={"diastolic": 80}, taken_at=NOW + n.minutes(1))
        doorstep.deliver(kit.arrival(newest, NOW))
    corrected(doorstep, kit, wrong, n.BRAM, "Taken from Bram")
    [settled] = doorstep.deliver(kit.arrival(kit.reading(values={"pulse": 72}, taken_at=NOW), NOW))
    assert settled.verdict.low == 1
    [(signs,)] = doorstep.rows("SELECT signs FROM ingest.current_vitals WHERE resident_id = %s", n.AMARA)
    assert signs["temperature"]["value"] == "38.4"
    assert signs["temperature"]["reading"] == str(true.reading_id)


def test_a_sign_that_only_the_corrected_reading_gave_is_unknown_again(doorstep):
    kit = n.Kit()
    wrong = kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(wrong, NOW))
    corrected(doorstep, kit, wrong, n.BRAM, "Taken from Bram")
    assert doorstep.rows("SELECT signs, arrivals FROM ingest.current_vitals") == [({}, 1)]


def test_what_was_never_stored_cannot_be_corrected(doorstep):
    kit = n.Kit()
    with pytest.raises(LookupError, match="No such reading"):
        corrected(doorstep, kit, kit.reading(taken_at=NOW), n.BRAM, "Taken from Bram")
