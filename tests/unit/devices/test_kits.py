"""The kit sheet: written once, read back, and readable by its owner alone."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError

from devices.gateway.session import Credentials
from devices.identifiers import KitId, PersonId, ResidentId
from devices.kits import Broker, HomeKind, Kit, KitSheet, WatchedResident


def sheet(secret: str = "synthetic-secret") -> KitSheet:
    kit = Kit(
        kit_id=KitId(uuid4()),
        partition=3,
        username="kit",
        secret=SecretStr(secret),
        home_kind=HomeKind.HOME_CARE_ROUND,
        residents=(WatchedResident(resident_id=ResidentId(uuid4()), spo2_scale=2),),
        workers=(PersonId(uuid4()),),
    )
    return KitSheet(broker=Broker(host="127.0.0.1", port=8883, ca_file=Path("ca.pem")), kits=(kit,))


def test_a_sheet_is_read_as_it_was_written(tmp_path):
    written = sheet()
    written.write(tmp_path / "kits.json")
    assert KitSheet.read(tmp_path / "kits.json") == written


def test_only_its_owner_may_read_a_sheet_even_where_one_was_open_to_all(tmp_path):
    path = tmp_path / "kits.json"
    path.write_text("{}")
    path.chmod(0o644)
    sheet().write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["kits.json"]


def test_a_secret_is_not_shown_where_a_sheet_is_printed():
    made = sheet("not-to-be-seen")
    assert "not-to-be-seen" not in repr(made)
    credentials = Credentials.of(made.kits[0])
    assert credentials.secret == "not-to-be-seen"
    assert "not-to-be-seen" not in repr(credentials)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"partition": 3', '"partition": 16'),
        ('"partition": 3', '"partition": true'),
        ('"port": 8883', '"port": 0'),
        ('"kits"', '"cats"'),
    ],
)
def test_a_sheet_with_a_fault_is_refused(tmp_path, right, wrong):
    path = tmp_path / "kits.json"
    sheet().write(path)
    path.write_text(path.read_text().replace(right, wrong))
    with pytest.raises(ValidationError):
        KitSheet.read(path)
