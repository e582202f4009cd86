"""Compare an installation's organisations, hubs and homes with a written list, and store the differences.

Guards: storing the same list twice changes nothing. A place missing from the list is left alone. Real homes never share
a database with synthetic ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from delegation import audit
from delegation.people import Actor


class PlacesError(ValueError):
    """The places cannot be stored; the message says why."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that provides care or runs hubs."""

    organisation_id: UUID
    name: str
    kind: str
    ods_code: str | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub: the clinicians who watch one queue."""

    hub_id: UUID
    organisation_id: UUID
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Home:
    """A home where residents live. `rounds` are hours of the day, Europe/London."""

    home_id: UUID
    organisation_id: UUID
    hub_id: UUID
    name: str
    kind: str
    phone: str
    rounds: list[int]


Place = Organisation | Hub | Home


@dataclass(frozen=True, slots=True)
class Change:
    """A difference from the list: a new place (`fields` None), or fields with their stored and their wanted value."""

    place: Place
    fields: Mapping[str, tuple[Any, Any]] | None

    @property
    def is_new(self) -> bool:
        return self.fields is None


_STANDING: Mapping[type[Place], LiteralString] = {
    Organisation: """
SELECT organisation_id, name, kind, ods_code FROM delegation.organisation WHERE organisation_id = ANY (%s)
""",
    Hub: "SELECT hub_id, organisation_id, name, phone FROM delegation.hub WHERE hub_id = ANY (%s)",
    Home: """
SELECT home_id, organisation_id, hub_id, name, kind, phone, rounds FROM delegation.home WHERE home_id = ANY (%s)
""",
}
_WRITE: Mapping[type[Place], LiteralString] = {
    Organisation: """
INSERT INTO delegation.organisation (organisation_id, name, kind, ods_code)
VALUES (%(organisation_id)s, %(name)s, %(kind)s, %(ods_code)s)
ON CONFLICT (organisation_id) DO UPDATE SET name = EXCLUDED.name, kind = EXCLUDED.kind, ods_code = EXCLUDED.ods_code
""",
    Hub: """
INSERT INTO delegation.hub (hub_id, organisation_id, name, phone)
VALUES (%(hub_id)s, %(organisation_id)s, %(name)s, %(phone)s)
ON CONFLICT (hub_id) DO UPDATE SET
    organisation_id = EXCLUDED.organisation_id, name = EXCLUDED.name, phone = EXCLUDED.phone
""",
    Home: """
INSERT INTO delegation.home (home_id, organisation_id, hub_id, name, kind, phone, rounds)
VALUES (%(home_id)s, %(organisation_id)s, %(hub_id)s, %(name)s, %(kind)s, %(phone)s, %(rounds)s)
ON CONFLICT (home_id) DO UPDATE SET organisation_id = EXCLUDED.organisation_id, hub_id = EXCLUDED.hub_id,
    name = EXCLUDED.name, kind = EXCLUDED.kind, phone = EXCLUDED.phone, rounds = EXCLUDED.rounds
""",
}
_SYNTHETIC: LiteralString = "SELECT EXISTS (SELECT FROM delegation.home WHERE synthetic)"


def kind_of(place: Place) -> str:
    """Return the kind of place as one word."""
    return type(place).__name__.lower()


def id_of(place: Place) -> UUID:
    """Return the id of the place, which is its first field."""
    return getattr(place, fields(place)[0].name)


def changes(conn: psycopg.Connection[Any], written: Iterable[Place]) -> list[Change]:
    """Return the differences, organisations first, homes last.

    Raises PlacesError where homes are synthetic.
    """
    if conn.execute(_SYNTHETIC).fetchall() == [(True,)]:
        raise PlacesError(
            "This database holds a synthetic neighbourhood, and real homes are never mixed with it: use another."
        )
    places = list(written)
    standing = {kind: _standing(conn, kind, places) for kind in _STANDING}
    return list(compared(standing, places))


def compared(
    standing: Mapping[type[Place], Mapping[UUID, Mapping[str, Any]]], written: Iterable[Place]
) -> Iterator[Change]:
    """Return the differences without a database: `standing` holds the stored rows by kind and id."""
    for place in sorted(written, key=lambda one: list(_WRITE).index(type(one))):
        before = standing[type(place)].get(id_of(place))
        if before is None:
            yield Change(place, None)
            continue
        differing = {
            name: (before[name], wanted) for name, wanted in asdict(place).items() if before[name] != wanted
        }
        if differing:
            yield Change(place, differing)


def write(
    conn: psycopg.Connection[Any], by: Actor, wanted: Iterable[Change], *, at: datetime, words: str
) -> None:
    """Store the differences in the caller's transaction, with an audit event for each."""
    for one in wanted:
        conn.execute(_WRITE[type(one.place)], asdict(one.place))
        subject = f"{kind_of(one.place)}:{id_of(one.place)}"
        audit.record(conn, by, f"place.{'added' if one.is_new else 'changed'}", subject, at=at, words=words)


def _standing(
    conn: psycopg.Connection[Any], kind: type[Place], places: Iterable[Place]
) -> dict[UUID, dict[str, Any]]:
    wanted = [id_of(one) for one in places if type(one) is kind]
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_STANDING[kind], (wanted,)).fetchall()
    return {row[fields(kind)[0].name]: row for row in rows}
