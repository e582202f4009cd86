"""Whose a reading is, in words: who said so, how it came, and what it means for both residents.

Guards: the other resident is never named on somebody's page; only who may choose whose it is reads who lives there.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from api.queries.readings import Reading
from api.web.presenters.moments import clock
from api.web.presenters.signs import plain
from ingest.correction import Reason

NOBODY = "nobody"
NOT_KNOWN = "Not known whose it is"
REASONS: Mapping[str, str] = MappingProxyType(
    {
        Reason.WRONG_RESIDENT_CHOSEN: "The wrong name was chosen when it was sent",
        Reason.KIT_USED_FOR_ANOTHER: "The kit was used for somebody else in between",
        Reason.CORRECTED_BY_MISTAKE: "It was corrected before, by mistake",
        Reason.NOT_KNOWN_HOW: "Not known how it came about",
    }
)
_INSIDE: Mapping[str, str] = MappingProxyType(
    {
        Reason.WRONG_RESIDENT_CHOSEN: "the wrong name was chosen when it was sent",
        Reason.KIT_USED_FOR_ANOTHER: "the kit was used for somebody else in between",
        Reason.CORRECTED_BY_MISTAKE: "an earlier correction was a mistake",
        Reason.NOT_KNOWN_HOW: "it is not known how it came about",
    }
)


def corrected(one: Reading, now: datetime) -> str | None:
    """What was corrected about it, None where nothing was."""
    if one.corrected_at is None:
        return None
    by = f" by {one.corrected_by_name}" if one.corrected_by_name else ""
    why = _INSIDE.get(one.correction_reason or "", plain(one.correction_reason or "").lower())
    said = f"Corrected {clock(one.corrected_at, now)}{by}: {why}."
    if one.counts:
        return f"{said} It counts for this resident."
    return f"{said} It is not theirs, and does not count for them."
