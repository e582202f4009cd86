"""Ids: version 7, in order, and refused with a sentence where they are not ids."""

import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.identifiers import (
    UnreadableIdError,
    new_reading_id,
    new_uuid7,
    parse_id,
    parse_kit_id,
    uuid7,
)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_a_version_7_id_carries_its_time_and_sorts_by_it(milliseconds, tail):
    made = uuid7(milliseconds, tail)
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == milliseconds
    if tail:
        assert uuid7(milliseconds, tail - 1) < made
    if milliseconds:
        assert uuid7(milliseconds - 1, 2**74 - 1) < made


@pytest.mark.parametrize("milliseconds", [-1, 2**48])
def test_a_time_that_does_not_fit_is_refused(milliseconds):
    with pytest.raises(UnreadableIdError, match="48 bits"):
        uuid7(milliseconds, 0)


def test_ids_of_one_process_are_distinct_and_in_order():
    made = [new_reading_id() for _ in range(5000)]
    assert made == sorted(set(made))


def test_ids_of_many_threads_are_distinct():
    made: list[list[uuid.UUID]] = [[] for _ in range(4)]
    threads = [
        threading.Thread(target=lambda own=own: own.extend(new_uuid7() for _ in range(1000))) for own in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each for own in made for each in own}) == 4000
    assert all(own == sorted(own) for own in made)


@given(st.uuids())
def test_an_id_is_read_back(identifier):
    assert parse_id(str(identifier), "reading") == identifier
    assert parse_kit_id(str(identifier).upper()) == identifier


@given(st.text())
def test_any_other_text_is_refused_with_a_sentence(text):
    with pytest.raises(UnreadableIdError, match="is not the id of a kit"):
        parse_kit_id(text)


@pytest.mark.parametrize("form", ["{%s}", "urn:uuid:%s", "%s "])
def test_an_id_has_one_form_only(form):
    with pytest.raises(UnreadableIdError):
        parse_kit_id(form % uuid.uuid4())
