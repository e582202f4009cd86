"""What is copied in is what is read back: every number, word and moment."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, LiteralString

from hypothesis import strategies as st
from psycopg.rows import dict_row

from delegation.competence import Activity, Label, Labelled
from delegation.store import Placement
from devices.reading import Device, DeviceKind, NotObtained, OperatorKnownBy, ReadingPayload, Worry, WorryFrom
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import NewReading
from ingest.storage import store
from tests.fixtures.doorstep import NOW, Doorstep
from tests.integration.ingest.histories import over_histories

STORED: LiteralString = "SELECT * FROM ingest.reading WHERE reading_id = %s"
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
# Within a few days: each day more is a chunk more.
MOMENTS = st.timedeltas(timedelta(days=-3), timedelta(0)).map(lambda ago: NOW + ago)
NUMBERS = st.decimals(-9999, 9999, places=3) | st.sampled_from(
    [Decimal(37), Decimal("37.0"), Decimal("0.00")]
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        VitalSign.TEMPERATURE: NUMBERS,
        VitalSign.SYSTOLIC: NUMBERS,
        VitalSign.ON_OXYGEN: st.booleans(),
        VitalSign.CONSCIOUSNESS: st.sampled_from("ACVPU"),
    },
)
PAYLOADS = st.builds(
    ReadingPayload,
    reading_id=st.uuids(),
    outbox_epoch=st.uuids(),
    seq=st.integers(0, 2**63 - 1),
    taken_at=MOMENTS,
    resident=st.uuids(),
    taken_by=st.none() | st.uuids(),
    operator_known_by=st.none() | st.sampled_from(OperatorKnownBy),
    device=st.builds(
        Device, kind=st.none() | st.sampled_from(DeviceKind), model=st.none() | TEXTS, serial=TEXTS
    ),
    not_obtained=st.dictionaries(st.sampled_from(["spo2", "pulse"]), st.sampled_from(NotObtained)),
    worry=st.none() | st.builds(Worry, by=st.sampled_from(WorryFrom)),
    note=st.none() | TEXTS,
    quality=st.dictionaries(
        TEXTS.filter(bool),
        st.integers(-99, 99) | TEXTS | st.booleans(),
        max_size=2,
    ),
)
READINGS = st.builds(
    NewReading,
    payload=PAYLOADS,
    kit_id=st.uuids(),
    placement=st.builds(Placement, st.uuids(), st.uuids(), st.uuids(), st.uuids()),
    arrival_number=st.integers(1, 2**40),
    arrived_at=MOMENTS,
    effective_at=MOMENTS,
    competence=st.builds(
        Labelled,
        st.sampled_from(Label),
        st.dictionaries(st.sampled_from(Activity), st.sampled_from(Label), max_size=2),
    ),
    values=VALUES,
    unusable=st.dictionaries(TEXTS, TEXTS, max_size=2),
    cleared=st.just(quality.NO_SIGN),
    flags=st.lists(TEXTS, max_size=3).map(tuple),
    latest_effective_at=MOMENTS,
    instrument=st.none(),
    clock_slow_by=st.sampled_from([timedelta(0), timedelta(minutes=7)]),
)


def said_besides(one: NewReading) -> dict[str, Any] | None:
    said: dict[str, Any] = {
        name: value for name in ("note", "quality") if (value := getattr(one.payload, name))
    }
    if one.payload.worry:
        said["worry"] = one.payload.worry.by
    if one.clock_slow_by:
        said["clock_slow_by_s"] = one.clock_slow_by.total_seconds()
    return said or None


def test_what_is_copied_in_is_what_is_read_back(doorstep: Doorstep) -> None:
    @over_histories(READINGS)
    def holds(one: NewReading) -> None:
        said = one.payload
        with (
            doorstep.conn.transaction(force_rollback=True),
            doorstep.conn.cursor(row_factory=dict_row) as cursor,
        ):
            store.copy(
                doorstep.conn, [one, one._replace(payload=said.model_copy(update={"reading_id": one.kit_id}))]
            )
            row = cursor.execute(STORED, (said.reading_id,)).fetchone()
        assert row is not None
        values = {sign: row.pop(sign) for sign in VitalSign}
        assert {sign: str(value) for sign, value in values.items() if value is not None} == {
            sign: str(value) for sign, value in one.values.items()
        }
        assert row == {
            "reading_id": said.reading_id,
            "kit_id": one.kit_id,
            "resident_id": said.resident,
            "home_id": one.placement.home_id,
            "arrival_number": one.arrival_number,
            "arrived_at": one.arrived_at,
            "taken_at": said.taken_at,
            "effective_at": one.effective_at,
            "taken_by": said.taken_by,
            "operator_known_by": said.operator_known_by,
            "competence": one.competence.label,
            "competence_lacking": one.competence.lacking or None,
            "device_kind": said.device.kind or "unknown",
            "device_model": said.device.model,
            "device_serial": said.device.serial,
            "outbox_epoch": said.outbox_epoch,
            "seq": said.seq,
            "flags": list(one.flags),
            "not_obtained": said.not_obtained or None,
            "unusable": one.unusable or None,
            "observations": said_besides(one),
        }
