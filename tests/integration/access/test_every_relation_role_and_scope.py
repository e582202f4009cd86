"""Every relation with people in it, every role in each scope, every deed, against what was written by hand.

A scope is a home, a provider, a hub or a resident; over, not begun, or none. What is not in the cast is a leak.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import LiteralString
from uuid import UUID

import pytest

from delegation.rights import ADD, CHANGE, READ
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.evidence import Evidence, remember_cases
from tests.integration.access.attempts import REFUSED, UNHEARD_OF, Attempts, attempts_on, changes_of
from tests.integration.access.cast import FACTS, let
from tests.integration.access.columns import columns_of
from tests.integration.access.facts_of_refusals import BY_NAMING_THE_CHUNK, REFUSALS, Refusal
from tests.integration.access.people import BROOK, EFE, GRETA, HILLTOP
from tests.integration.access.relations import ABOUT, ABOUT_NOBODY, ADDING, CHANGING
from tests.integration.access.words import EVERYBODY, NO_HOME, UNKNOWN

pytestmark = pytest.mark.both_databases

ASKERS: tuple[UUID | None, ...] = (None, UNKNOWN, *EVERYBODY)
RESIDENTS = (n.AMARA, n.BRAM, n.CORA, n.STRANGER_RESIDENT, EFE, GRETA)
HOMES = (n.ORCHARD, n.MEADOW, n.STRANGE_HOME, HILLTOP, BROOK)
SUBJECTS: dict[str, tuple[UUID, ...]] = {
    "person_id": EVERYBODY,
    "hub_id": (n.HUB, n.OTHER_HUB),
    "resident_id": RESIDENTS,
    "alerts.notice": (*HOMES, NO_HOME),
    "delegation.invitation": (*RESIDENTS, *HOMES, n.HUB, n.OTHER_HUB),
    "delegation.invitation to work in a home": HOMES,
    "delegation.resident of a home": HOMES,
    "delegation.invitation to work at a hub": (n.HUB, n.OTHER_HUB),
}
EVERY_RELATION: LiteralString = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
  AND relkind IN ('r', 'v', 'm', 'p', 'f')
"""
# A view of several tables takes no row from anybody.
NO_SUCH_DEED = "55000"
# How many cases each test tries at least, on each database: fewer would prove less than it says.
FEWEST = {"reading": 12_000, "adding": 7_800, "changing": 10_700, "what nobody does": 26_500}
READABLE = EVERY_RELATION + " AND has_any_column_privilege('hearthwatch_api', oid, 'SELECT')"


@pytest.fixture
def attempts(everybody: Database) -> Iterator[Attempts]:
    with attempts_on(everybody) as made:
        yield made


Tried = Callable[[str, int], None]


@pytest.fixture
def tried(everybody: Database, evidence: Evidence) -> Tried:
    """Says how many cases a test tried of a kind, and that they are enough."""

    def of(kind: str, counted: int) -> None:
        remember_cases(evidence, kind, everybody.kind, counted)
        assert counted >= FEWEST[kind]

    return of


def test_each_is_shown_their_own_and_nothing_else(attempts: Attempts, tried: Tried) -> None:
    leaks: list[object] = []
    for who in ASKERS:
        for table, seen in attempts.seen_by(who).items():
            expected = let(who, READ, table) & attempts.subjects[table]
            leaks += [(who, table, seen - expected, expected - seen)] if seen != expected else []
    counted = len(ASKERS) * sum(len(there) for there in attempts.subjects.values())
    assert leaks == []
    tried("reading", counted)


def test_each_adds_what_is_theirs_to_add_and_a_refusal_says_nothing_of_whom_it_is_about(
    attempts: Attempts, tried: Tried
) -> None:
    attempts.make_room()
    leaks: list[object] = []
    counted = 0
    for who in ASKERS:
        asked = [(label, subject) for label in ADDING for subject in (*_subjects(label), UNHEARD_OF)]
        outcomes = attempts.done_by(who, [attempts.adding(who, *one) for one in asked])
        counted += len(asked)
        said: dict[str, set[str | None]] = {}
        for (label, subject), outcome in zip(asked, outcomes, strict=True):
            # What the audit says of somebody unheard of is kept as well.
            of_nobody = subject == UNHEARD_OF and label == "delegation.audit_event" and who is not None
            may = of_nobody or subject in let(who, ADD, label)
            if outcome.done != may or not (may or outcome.refused):
                leaks.append((who, label, subject, outcome))
            elif not may:
                said.setdefault(label, set()).add(outcome.said)
        leaks += [(who, label, texts) for label, texts in said.items() if len(texts) > 1]
    assert leaks == []
    tried("adding", counted)


