"""All that is held on one resident, handed to somebody who answers for their records.

Guards: the purpose is asked for and audited before anything is read. The file holds what the actor may see, and names
what else there is. No copy stays here.
"""

import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from api.access import Visit, needs
from api.export import handover
from api.export.form import LONGEST_REASON, Form
from api.looking import looked
from api.queries.resident import Resident
from api.reach import resident_answered_for
from api.web.fields import Fields
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.rights import ADD, Record

router = APIRouter()

ExportVisit = Annotated[Visit, needs(ADD, Record.COPIES, full=True)]
_NOT_YOURS = "Only the home's manager or the hub's lead hands out a resident's records."
_IN_MEMORY = 1024 * 1024
_PIECE = 64 * 1024
_TYPES = {Form.JSON: "application/json", Form.FHIR: "application/fhir+json"}


@router.get("/residents/{resident_id}/records/export")
def ask(request: Request, resident_id: UUID, visit: ExportVisit) -> HTMLResponse:
    """Ask what it is for, and for the format."""
    found = resident_answered_for(visit, resident_id, _NOT_YOURS)
    return _page(request, visit, found, {"form": Form.JSON}, {})


@router.post("/residents/{resident_id}/records/export")
def hand_out(request: Request, resident_id: UUID, fields: Fields, visit: ExportVisit) -> Response:
    """Send the file."""
    found = resident_answered_for(visit, resident_id, _NOT_YOURS)
    because, form = fields.get("because", "").strip(), fields.get("form", "")
    faults = {} if because else {"because": "Say who asked for it and what it is for"}
    if len(because) > LONGEST_REASON:
        faults["because"] = f"This has {len(because)} characters; there is room for {LONGEST_REASON}"
    if form not in set(Form):
        faults["form"] = "Choose what the file is to be"
    if faults:
        return _page(request, visit, found, fields, faults)
    handover.record(visit.conn, visit.actor, resident_id, because, visit.at)
    name = f"resident-{resident_id}.{'fhir.json' if form == Form.FHIR else 'json'}"
    return StreamingResponse(
        _in_pieces(_written(visit, Form(form), resident_id)),
        media_type=_TYPES[Form(form)],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _written(visit: Visit, form: Form, resident_id: UUID) -> IO[bytes]:
    """Write the export to an unnamed file on disk, so that no connection is held while somebody downloads."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    try:
        handover.write(
            visit.conn, form, resident_id, visit.at, lambda text: file.write(text.encode()), whole=False
        )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _in_pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _page(
    request: Request, visit: Visit, found: Resident, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.records_seen", Purpose.RECORD_KEEPING)
    view = {"resident": found, "fields": fields, "faults": faults}
    return page(request, "export.jinja", view, who=visit.actor.name)
