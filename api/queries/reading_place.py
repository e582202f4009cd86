"""A reading's place among its resident's readings, and how an address writes it.

Guards: no two readings of a resident share a place, so going on from one leaves nothing out.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_LAST_OF_A_MOMENT = 10**18 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WRITTEN = re.compile(r"(-?\d{1,18})_(\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """Ordered by time, and at one moment by arrival."""

    effective_at: datetime
    arrival_number: int

    @property
    def written(self) -> str:
        """Return the place as it is written in an address."""
        return f"{(self.effective_at - _EPOCH) // _MICROSECOND}_{self.arrival_number}"


def after_all(moment: datetime) -> Place:
    """Return the place after every reading up to this moment."""
    return Place(moment, _LAST_OF_A_MOMENT)


def place_of(address: str) -> Place | None:
    """Return the place that was written; None for anything else."""
    found = _WRITTEN.fullmatch(address)
    if found is None:
        return None
    try:
        return Place(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2]))
    except OverflowError:
        return None
