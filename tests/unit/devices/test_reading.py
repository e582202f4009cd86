"""A reading on the wire: what is sent is what is read, and the digest is of what was said."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import (
    MAX_BYTES,
    OLDEST_S,
    ReadingPayload,
    content_digest,
    decode,
    encode,
    encode_one,
    with_age,
)

from .readings import READINGS, same, wire


def read(document: object) -> ReadingPayload:
    (reading,) = decode(json.dumps(document).encode())
    assert isinstance(reading, ReadingPayload), reading
    return reading


@given(READINGS)
def test_what_is_encoded_is_decoded(reading):
    (back,) = decode(encode_one(reading))
    assert same(back.model_dump(), reading.model_dump())


@given(st.lists(READINGS, min_size=1, max_size=5))
def test_an_array_says_the_same_as_its_readings_alone(readings):
    together = decode(encode(readings))
    assert [content_digest(each) for each in together] == [content_digest(each) for each in readings]


@given(READINGS)
def test_the_digest_does_not_depend_on_how_the_reading_was_written_down(reading):
    digest = content_digest(reading)
    document = json.loads(encode_one(reading))
    shuffled = dict(reversed(document.items()))
    spread = json.dumps(shuffled, indent=3, ensure_ascii=False).encode()
    assert content_digest(decode(spread)[0]) == digest
    full = reading.model_dump_json().encode()  # every default written out
    assert content_digest(decode(full)[0]) == digest
    elsewhere = reading.taken_at.astimezone(timezone(timedelta(hours=9)))
    assert content_digest(reading.model_copy(update={"taken_at": elsewhere})) == digest


@given(READINGS, st.uuids(), st.integers(0, 1000))
def test_the_digest_does_not_depend_on_the_outbox_that_numbered_it(reading, epoch, seq):
    renumbered = reading.model_copy(update={"outbox_epoch": epoch, "seq": seq})
    assert content_digest(renumbered) == content_digest(reading)


@given(READINGS, st.floats(0, OLDEST_S))
def test_how_old_a_reading_is_when_it_is_sent_is_no_part_of_what_it_says(reading, age):
    (sent,) = decode(with_age(encode_one(reading), age))
    assert same(sent.model_dump(exclude={"age_s"}), reading.model_dump(exclude={"age_s"}))
    assert sent.age_s == pytest.approx(age, abs=0.06)
    assert content_digest(sent) == content_digest(reading)


@pytest.mark.parametrize("age", [-1, OLDEST_S + 1, "12", True, None, [], float("nan"), float("inf"), 10**400])
def test_an_age_that_cannot_be_one_is_none_and_changes_nothing_of_the_reading(age):
    assert read(wire(age_s=age)) == read(wire())


def test_a_whole_number_written_with_a_point_is_the_same_number():
    assert content_digest(read(wire(values={"pulse": 64.0}))) == content_digest(
        read(wire(values={"pulse": 64}))
    )


@given(READINGS)
def test_any_other_content_has_another_digest(reading):
    changes = {
        "reading_id": uuid4(),
        "taken_at": reading.taken_at + timedelta(microseconds=1),
        "resident": uuid4(),
        "taken_by": uuid4(),
        "values": {**reading.values, "pulse": "another"},
        "not_obtained": {**reading.not_obtained, "more": "refused"},
        "note": (reading.note or "") + "more",
        "scheduled_full_set": not reading.scheduled_full_set,
        "not_understood": {"more": 1},
    }
    digests = {content_digest(reading)}
    digests |= {content_digest(reading.model_copy(update={name: value})) for name, value in changes.items()}
    assert len(digests) == len(changes) + 1


def test_true_is_not_1_and_text_is_not_a_number():
    digests = {
        content_digest(read(wire(values={"on_oxygen": value}))) for value in (True, 1, "1", "true", None)
    }
    assert len(digests) == 5


def test_the_digest_of_a_known_reading_never_changes():
    """Computed once. Another answer would turn every resend from an old outbox into a conflict."""
    reading = ReadingPayload(
        reading_id=UUID(int=1),
        outbox_epoch=UUID(int=2),
        seq=3,
        taken_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        resident=UUID(int=4),
        values={"temperature": 38.04, "pulse": 64.0, "spo2": float("nan")},
    )
    assert content_digest(reading).hex() == "d18575bd424899cb5d0d1d67ff003553aa739916cb7b816f6ac80cac9078ec78"


@given(st.decimals(-999, 999, places=4))
def test_a_number_keeps_the_decimal_that_was_sent(sent):
    (reading,) = decode(
        json.dumps(wire(values={})).replace('"values": {}', f'"values": {{"x": {sent}}}').encode()
    )
    assert Decimal(repr(reading.values["x"])) == sent


def test_codes_that_are_not_known_are_kept():
    reading = read(wire(values={"pulse": 64, "mood": "good", "glucose": 5.4}))
    assert reading.values["glucose"] == 5.4
    assert reading.values["mood"] == "good"


def test_fields_of_a_later_version_are_left_alone():
    assert read(wire(colour="blue")) == read(wire())


@given(READINGS)
def test_a_reading_takes_far_less_than_its_share_of_a_full_array(reading):
    assert len(encode_one(reading)) < MAX_BYTES / 100
