"""The neighbourhood with something in every table, about everybody in it.

Invariant: `records` is shared by the tests of a server, so no test commits a change to it; one that does asks for
`own_records`.
"""

import pytest

from tests.fixtures.databases import Database, DatabaseServer
from tests.fixtures.neighbourhood import settle
from tests.integration.access.records import fill


@pytest.fixture(scope="session")
def filled() -> dict[str, Database]:
    """The shared databases, by kind of server; they go with their servers."""
    return {}


@pytest.fixture
def records(database_server: DatabaseServer, filled: dict[str, Database]) -> Database:
    """A database in which there is something to see of every resident. To look at, and leave as it is."""
    if database_server.kind not in filled:
        made = database_server.fresh_database()
        with made.connect() as conn:
            settle(conn)
        fill(made)
        filled[database_server.kind] = made
    return filled[database_server.kind]


@pytest.fixture
def everybody(database_server: DatabaseServer, filled: dict[str, Database]) -> Database:
    """The same with more people and homes in it: each role in each scope. To look at, and leave as it is."""
    kind = f"{database_server.kind} with everybody"
    if kind not in filled:
        made = database_server.fresh_database()
        with made.connect() as conn:
            settle(conn)
        fill(made, with_more_people=True)
        filled[kind] = made
    return filled[kind]


@pytest.fixture
def own_records(neighbourhood: Database) -> Database:
    """The same for this test alone."""
    fill(neighbourhood)
    return neighbourhood
