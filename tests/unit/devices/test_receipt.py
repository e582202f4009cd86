"""What the platform may say to a kit, and what it may never say."""

from uuid import uuid4

import pytest
from pydantic import ValidationError

from devices.receipt import (
    CALL_999,
    CALL_HUB,
    NOTHING,
    Config,
    Outcome,
    Receipt,
    Receipts,
    Status,
    encode_message,
    measure,
)
from devices.vital_signs import VitalSign

SHA256 = "ab" * 32


@pytest.mark.parametrize("step", [NOTHING, CALL_HUB, CALL_999, *(measure(sign) for sign in VitalSign)])
def test_receipts_are_read_as_they_were_written(step):
    by_id = Receipt(reading_id=uuid4(), outcome=Outcome.STORED, next=step)
    by_digest = Receipt(payload_sha256=SHA256, outcome=Outcome.QUARANTINED, reason="not_json")
    message = Receipts(epoch=uuid4(), receipts=(by_id, by_digest))
    assert Receipts.model_validate_json(encode_message(message)) == message


@pytest.mark.parametrize("names", [{}, {"reading_id": uuid4(), "payload_sha256": SHA256}])
def test_a_receipt_names_exactly_one_thing(names):
    with pytest.raises(ValidationError, match="one of them"):
        Receipt(outcome=Outcome.STORED, **names)


@pytest.mark.parametrize("step", ["", "panic", "measure:", "measure:Blood Pressure", "call_999 now"])
def test_a_next_step_is_one_of_the_codes(step):
    with pytest.raises(ValidationError):
        Receipt(reading_id=uuid4(), outcome=Outcome.STORED, next=step)


def test_a_receipt_carries_no_resident_value_or_score():
    assert set(Receipt.model_fields) == {"reading_id", "payload_sha256", "outcome", "reason", "next"}
    assert set(Receipts.model_fields) == {"version", "epoch", "receipts"}


def test_a_config_of_a_later_version_is_refused():
    with pytest.raises(ValidationError):
        Config.model_validate_json(b'{"version":2,"epoch":"%s"}' % str(uuid4()).encode())


def test_a_last_will_claims_nothing_it_cannot_know():
    assert encode_message(Status(online=False)) == b'{"version":1,"online":false}'
