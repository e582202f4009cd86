"""The page for whoever writes a tablet's app does what it says: its example runs as printed."""

import re
from pathlib import Path

import pytest

from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import OutboxFile
from devices.kits import KitSheet
from devices.profiles import Characteristic
from devices.reading import MAX_READINGS, ReadingPayload, decode, measured
from devices.topics import PARTITIONS

from .outboxes import KIT, START

PAGE = Path(__file__).parents[3] / "docs" / "gateway.md"
TEXT = PAGE.read_text(encoding="utf-8")
SHEET = {
    "broker": {"host": "127.0.0.1", "port": 1},
    "kits": [
        {
            "kit_id": str(KIT),
            "partition": PARTITIONS - 1,
            "username": str(KIT),
            "secret": "not-a-secret",
            "residents": [{"resident_id": "7d7c1f58-52a3-4f5e-bd35-7a2b4f1f0c02"}],
            "workers": ["2f9a4f5c-0a4e-4a5b-9c53-3f0f6b1d0c03"],
        }
    ],
}


def test_the_example_keeps_a_reading_that_the_platform_understands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    KitSheet.model_validate(SHEET).write(Path("kits.json"))
    [example] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, str(PAGE), "exec"), names)

    file = OutboxFile(Path("outbox.sqlite"))
    outbox = Outbox(file, KIT)
    [entry] = outbox.ledger()
    [item] = outbox.unsent(START * 2, 10, alone=False)
    file.close()
    assert (entry.reading_id, entry.state) == (names["reading_id"], State.ON_KIT)
    [reading] = decode(item.payload)
    assert isinstance(reading, ReadingPayload)
    assert measured(reading).values == {"systolic": 128, "diastolic": 74, "pulse": 82}


@pytest.mark.parametrize("characteristic", Characteristic)
def test_every_characteristic_that_is_decoded_is_named(characteristic):
    assert f"`{characteristic}`" in TEXT


def test_the_limits_on_the_page_are_those_of_the_code():
    assert f"at most {MAX_READINGS} and 256 kB" in TEXT
