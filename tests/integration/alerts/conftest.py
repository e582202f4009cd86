"""A ward of one's own for each test, and what was stored in it told again when the test ends."""

from collections.abc import Iterator

import pytest

from alerts.replay.as_stored import agreement
from tests.fixtures.databases import Database
from tests.integration.alerts.ward import Ward


@pytest.fixture
def ward(neighbourhood: Database, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """A fresh neighbourhood in a test's hand. A replay of it gives what is stored, whatever the test was about."""
    made = Ward(neighbourhood)
    yield made
    made.close()
    if "touched_by_hand" in request.keywords:
        return
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        told = agreement(conn)
    assert (told.stored_only, told.replayed_only) == ({}, {}), "a replay differs from what is stored"