def test_each_changes_what_is_theirs_to_change_with_a_condition_and_without(
    attempts: Attempts, tried: Tried
) -> None:
    leaks: list[object] = []
    for who in ASKERS:
        for (table, beside), (changed, without_condition) in attempts.changed_by(who).items():
            expected = let(who, CHANGE, table) & attempts.subjects[table]
            if set(changed) != expected or len(changed) != without_condition:
                leaks.append((who, table, beside, set(changed) ^ expected, without_condition))
    counted = len(ASKERS) * sum(len(attempts.subjects[table]) * len(changes_of(table)) for table in CHANGING)
    assert leaks == []
    tried("changing", counted)


def test_nobody_deletes_or_empties_and_what_is_nobodys_to_add_or_change_is_refused_whoever_asks(
    attempts: Attempts, tried: Tried
) -> None:
    tables = {name: columns for name, columns in attempts.relations.items() if name not in ABOUT_NOBODY}
    added = {label.split(" ")[0] for label in ADDING}
    deeds = {f"DELETE FROM {name}": name for name in tables}
    deeds |= {f"TRUNCATE {name}": name for name in tables if "visible_" not in name}
    deeds |= {f"INSERT INTO {name} DEFAULT VALUES": name for name in tables if name not in added}
    deeds |= {f"SELECT FROM {name}": name for name in tables if name not in ABOUT}
    for name, columns in tables.items():
        for column in columns:
            deeds |= dict.fromkeys(_not_theirs(name, column), name)
    leaks = [
        (who, deed, outcome)
        for who in ASKERS
        for deed, outcome in zip(deeds, attempts.done_by(who, deeds), strict=True)
        if not (outcome.refusal or "").startswith((REFUSED, NO_SUCH_DEED))
    ]
    counted = len(ASKERS) * len(deeds)
    assert leaks == []
    tried("what nobody does", counted)


def _not_theirs(name: str, column: str) -> Iterator[str]:
    """What nobody does to a column: what is not granted of all of its relation, nor of it."""
    if column not in columns_of(name, "u"):
        yield f"UPDATE {name} SET {column} = DEFAULT"
    some_are_added = columns_of(name, "i")
    if some_are_added and column not in some_are_added:
        yield f"INSERT INTO {name} ({column}) VALUES (DEFAULT)"
    some_are_read = columns_of(name, "s")
    if some_are_read and column not in some_are_read:
        yield f"SELECT {column} FROM {name}"


def _subjects(label: str) -> tuple[UUID, ...]:
    return SUBJECTS.get(label) or SUBJECTS.get(ABOUT.get(label, "resident_id")) or RESIDENTS


@pytest.mark.parametrize("says", [says for says, _, _ in REFUSALS])
def test_a_way_round_is_refused_or_answers_nothing(attempts: Attempts, says: str) -> None:
    _try(attempts, next(one for one in REFUSALS if one[0] == says), chunk="")


@pytest.mark.timescale
def test_no_row_is_reached_by_naming_the_chunk_it_lies_in(attempts: Attempts) -> None:
    chunks = attempts.owner.execute("SELECT show_chunks('ingest.reading')::text").fetchall()
    for refusal in BY_NAMING_THE_CHUNK:
        for (chunk,) in chunks:
            _try(attempts, refusal, chunk=chunk)


def _try(attempts: Attempts, refusal: Refusal, chunk: str) -> None:
    says, who, statement = refusal
    run = statement.format(amara=f"'{n.AMARA}'", dov=f"'{n.STRANGER_RESIDENT}'", chunk=chunk)
    [outcome] = attempts.done_by(who, [run])
    assert outcome.refused, f"{says}: {outcome}"


def test_no_relation_is_left_out(records: Database) -> None:
    with records.connect() as conn:
        assert {name for (name,) in conn.execute(READABLE)} == set(ABOUT) | ABOUT_NOBODY


def test_there_is_something_of_every_kind_to_hide(attempts: Attempts) -> None:
    empty = [table for table, there in attempts.subjects.items() if not there]
    assert [table for table in empty if "visible_" not in table] == []


def test_the_cast_is_two_hundred_facts_or_more() -> None:
    assert len({said.says for said in FACTS} | {says for says, _, _ in REFUSALS}) >= 200
    said = [
        (who, one.does, what, whose)
        for one in FACTS
        for who, what, whose in product(one.who, one.what, one.whose)
    ]
    assert len(said) > 1000
