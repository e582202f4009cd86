"""Where a reading stands in its resident's line, and how that is written in an address.

Guards: no two readings of a resident have one place, so that going on from a place leaves nothing out.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_LAST_OF_A_MOMENT = 10**18 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WRITTEN = re.compile(r"(-?\d{1,18})_(\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """By when it was; of one moment, by the order of arrival."""

    effective_at: datetime
    arrival_number: int

    @property
    def written(self) -> str:
        """As it stands in an address."""
        return f"{(self.effective_at - _EPOCH) // _MICROSECOND}_{self.arrival_number}"


def after_all(moment: datetime) -> Place:
    """The place after every reading up to this moment."""
    return Place(moment, _LAST_OF_A_MOMENT)


def place_of(address: str) -> Place | None:
    """A place as it was written; None for anything else."""
    found = _WRITTEN.fullmatch(address)
    if found is None:
        return None
    try:
        return Place(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2]))
    except OverflowError:
        return None
