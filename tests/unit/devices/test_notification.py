"""A tablet hands over what an instrument notified, and the platform reads it as the instrument wrote it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from devices.gateway.notification import keep_notification
from devices.identifiers import PersonId, ResidentId
from devices.reading import DeviceKind, OperatorKnownBy, ReadingPayload, decode, measured

from .instruments import Written, cuff, thermometer
from .outboxes import START, open_outbox

RESIDENT, WORKER = ResidentId(UUID(int=2)), PersonId(UUID(int=3))
TAKEN_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CUFF = bytes.fromhex(cuff([Written(120), Written(70), Written(87)], pulse=Written(64)))


@pytest.fixture
def outbox(tmp_path):
    file, outbox = open_outbox(tmp_path / "outbox.sqlite")
    yield outbox
    file.close()


def waiting(outbox) -> list[ReadingPayload]:
    items = outbox.unsent(START, 10, alone=False)
    readings = [reading for item in items for reading in decode(item.payload)]
    assert all(isinstance(one, ReadingPayload) for one in readings)
    return readings


def test_a_notification_waits_in_the_outbox_as_it_came(outbox):
    reading_id = keep_notification(
        outbox,
        "00002a35-0000-1000-8000-00805f9b34fb",
        CUFF,
        resident=RESIDENT,
        taken_at=TAKEN_AT,
        taken_by=WORKER,
        operator_known_by=OperatorKnownBy.PIN,
        model="example-cuff",
        serial="000123",
    )
    [reading] = waiting(outbox)
    assert (reading.reading_id, reading.seq, reading.taken_at) == (reading_id, 1, TAKEN_AT)
    assert (reading.resident, reading.taken_by, reading.operator_known_by) == (RESIDENT, WORKER, "pin")
    assert (reading.device.kind, reading.device.serial) == (DeviceKind.BLOOD_PRESSURE_MONITOR, "000123")
    assert reading.gatt is not None
    assert bytes.fromhex(reading.gatt.value) == CUFF
    assert measured(reading).values["systolic"] == 120


def test_handing_the_same_over_again_keeps_it_once(outbox):
    said = {"resident": RESIDENT, "taken_at": TAKEN_AT}
    reading_id = keep_notification(outbox, "2a35", CUFF, **said)
    assert keep_notification(outbox, "2a35", CUFF, **said, reading_id=reading_id) == reading_id
    assert len(waiting(outbox)) == 1


def test_what_an_unknown_instrument_notifies_is_kept_too(outbox):
    keep_notification(outbox, "2a9d", b"\x01\x3c\x41", resident=RESIDENT, taken_at=TAKEN_AT)
    [reading] = waiting(outbox)
    assert (reading.device.kind, measured(reading).flags) == (None, ("gatt:unknown_characteristic",))


def test_what_no_instrument_can_notify_is_refused_before_it_is_kept(outbox):
    warm = bytes.fromhex(thermometer(Written(367, -1)))
    with pytest.raises(ValueError):
        keep_notification(outbox, "2a1c", warm * 200, resident=RESIDENT, taken_at=TAKEN_AT)
    with pytest.raises(ValueError):
        keep_notification(outbox, "2a1c", warm, resident=RESIDENT, taken_at=TAKEN_AT.replace(tzinfo=None))
    assert waiting(outbox) == []
