"""A head is believed only as it was signed, and only by the other half of its key."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime

import pytest

from delegation.audit_head import (
    NotSignedError,
    UnfitKeyError,
    private_key,
    public_half,
    public_key,
    read,
    sign,
)
from delegation.audit_walk import Head

NOW = datetime(2026, 3, 5, 0, 10, tzinfo=UTC)
HEAD = Head(date(2026, 3, 4), 7, bytes(range(32)))
KEY, ANOTHER = (private_key(urlsafe_b64encode(bytes([one]) * 32).decode()) for one in (1, 2))
PUBLIC = public_key(public_half(KEY))
SIGNED = sign(HEAD, NOW, KEY)


def test_a_head_is_read_as_it_was_signed() -> None:
    assert read(SIGNED, PUBLIC) == HEAD


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(SIGNED.replace("2026-03-04", "2026-03-03"), id="another day"),
        pytest.param(SIGNED.replace("0102", "0103"), id="another root"),
        pytest.param(sign(HEAD, NOW, ANOTHER), id="another key"),
        pytest.param(json.dumps(json.loads(SIGNED) | {"signature": ""}), id="no signature"),
        pytest.param(json.dumps(json.loads(SIGNED) | {"signature": "no"}), id="half a signature"),
        pytest.param("", id="nothing"),
        pytest.param("[1]", id="something else"),
    ],
)
def test_nothing_else_is_believed(given: str) -> None:
    with pytest.raises(NotSignedError):
        read(given, PUBLIC)


@pytest.mark.parametrize("text", ["", "short", "é" * 44, urlsafe_b64encode(bytes(33)).decode()])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UnfitKeyError):
        private_key(text)
