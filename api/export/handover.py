"""Hand out all that is held on one resident, and audit that this was done.

Guards: who asked, and what for, is recorded before anything is read, and of a command also who was refused.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from api.export import bundle, document
from api.export.form import Form
from api.queries import records
from delegation import audit
from delegation.people import Actor
from delegation.rights import ADD, Record


def may(conn: psycopg.Connection[Any], actor: Actor, resident_id: UUID) -> bool:
    """Return whether the actor, as whom the transaction goes on, may take a copy of what is held on this resident."""
    return actor.may(ADD, Record.COPIES) and records.answers_for(conn, resident_id)


def record(
    conn: psycopg.Connection[Any], actor: Actor, resident_id: UUID, because: str, at: datetime
) -> None:
    """Audit that somebody is given all that is held on this resident, and what for."""
    subject = f"resident:{resident_id}"
    audit.record(conn, actor, "records.exported", subject, at=at, resident_id=resident_id, words=because)


def record_refused(
    conn: psycopg.Connection[Any], actor: Actor, resident_id: UUID, because: str, at: datetime
) -> None:
    """Audit that somebody was to be given all that is held on this resident, and may not have it."""
    subject = f"resident:{resident_id}"
    audit.record(
        conn, actor, "records.export_refused", subject, at=at, resident_id=resident_id, words=because
    )


def write(
    conn: psycopg.Connection[Any],
    form: Form,
    resident_id: UUID,
    at: datetime,
    put: Callable[[str], Any],
    *,
    whole: bool,
) -> None:
    """Pass the export to `put` in pieces. `whole`: read as the database's owner, otherwise as the actor."""
    written = bundle.write if form is Form.FHIR else document.write
    written(conn, resident_id, at, put, whole=whole)
