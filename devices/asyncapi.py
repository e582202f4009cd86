"""The MQTT contract as an AsyncAPI 3 document, generated from the models that read and write the wire.

Guards: docs/asyncapi.json is this module's output, and the models accept every example in it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from devices.reading import MAX_BYTES, MAX_READINGS, ReadingPayload
from devices.receipt import Config, Message, Receipts, Status
from devices.topics import PARTITIONS, ROOT, Leaf

_KIT = "01890000-0000-7000-8000-000000000001"
_READING = {
    "version": 1,
    "reading_id": "0199a5c1-7a00-7c3e-9d52-0d0a4f6c1e01",
    "outbox_epoch": "5b0f3c52-6a0b-4c6e-8a55-0b8f5d0b7a10",
    "seq": 41,
    "taken_at": "2026-11-22T09:30:00Z",
    "age_s": 12.4,
    "resident": "7d7c1f58-52a3-4f5e-bd35-7a2b4f1f0c02",
    "taken_by": "2f9a4f5c-0a4e-4a5b-9c53-3f0f6b1d0c03",
    "operator_known_by": "pin",
    "device": {"kind": "blood_pressure_monitor", "model": "example-cuff", "serial": "000123"},
    "values": {"systolic": 128, "diastolic": 74, "pulse": 82},
}
_OBSERVED = {
    "version": 1,
    "reading_id": "0199a5c1-9b00-7c3e-9d52-0d0a4f6c1e02",
    "outbox_epoch": _READING["outbox_epoch"],
    "seq": 42,
    "taken_at": "2026-11-22T10:31:00+01:00",
    "resident": _READING["resident"],
    "device": {"kind": "person"},
    "values": {"respiration_rate": 18, "consciousness": "A", "on_oxygen": False},
    "not_obtained": {"temperature": "refused"},
    "soft_signs": {"eating_and_drinking": "present"},
    "emergency_signs": {"chest_pain": "absent", "stroke_signs": "absent"},
    "worry": {"by": "family"},
    "scheduled_full_set": True,
}
_AS_IT_CAME = {
    "version": 1,
    "reading_id": "0199a5c1-8a80-7c3e-9d52-0d0a4f6c1e06",
    "outbox_epoch": _READING["outbox_epoch"],
    "seq": 44,
    "taken_at": "2026-11-22T09:30:30Z",
    "resident": _READING["resident"],
    "device": {"kind": "blood_pressure_monitor", "model": "example-cuff", "serial": "000123"},
    "gatt": {"characteristic": "2a35", "value": "0480004a005c005200"},
}
_LISTENED = {
    "version": 1,
    "reading_id": "0199a5c1-bc00-7c3e-9d52-0d0a4f6c1e03",
    "outbox_epoch": _READING["outbox_epoch"],
    "seq": 43,
    "taken_at": "2026-11-22T09:33:00Z",
    "resident": _READING["resident"],
    "device": {"kind": "stethoscope"},
    "auscultation": {
        "site": "left lower back",
        "recording_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "seconds": 15.0,
        "quality": "good",
    },
}
_EPOCH = "c0a8012e-93a4-4a51-8f0a-1f6f1d0c0e04"
_RECEIPTS = {
    "version": 1,
    "epoch": _EPOCH,
    "receipts": [
        {"reading_id": _READING["reading_id"], "outcome": "stored", "next": "measure:temperature"},
        {"reading_id": _OBSERVED["reading_id"], "outcome": "duplicate", "next": "nothing"},
        {
            "payload_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            "outcome": "quarantined",
            "reason": "not_json",
            "next": "nothing",
        },
    ],
}
_CONFIG = {
    "version": 1,
    "epoch": _EPOCH,
    "listening_since": "2026-11-22T07:00:00.251Z",
    "hub_name": "Riverside hub",
    "hub_telephone": "01632 960123",
}
_WORDS = {
    "version": 1,
    "message_id": "0199a5c2-0000-7c3e-9d52-0d0a4f6c1e05",
    "sent_at": "2026-11-22T09:40:00Z",
    "text": "Please take a full set again at noon.",
}
_STATUS = {
    "version": 1,
    "online": True,
    "battery": 87,
    "outbox_length": 0,
    "clock": "2026-11-22T09:34:00Z",
    "sent_seq": 43,
    "not_kept_whole": 0,
    "let_go": 0,
    "disk_full": False,
}

_MODELS: tuple[type[BaseModel], ...] = (ReadingPayload, Receipts, Message, Config, Status)

_TOLD: dict[Leaf, tuple[str, str, list[Any]]] = {
    Leaf.READINGS: (
        "ReadingPayload",
        f"Kit to platform, QoS 1: one reading, or an array of at most {MAX_READINGS} and {MAX_BYTES} bytes. "
        "Values are decoded, or in `gatt` a Bluetooth notification as the instrument sent it, which goes before "
        "`values` where both speak of a sign. A value that cannot be used becomes unknown; the rest of the "
        "reading stands. `age_s` is how long ago it was taken, by a clock that nobody sets: said anew at each "
        "sending, and no part of what the reading says. A broker's acknowledgement is no receipt.",
        [_READING, _AS_IT_CAME, [_OBSERVED, _LISTENED]],
    ),
    Leaf.RECEIPTS: (
        "Receipts",
        "Platform to kit, QoS 1, never retained: these readings are in the database. Only now may a kit "
        "forget them, and only while the config names the same epoch.",
        [_RECEIPTS],
    ),
    Leaf.MESSAGES: ("Message", "Platform to kit, QoS 1: words from the hub to the home.", [_WORDS]),
    Leaf.CONFIG: (
        "Config",
        "Platform to kit, QoS 1, retained. Where the epoch differs from that of a receipt, the reading is "
        "to be sent again. Where `listening_since` differs from what it was, nobody may have listened in between: "
        "what has no receipt is to be sent again within a second or two. `hub_name` and `hub_telephone` are whom to "
        "phone where a receipt's `next` says so; said anew where the kit is lent elsewhere or the number changes.",
        [_CONFIG],
    ),
    Leaf.STATUS: (
        "Status",
        "Kit to platform, QoS 1, retained, and the kit's last will with `online` false.",
        [_STATUS, {"version": 1, "online": False}],
    ),
}
_SENT_BY_KIT = (Leaf.READINGS, Leaf.STATUS)


def document() -> dict[str, Any]:
    """The whole contract, from a kit's side."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hearthwatch kits",
            "version": "1.0.0",
            "description": "What a kit and the platform say to each other over MQTT 3.1.1 or 5. A kit id and "
            "an opaque resident id are the only identities on the wire.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {str(leaf): _channel(leaf) for leaf in Leaf},
        "operations": {str(leaf): _operation(leaf) for leaf in Leaf},
        "components": {
            "schemas": dict(sorted(definitions["$defs"].items())),
            "messages": {str(leaf): _message(leaf) for leaf in Leaf},
        },
    }


