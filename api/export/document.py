"""The export as one JSON document, with a sentence about each part.

Guards: it is written as it is read, a row at a time. Parts that the actor may not see are named, never passed over.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from api.export.concluded import CONCLUDED
from api.export.decided import DECIDED
from api.export.measured import MEASURED
from api.export.part import rows

PARTS = (*DECIDED, *MEASURED, *CONCLUDED)
VERSION = 1


def write(
    conn: psycopg.Connection[Any], resident_id: UUID, at: datetime, put: Callable[[str], Any], *, whole: bool
) -> None:
    """Pass the document to `put` in pieces. `whole`: read as the database's owner, otherwise as the actor."""
    left_out = [] if whole else [part.name for part in PARTS if part.shown is None]
    head = {"version": VERSION, "made_at": at.isoformat(), "resident": str(resident_id), "left_out": left_out}
    put(json.dumps(head)[:-1] + ', "parts": {')
    between = ""
    for part in PARTS:
        query = part.query if whole else part.shown
        if query is None:
            continue
        put(f"{between}\n{json.dumps(part.name)}: {{")
        put(f'"says": {json.dumps(part.says)}, "rows": [')
        for number, row in enumerate(rows(conn, query, resident_id)):
            put(("," if number else "") + "\n" + row)
        put("]}")
        between = ","
    put("}}\n")
