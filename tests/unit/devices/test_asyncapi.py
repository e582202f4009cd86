"""The committed contract is the one the code keeps, and its examples are real."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from devices import asyncapi
from devices.reading import ReadingPayload, decode, encode_one
from devices.receipt import Config, Message, Receipts, Status
from devices.topics import Leaf, parse_topic

from .readings import READINGS

DOCUMENT = asyncapi.document()
MODELS = {Leaf.RECEIPTS: Receipts, Leaf.MESSAGES: Message, Leaf.CONFIG: Config, Leaf.STATUS: Status}
EXAMPLES = [
    pytest.param(leaf, example["payload"], id=f"{leaf} {number}")
    for leaf in Leaf
    for number, example in enumerate(DOCUMENT["components"]["messages"][leaf]["examples"])
]


def validator(leaf: Leaf) -> jsonschema.Draft202012Validator:
    payload = DOCUMENT["components"]["messages"][leaf]["payload"]
    return jsonschema.Draft202012Validator({**payload, "components": DOCUMENT["components"]})


def test_the_committed_file_is_what_the_models_say():
    committed = Path(__file__).parents[3] / "docs" / "asyncapi.json"
    assert committed.read_text(encoding="utf-8") == asyncapi.text(), (
        "run: python -m devices.asyncapi docs/asyncapi.json"
    )


@pytest.mark.parametrize("leaf", Leaf)
def test_every_schema_is_a_schema_and_every_leaf_has_an_example(leaf):
    check = validator(leaf)
    check.check_schema(check.schema)
    assert DOCUMENT["components"]["messages"][leaf]["examples"]


@pytest.mark.parametrize(("leaf", "payload"), EXAMPLES)
def test_every_example_keeps_to_its_schema_and_is_read_by_its_model(leaf, payload):
    validator(leaf).validate(payload)
    text = json.dumps(payload).encode()
    if leaf is Leaf.READINGS:
        for item in decode(text):
            assert isinstance(item, ReadingPayload), item
            assert not item.not_understood
    else:
        assert MODELS[leaf].model_validate_json(text)


@given(READINGS)
def test_whatever_the_gateway_encodes_keeps_to_the_schema(reading):
    validator(Leaf.READINGS).validate(json.loads(encode_one(reading)))


def test_the_schema_refuses_a_reading_without_an_id():
    assert not validator(Leaf.READINGS).is_valid({"version": 1})


@pytest.mark.parametrize("leaf", Leaf)
def test_every_channel_is_a_topic(leaf):
    channel = DOCUMENT["channels"][leaf]
    kit = channel["parameters"]["kit"]["examples"][0]
    for partition in channel["parameters"]["partition"]["enum"]:
        address = channel["address"].replace("{partition}", partition).replace("{kit}", kit)
        assert parse_topic(address).leaf is leaf
