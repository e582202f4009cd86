"""The QR code of a kit's credential, which a tablet scans to sign in at the broker.

Guards: it holds what is needed to sign in and nobody's id. It is as secret as the sheet, so only its owner can read the
file, and it is shown only on request.
"""

import io
import os
from pathlib import Path

import segno

from devices.kits import KitSheet


def code_of(sheet: KitSheet) -> segno.QRCode:
    """Return the QR code. Its text is a kit sheet without residents and workers, as JSON."""
    text = sheet.credential().model_dump_json(exclude_defaults=True)
    return segno.make(text, error="m", micro=False)


def in_terminal(sheet: KitSheet) -> str:
    """Return the code for a terminal; it sets its own colours, so any background will do."""
    drawn = io.StringIO()
    code_of(sheet).terminal(out=drawn, border=2)
    return drawn.getvalue()


def write_svg(sheet: KitSheet, path: Path) -> None:
    """Write the code to a new file. Raises FileExistsError where there is one."""
    drawn = io.BytesIO()
    code_of(sheet).save(drawn, kind="svg", scale=4, border=4, title="A kit's credential")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(drawn.getvalue())
