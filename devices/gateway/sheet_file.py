"""The kit sheet on the kit's disk, read again before each connection to pick up a new credential or broker address.

Guards: a sheet that is missing, unreadable or about other kits changes nothing: the last credential stays in use.
"""

import logging
from pathlib import Path

from pydantic import ValidationError

from devices.gateway.session import Credentials
from devices.kits import Broker, KitSheet

log = logging.getLogger(__name__)


class SheetFile:
    """Reads the newest credentials from a file: `Link(..., renew=SheetFile(path))`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, last: Credentials, broker: Broker) -> tuple[Credentials, Broker]:
        """The same kit's credentials and the broker, as they are in the file now."""
        try:
            sheet = KitSheet.read(self._path)
        except (OSError, ValidationError):
            log.warning("The kit sheet cannot be read: the credential it held stays in use.")
            return last, broker
        found = [Credentials.of(kit) for kit in sheet.kits if kit.kit_id == last.kit]
        return (found[0], sheet.broker) if found else (last, broker)
