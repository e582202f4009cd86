"""Kits and their ledgers in words, for an operator.

Guards: no person is named. A kit's own report and our counts are never presented as of one moment. A ledger that does
not add up says so, and so does one that cannot be judged yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.queries.kits import MOST, Kit, Quarantined
from api.shares import nobodys, shares
from api.web.presenters import signs
from api.web.presenters.moments import Moment, maybe_moment, moment, span
from ingest.worker.sharing import Roll

QUIET = timedelta(minutes=15)
SKEW = timedelta(minutes=5)
LOW_BATTERY = 15
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
    home: str
    state: str
    amiss: bool  # how it is heard, or not heard, is a reason to look at it
    worrying: bool
    heard: Moment | None
    battery: str
    worries: tuple[str, ...]
    sent: str
    stored: int
    quarantined: int
    on_kit: str
    ledger: str
    short: bool  # readings the kit sent are nowhere


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """What is in quarantine for one reason."""

    reason: str
    payloads: str
    deliveries: int
    waiting: int
    newest: Moment


def kit_row(one: Kit, now: datetime) -> KitRow:
    """Return one kit in words."""
    state, amiss = _state(one, now)
    worries = _worries(one)
    return KitRow(
        kit=str(one.kit_id),
        kind="Capture form" if one.kind == "web" else "Kit",
        home=one.home_name or "At no home",
        state=state,
        amiss=amiss,
        worrying=amiss or bool(worries) or _missing(one) > 0,
        heard=maybe_moment(one.heard_at, now),
        battery=_battery(one),
        worries=worries,
        sent=_count(one, one.sent_seq),
        stored=one.stored,
        quarantined=one.quarantined,
        on_kit=_count(one, one.outbox_length),
        ledger=_ledger(one),
        short=_missing(one) > 0,
    )


def _state(one: Kit, now: datetime) -> tuple[str, bool]:
    """Return how it is, and whether somebody should look at it."""
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


def _battery(one: Kit) -> str:
    if one.kind == "web":
        return NOT_A_KIT
    return "not known" if one.battery is None else f"{one.battery}%"


def _worries(one: Kit) -> tuple[str, ...]:
    """Return what is wrong with a kit that may still send, besides how it is heard."""
    if one.kind == "web" or one.revoked_at is not None:
        return ()
    found = [_clock(timedelta(seconds=one.clock_skew_s or 0))]
    if one.disk_full:
        found.append("Its disk is full or broken: it keeps no new readings. Telephone the home")
    if one.battery is not None and one.battery <= LOW_BATTERY:
        found.append("The battery is low")
    if one.not_kept_whole:
        found.append(f"{_things(one.not_kept_whole)} it sent only the beginning is kept here: look at it")
    if one.let_go:
        found.append(f"{_things(one.let_go)} it sent the rest is lost: the kit had no more room for it")
    return tuple(filter(None, found))


def _things(count: int) -> str:
    return "Of 1 thing" if count == 1 else f"Of {count} things"


def _count(one: Kit, count: int | None) -> str:
    if one.kind == "web":
        return NOT_A_KIT
    return "not known" if count is None else str(count)


def _clock(skew: timedelta) -> str:
    if abs(skew) <= SKEW:
        return ""
    if skew > timedelta(0):
        return f"Its clock is {span(skew)} fast: its readings are ordered by when they arrive"
    return f"Its clock is {span(-skew)} slow: its readings may look older than they are"


def _ledger(one: Kit) -> str:
    """Compare counts, which can prove a ledger wrong but never right."""
    if one.kind == "web" or one.sent_seq is None or one.outbox_length is None:
        return "Nothing to compare"
    missing = _missing(one)
    if missing > 0:
        return f"{missing} not accounted for when the kit last spoke"
    if missing == 0:
        return "Adds up by count"
    return f"Adds up by count: {-missing} came since the kit last spoke, or wait for their receipt"


def _missing(one: Kit) -> int:
    """Return how many readings a kit sent that are neither here nor, by its last report, still on it."""
    if one.kind == "web" or one.sent_seq is None or one.outbox_length is None:
        return 0
    return one.sent_seq - one.stored - one.quarantined - one.outbox_length


def quarantine_row(one: Quarantined, now: datetime) -> QuarantineRow:
    """Return one reason in words."""
    reason = REASONS.get(one.reason, signs.plain(one.reason))
    payloads = f"{one.payloads}, of {one.cut} only the beginning" if one.cut else str(one.payloads)
    return QuarantineRow(reason, payloads, one.deliveries, one.waiting, moment(one.newest_at, now))


def workers(roll: Roll) -> tuple[str, ...]:
    """Return which ingest worker has which partitions, and which nobody has."""
    said = [
        f"Ingest worker {worker}: {f'partitions {held}' if held else 'none yet'}"
        for worker, held in shares(roll)
    ]
    return (*said, f"Nobody: partitions {free}") if (free := nobodys(roll)) else tuple(said)


def by_need(rows: Sequence[KitRow]) -> tuple[KitRow, ...]:
    """Sort those that need looking at first."""
    return tuple(sorted(rows, key=lambda row: not row.worrying))


def summary(rows: Sequence[KitRow]) -> tuple[str, ...]:
    """Return the lines at the top."""
    worrying = sum(row.worrying for row in rows)
    apart = sum(row.short for row in rows)
    kits = "1 kit or form" if len(rows) == 1 else f"{len(rows)} kits and forms"
    shown = f"The first {kits}" if len(rows) == MOST else kits
    look = f"{worrying} {'needs' if worrying == 1 else 'need'} looking at"
    return (shown, look, f"{apart} {'ledger does' if apart == 1 else 'ledgers do'} not add up")
