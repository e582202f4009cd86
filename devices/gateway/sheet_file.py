"""The kit sheet on the kit's disk, read again before each connection, so that a rotated credential is taken up.

Guards: a sheet that is gone, cannot be read or speaks of other kits changes nothing: the last credential stays in use.
"""

import logging
import ssl
from pathlib import Path

from pydantic import ValidationError

from devices.gateway.session import Credentials, tls_context
from devices.kits import KitSheet

log = logging.getLogger(__name__)


class SheetFile:
    """The credential in this file for whoever asks with the last one: `Link(..., renew=SheetFile(path))`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, last: Credentials) -> Credentials:
        """The credentials of the same kit, as the file has them now."""
        try:
            sheet = KitSheet.read(self._path)
            found = next((Credentials.of(kit) for kit in sheet.kits if kit.kit_id == last.kit), last)
            if found != last:
                tls_context(sheet.broker, found)  # a certificate that is not there yet must not end the line
        except (OSError, ssl.SSLError, ValidationError):
            log.warning("The kit sheet cannot be read: the credential it held stays in use.")
            return last
        return found
