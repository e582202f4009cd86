"""A ward of one's own for each test."""

from collections.abc import Iterator

import pytest

from tests.fixtures.databases import Database
from tests.integration.alerts.ward import Ward


@pytest.fixture
def ward(neighbourhood: Database) -> Iterator[Ward]:
    """A fresh neighbourhood in a test's hand."""
    made = Ward(neighbourhood)
    yield made
    made.close()
