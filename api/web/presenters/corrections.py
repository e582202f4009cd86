"""A correction in words: who said whose a reading is, how the mistake came about, and what follows for both residents.

Guards: the other resident is never named on somebody's page. Only people who may correct a reading see who lives there.
The hub is not told to phone itself.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from api.capture import Captured
from api.queries.escalation import Escalation
from api.queries.readings import Reading
from api.web.presenters import escalations
from api.web.presenters.moments import clock, deadline
from api.web.presenters.signs import measure_now, plain
from devices.receipt import MEASURE_PREFIX
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
    """Return what was corrected about a reading; None where nothing was."""
    if one.corrected_at is None:
        return None
    by = f" by {one.corrected_by_name}" if one.corrected_by_name else ""
    why = _INSIDE.get(one.correction_reason or "", plain(one.correction_reason or "").lower())
    said = f"Corrected {clock(one.corrected_at, now)}{by}: {why}."
    if one.counts:
        return f"{said} It counts for this resident."
    return f"{said} It is not theirs, and does not count for them."


def in_queue(case: Escalation | None, captured: Captured, me: UUID, now: datetime) -> tuple[str, ...]:
    """Return what the hub's clinician now finds in their queue about the resident whose reading it is."""
    lines = ["No escalation is open for them."] if case is None else [*_open(case, me, now)]
    if captured.old and captured.found:
        lines.append("These readings raised nothing: they are too old to act on, and newer ones are known.")
    if captured.next.startswith(MEASURE_PREFIX):
        asked = measure_now([captured.next.removeprefix(MEASURE_PREFIX)])
        lines.append(f"Asked of the home: {asked[0].lower()}{asked[1:]}.")
    return tuple(lines)


def _open(case: Escalation, me: UUID, now: datetime) -> tuple[str, str]:
    severity = escalations.SEVERITIES.get(case.severity, plain(case.severity))
    by = escalations.named(case.claimed_by_name, case.claimed_by, me)
    standing = deadline(case.raised_at, case.deadline_at, now).standing
    state = f"Claimed by {by}" if case.state == "claimed" else "Not claimed"
    return f"{severity}: {case.why}", f"{state}. {standing}."
