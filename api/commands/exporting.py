"""The command that writes all that is held on one resident to a file, as the database's owner, in somebody's name.

Guards: it is done in the name of somebody who may take this copy on a page too, or not at all; a vain try is audited.
The audit event is committed before anything is read. Only the file's owner can read it, and it is written whole or not
at all.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.commands.options import writable_beside
from api.export.form import LONGEST_REASON, ExportError, Form

if TYPE_CHECKING:
    import psycopg


def export(
    resident: Annotated[UUID, typer.Option(help="The resident's id.")],
    out: Annotated[Path, typer.Option(help="The file to write; it must not be there yet.")],
    by: Annotated[str, typer.Option(help="The user name of the home's manager, or its hub's lead.")],
    because: Annotated[str, typer.Option(help="What it is for, for the audit.")],
    form: Annotated[
        Form, typer.Option("--as", help="json has everything; fhir what FHIR R4 has a place for.")
    ] = Form.JSON,
) -> None:
    """Write all that is held on a resident to a file, as the database's owner."""
    from psycopg import IsolationLevel

    from api.commands.owner import as_owner, person
    from api.export import handover

    writable_beside(out)
    if out.exists():
        raise typer.BadParameter(f"{out} is there already.", param_hint="'--out'")
    if not because.strip() or len(because) > LONGEST_REASON:
        raise typer.BadParameter(f"Say what it is for, in {LONGEST_REASON} characters at most.")
    at = datetime.now(UTC)
    with as_owner() as conn:
        actor = person(conn, by)
        if not conn.execute("SELECT FROM delegation.resident WHERE resident_id = %s", (resident,)).rowcount:
            raise ExportError(f"There is no resident {resident}.")
        if not handover.may(conn, actor, resident):
            handover.record_refused(conn, actor, resident, because.strip(), at)
            conn.commit()
            raise ExportError(
                "Only the home's manager or the hub's lead takes a copy of a resident's records."
            )
        handover.record(conn, actor, resident, because.strip(), at)
        conn.commit()
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True  # all of one moment
        _to_file(conn, form, resident, at, out)
    print(f"All that is held on {resident} is in {out}, which only you can read.", file=sys.stderr)


def _to_file(conn: "psycopg.Connection[Any]", form: Form, resident: UUID, at: datetime, out: Path) -> None:
    from api.export import handover

    making = out.with_name(f".{out.name}.making")
    making.unlink(missing_ok=True)
    try:
        descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            handover.write(conn, form, resident, at, file.write, whole=True)
        making.replace(out)
    finally:
        making.unlink(missing_ok=True)
