"""The door, with nobody else at it."""

from collections.abc import Iterator

import pytest

from tests.fixtures.databases import Database
from tests.fixtures.doorstep import Doorstep, at_the_door


@pytest.fixture
def doorstep(neighbourhood: Database) -> Iterator[Doorstep]:
    """A fresh database with the neighbourhood, and ingest's connection to it."""
    with at_the_door(neighbourhood) as made:
        yield made
