"""The kit sheet on the kit's disk, read again before each connection, so that a rotated credential is taken up,
and with it where the broker is now.

Guards: a sheet that is gone, cannot be read or speaks of other kits changes nothing: the last credential stays in use.
"""

import logging
from pathlib import Path

from pydantic import ValidationError

from devices.gateway.session import Credentials
from devices.kits import Broker, KitSheet

log = logging.getLogger(__name__)


class SheetFile:
    """What is in this file for whoever asks with what was last used: `Link(..., renew=SheetFile(path))`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, last: Credentials, broker: Broker) -> tuple[Credentials, Broker]:
        """The credentials of the same kit, and the broker, as the file has them now."""
        try:
            sheet = KitSheet.read(self._path)
        except (OSError, ValidationError):
            log.warning("The kit sheet cannot be read: the credential it held stays in use.")
            return last, broker
        found = [Credentials.of(kit) for kit in sheet.kits if kit.kit_id == last.kit]
        return (found[0], sheet.broker) if found else (last, broker)
