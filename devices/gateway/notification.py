"""Keeps what a Bluetooth instrument notified, undecoded: the platform decodes it.

Guards: nothing is decoded, dropped or judged here, so a better decoder can later read the same octets again.
"""

from datetime import datetime

from devices.gateway.outbox import Outbox
from devices.identifiers import PersonId, ReadingId, ResidentId, new_reading_id
from devices.profiles import Characteristic, shortened
from devices.reading import Device, DeviceKind, Gatt, OperatorKnownBy, ReadingPayload

_KINDS: dict[str, DeviceKind] = {
    Characteristic.TEMPERATURE: DeviceKind.THERMOMETER,
    Characteristic.BLOOD_PRESSURE: DeviceKind.BLOOD_PRESSURE_MONITOR,
    Characteristic.INTERMEDIATE_CUFF_PRESSURE: DeviceKind.BLOOD_PRESSURE_MONITOR,
    Characteristic.PULSE_OXIMETRY_SPOT_CHECK: DeviceKind.PULSE_OXIMETER,
    Characteristic.PULSE_OXIMETRY_CONTINUOUS: DeviceKind.PULSE_OXIMETER,
}


def keep_notification(
    outbox: Outbox,
    characteristic: str,
    value: bytes,
    *,
    resident: ResidentId,
    taken_at: datetime,
    taken_by: PersonId | None = None,
    operator_known_by: OperatorKnownBy | None = None,
    model: str | None = None,
    serial: str | None = None,
    reading_id: ReadingId | None = None,
    taken: float | None = None,
) -> ReadingId:
    """Keep one notification as a reading: durable when this returns, and sent by the outbox's gateway.

    `characteristic`: its UUID as the Bluetooth library gives it, short or long. `value`: the notification's octets,
    unchanged. `taken_at`: when it arrived, by the tablet's clock, with its zone; the instrument's own clock is in the
    octets and is never believed instead. `reading_id`: pass the same id again if the first call may have failed; the
    reading is then kept only once. `taken`: what `outbox.running` showed when it arrived, as for `put`.

    Raises ValueError if `taken_at` has no zone, or for more octets than a characteristic can hold (512).
    """
    reading_id = reading_id or new_reading_id()
    outbox.put(
        ReadingPayload(
            reading_id=reading_id,
            outbox_epoch=outbox.epoch,
            seq=0,  # the outbox sets it
            taken_at=taken_at,
            resident=resident,
            taken_by=taken_by,
            operator_known_by=operator_known_by,
            device=Device(kind=_KINDS.get(shortened(characteristic)), model=model, serial=serial),
            gatt=Gatt(characteristic=characteristic, value=value.hex()),
        ),
        taken=taken,
    )
    return reading_id
