"""What a demonstration proved, in numbers that must add up.

Guards: a figure that ought not to be nothing and is, a reading on nobody's books, or an escalation that names no
reading of this run makes the demonstration fail, in a sentence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from api.demo.books import Books
from api.demo.watcher import Heard

NEVER_NOTHING = ("readings_sent", "stored", "receipts", "escalations")
# What a fault that was asked for must have made, if it was there at all.
MADE_BY = {"duplicate": "duplicates", "garbage": "quarantined"}


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, and every fault found in them."""

    figures: Mapping[str, Any]
    faults: tuple[str, ...]


def report(
    books: Books,
    heard: Sequence[Heard],
    *,
    receipts: int,
    duplicates: int,
    started: float,
    faults: Collection[str] = (),
) -> Report:
    """Put the figures together and judge them. `started` is when the kits began, Unix seconds.

    `faults` are those the kits were asked to have.
    """
    latencies = _latencies(books, heard)
    figures: dict[str, Any] = {
        "readings_sent": books.sent,
        "stored": books.stored,
        "duplicates": duplicates,
        "quarantined": books.quarantined,
        "on_kits": books.on_kits,
        "receipts": receipts,
        "escalations": len({one.escalation_id for one in heard}),
        "latency_ms": _percentiles(latencies),
    }
    never_nothing = (*NEVER_NOTHING, *(MADE_BY[fault] for fault in faults if fault in MADE_BY))
    nothing = [f"{name} is {figures[name]}." for name in never_nothing if not figures[name]]
    return Report(figures, (*nothing, *_faults(figures, books, heard, started)))


def _latencies(books: Books, heard: Sequence[Heard]) -> list[float]:
    """Seconds from a reading's first publish to the escalation's event, for those that raised or worsened one."""
    told = [(one.at, one.cause_reading_id) for one in heard if one.kind in ("raised", "worsened", "joined")]
    return [
        at - books.published[cause] for at, cause in told if cause is not None and cause in books.published
    ]


def _percentiles(latencies: Sequence[float]) -> dict[str, float | None]:
    names = {"p50": 50, "p95": 95, "p99": 99}
    if not latencies:
        return dict.fromkeys(names)
    return {name: round(float(np.percentile(latencies, share)) * 1000, 1) for name, share in names.items()}


def _faults(figures: Mapping[str, Any], books: Books, heard: Sequence[Heard], started: float) -> list[str]:
    faults = [f"latency {name} is {value}." for name, value in figures["latency_ms"].items() if not value]
    if not books.balanced:
        named = ", ".join(str(one) for one in books.missing[:5])
        faults.append(f"Sent is not stored + quarantined + on kits; missing: {named or 'none named'}.")
    moments: dict[UUID, list[float]] = {one.escalation_id: [] for one in heard}
    for one in heard:
        if one.cause_reading_id is not None and one.cause_reading_id in books.published:
            moments[one.escalation_id].append(books.published[one.cause_reading_id])
    faults += [
        f"Escalation {escalation} names no reading published after the start."
        for escalation, published in moments.items()
        if not any(moment >= started for moment in published)
    ]
    return faults
