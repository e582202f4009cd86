"""Kits and their ledgers for an operator.

Guards: no person and no home is named; a ledger that does not add up says so, and one that cannot be judged yet
says that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.queries.kits import Kit, Quarantined
from api.web.presenters import signs
from api.web.presenters.moments import Moment, maybe_moment, moment

QUIET = timedelta(minutes=15)
SKEW = 300.0
NOT_A_KIT = "not a kit"
REASONS = {
    "not_json": "Not JSON",
    "unknown_version": "Unknown version",
    "missing_ids": "Ids missing",
    "unreadable_time": "Time cannot be read",
    "too_many": "Too many readings at once",
    "too_large": "Too large",
    "not_a_reading": "Not a reading",
    "unknown_kit": "Unknown kit",
    "unknown_resident": "Unknown resident",
    "not_this_kit": "Claims another kit's id",
    "another_providers_resident": "Resident of another provider",
    "conflict": "Same id, other content",
}


@dataclass(frozen=True, slots=True)
class KitRow:
    """One kit."""

    kit: str
    kind: str
    state: str
    worrying: bool
    heard: Moment | None
    instrument: str
    sent: str
    stored: int
    quarantined: int
    on_kit: str
    ledger: str


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """What is in quarantine for one reason."""

    reason: str
    payloads: int
    deliveries: int
    waiting: int
    newest: Moment


def kit_row(one: Kit, now: datetime) -> KitRow:
    """One kit in words."""
    state, worrying = _state(one, now)
    return KitRow(
        kit=str(one.kit_id),
        kind="Capture form" if one.kind == "web" else "Kit",
        state=state,
        worrying=worrying,
        heard=maybe_moment(one.heard_at, now),
        instrument=_instrument(one),
        sent=_count(one, one.sent_seq),
        stored=one.stored,
        quarantined=one.quarantined,
        on_kit=_count(one, one.outbox_length),
        ledger=_ledger(one),
    )


def _state(one: Kit, now: datetime) -> tuple[str, bool]:
    """How it is, and whether somebody should look at it."""
    if one.revoked_at is not None:
        return "Revoked", False
    if one.kind == "web" or not one.lent:
        return "In use" if one.lent else "Not lent", False
    return _heard(one, now)


def _heard(one: Kit, now: datetime) -> tuple[str, bool]:
    if one.heard_at is None:
        return "Never heard of", True
    if not one.online:
        return "Offline", True
    silent = now - one.heard_at > QUIET
    return "Silent" if silent else "Online", silent


def _instrument(one: Kit) -> str:
    if one.kind == "web":
        return NOT_A_KIT
    battery = "not known" if one.battery is None else f"{one.battery} %"
    return f"{battery}, clock {_clock(one.clock_skew_s)}"


def _count(one: Kit, count: int | None) -> str:
    if one.kind == "web":
        return NOT_A_KIT
    return "not known" if count is None else str(count)


def _clock(skew: float | None) -> str:
    if skew is None:
        return "not known"
    if abs(skew) <= SKEW:
        return "right"
    return f"{'ahead' if skew > 0 else 'behind'} by {round(abs(skew) / 60)} min"


def _ledger(one: Kit) -> str:
    """Counts alone cannot prove a ledger right; they can show it wrong."""
    if one.kind == "web" or one.sent_seq is None or one.outbox_length is None:
        return "Nothing to compare"
    there = one.stored + one.quarantined + one.outbox_length
    if there >= one.sent_seq:
        return "Adds up by count"
    return f"{one.sent_seq - there} not accounted for when the kit last spoke"


def quarantine_row(one: Quarantined, now: datetime) -> QuarantineRow:
    """One reason in words."""
    reason = REASONS.get(one.reason, signs.plain(one.reason))
    return QuarantineRow(reason, one.payloads, one.deliveries, one.waiting, moment(one.newest_at, now))


def summary(rows: Sequence[KitRow]) -> tuple[str, ...]:
    """What stands at the top."""
    worrying = sum(row.worrying for row in rows)
    apart = sum("not accounted" in row.ledger for row in rows)
    return (f"{len(rows)} kits and forms", f"{worrying} need looking at", f"{apart} ledgers do not add up")