def _channel(leaf: Leaf) -> dict[str, Any]:
    return {
        "address": f"{ROOT}/{{partition}}/kits/{{kit}}/{leaf}",
        "messages": {str(leaf): {"$ref": f"#/components/messages/{leaf}"}},
        "parameters": {
            "partition": {
                "description": "Fixed at enrolment, by home.",
                "enum": [str(number) for number in range(PARTITIONS)],
            },
            "kit": {"description": "The kit's id, a UUID.", "examples": [_KIT]},
        },
    }


def _operation(leaf: Leaf) -> dict[str, Any]:
    return {
        "action": "send" if leaf in _SENT_BY_KIT else "receive",
        "channel": {"$ref": f"#/channels/{leaf}"},
        "bindings": {"mqtt": {"qos": 1, "retain": leaf in (Leaf.CONFIG, Leaf.STATUS)}},
    }


def _message(leaf: Leaf) -> dict[str, Any]:
    name, summary, examples = _TOLD[leaf]
    one = {"$ref": f"#/components/schemas/{name}"}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_READINGS}
    return {
        "name": str(leaf),
        "summary": summary,
        "payload": {"oneOf": [one, many]} if leaf is Leaf.READINGS else one,
        "examples": [{"payload": example} for example in examples],
    }


def text() -> str:
    """The document as text, as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
