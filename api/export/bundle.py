"""The export as a FHIR R4 Bundle, a collection of resources that refer to each other.

Guards: it is written as it is read, a resource at a time. It holds what FHIR has a place for; the JSON document holds
the rest.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from api.export import fhir
from api.export.document import PARTS
from api.export.fhir import Resource
from api.export.part import rows

_CASES: LiteralString = """
SELECT (to_jsonb(held) || jsonb_build_object('sentences', coalesce(
    (SELECT jsonb_agg(sentence ORDER BY found_at, finding_id) FROM alerts.finding
     WHERE finding.escalation_id = held.escalation_id), '[]')))::text
FROM alerts.escalation held WHERE resident_id = %(resident)s ORDER BY raised_at, escalation_id
"""
_BY_NAME = {part.name: part for part in PARTS}


def write(
    conn: psycopg.Connection[Any], resident_id: UUID, at: datetime, put: Callable[[str], Any], *, whole: bool
) -> None:
    """Pass the bundle to `put` in pieces. `whole`: read as the database's owner, otherwise as the actor."""
    head = {
        "resourceType": "Bundle",
        "id": fhir.id_of("bundle", resident_id, at.isoformat()),
        "type": "collection",
        "timestamp": at.isoformat(),
    }
    put(json.dumps(head)[:-1] + ', "entry": [')
    for number, one in enumerate(resources(conn, resident_id, whole=whole)):
        entry = {"fullUrl": f"urn:uuid:{one['id']}", "resource": one}
        put(("," if number else "") + "\n" + json.dumps(entry, ensure_ascii=False))
    put("]}\n")


def resources(conn: psycopg.Connection[Any], resident_id: UUID, *, whole: bool) -> Iterator[Resource]:
    """Yield each resource; the resident and each device come before what refers to them."""

    def asked(name: str) -> Iterator[dict[str, Any]]:
        part = _BY_NAME[name]
        query = part.query if whole else part.shown
        return map(json.loads, rows(conn, query, resident_id)) if query else iter(())

    subject = fhir.id_of("resident", resident_id)
    yield from map(fhir.subject, asked("identity"))
    for row in asked("ceilings of treatment"):
        text, ends = f"Ceiling of treatment: {row['statement']}", row["revoked_at"]
        yield fhir.flag("ceiling", text, row, subject, begins=row["starts_at"], ends=ends)
    for row in asked("oxygen scale 2"):
        text, ends = f"Oxygen scale 2: {row['reason']}", row["revoked_at"] or row["ends_at"]
        yield fhir.flag("authorisation", text, row, subject, begins=row["starts_at"], ends=ends)
    for row in asked("pauses"):
        text = f"Not watched: {row['reason']}"
        yield fhir.flag("pause", text, row, subject, begins=row["starts_at"], ends=row["ends_at"])
    yield from _measured(asked("readings"), subject)
    for row in asked("scores"):
        yield fhir.score(row, subject)
    for case in rows(conn, _CASES, resident_id):
        yield fhir.impression(json.loads(case), subject)


def _measured(readings: Iterator[dict[str, Any]], subject: str) -> Iterator[Resource]:
    known: set[str] = set()
    for row in readings:
        used = fhir.device(row)
        if used is not None and used["id"] not in known:
            known.add(used["id"])
            yield used
        yield from fhir.observations(row, subject)
