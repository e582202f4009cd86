"""Hand out all that is held on one resident, and audit that this was done.

Guards: who asked, and what for, is recorded before anything is read.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from api.export import bundle, document
from api.export.form import Form
from delegation import audit
from delegation.people import Actor


def record(
    conn: psycopg.Connection[Any], actor: Actor, resident_id: UUID, because: str, at: datetime
) -> None:
    """Audit that somebody is given all that is held on this resident, and what for."""
    subject = f"resident:{resident_id}"
    audit.record(conn, actor, "records.exported", subject, at=at, resident_id=resident_id, words=because)


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
