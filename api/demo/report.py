"""The result of a demonstration, in numbers that must add up.

Guards: the demonstration fails, with a sentence, where a figure is wrongly zero, a reading is in no ledger, or an
escalation names no reading of this run.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from api.demo.books import Books
from api.demo.watcher import Heard

NEVER_NOTHING = {
    "readings_sent": "No reading was sent.",
    "stored": "No reading was stored.",
    "receipts": "No receipt reached a kit.",
    "escalations": "No escalation was heard of.",
}
# What a requested fault must have produced, if it happened at all.
MADE_BY = {
    "duplicate": ("duplicates", "No reading came twice, though some were sent twice on purpose."),
    "garbage": ("quarantined", "Nothing is in quarantine, though some was spoilt on purpose."),
}
ENOUGH_SECONDS = 30
"""In a run this long somebody falls ill, is escalated, and is heard of."""


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, and a sentence for every problem found in them (also part of `figures`)."""

    figures: Mapping[str, Any]
    problems: tuple[str, ...]


def report(
    books: Books,
    heard: Sequence[Heard],
    *,
    receipts: int,
    duplicates: int,
    started: float,
    spoilt: int | None = None,
    faults: Collection[str] = (),
    seconds: float | None = None,
    also: Sequence[str] = (),
) -> Report:
    """Put the figures together and judge them.

    `started` is when the kits began, Unix seconds. `spoilt` is how many readings the kits spoilt on purpose, None where
    they did not report it. `faults` are those they were asked to have. `seconds` is how long they were to send, None
    where until told to stop. `also` are problems that no figure shows.
    """
    latencies = _latencies(books, heard)
    figures: dict[str, Any] = {
        "readings_sent": books.sent,
        "stored": books.stored,
        "duplicates": duplicates,
        "quarantined": books.quarantined,
        "spoilt_on_purpose": spoilt,
        "on_kits": books.on_kits,
        "receipts": receipts,
        "escalations": len({one.escalation_id for one in heard}),
        "latency_ms": _percentiles(latencies),
    }
    problems = (
        *also,
        *_nothing(figures, faults),
        *_unexpected(figures),
        *_unbalanced(books),
        *_unfounded(books, heard, started),
    )
    if problems and seconds is not None and seconds < ENOUGH_SECONDS:
        problems = (*problems, _too_short(seconds))
    return Report({**figures, "problems": list(problems)}, problems)


def _nothing(figures: Mapping[str, Any], faults: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each figure that is zero and should not be."""
    for figure, sentence in (*NEVER_NOTHING.items(), *(MADE_BY[one] for one in faults if one in MADE_BY)):
        if not figures[figure]:
            yield sentence
    absent = [name for name, value in figures["latency_ms"].items() if not value]
    if absent:
        yield f"No time from a reading to its escalation could be taken ({', '.join(absent)})."


def _too_short(seconds: float) -> str:
    return (
        f"The kits sent for {seconds:g} seconds, which may be too short for anybody to fall ill:"
        f" let them send for {ENOUGH_SECONDS} or more, as in --for {ENOUGH_SECONDS}."
    )


def _unexpected(figures: Mapping[str, Any]) -> Iterator[str]:
    spoilt, quarantined = figures["spoilt_on_purpose"], figures["quarantined"]
    if spoilt is not None and quarantined > spoilt:
        yield f"{quarantined - spoilt} in quarantine were not spoilt on purpose."


def _latencies(books: Books, heard: Sequence[Heard]) -> list[float]:
    """Return the seconds from a reading's first publish to the event, for escalations raised or worsened."""
    told = [(one.at, one.cause_reading_id) for one in heard if one.kind in ("raised", "worsened", "joined")]
    return [
        at - books.published[cause] for at, cause in told if cause is not None and cause in books.published
    ]


def _percentiles(latencies: Sequence[float]) -> dict[str, float | None]:
    names = {"p50": 50, "p95": 95, "p99": 99}
    if not latencies:
        return dict.fromkeys(names)
    return {name: round(float(np.percentile(latencies, share)) * 1000, 1) for name, share in names.items()}


def _unbalanced(books: Books) -> Iterator[str]:
    if not books.balanced:
        named = ", ".join(str(one) for one in books.missing[:5])
        yield f"Sent is not stored + quarantined + on kits; missing: {named or 'none named'}."


def _unfounded(books: Books, heard: Sequence[Heard], started: float) -> Iterator[str]:
    moments: dict[UUID, list[float]] = {one.escalation_id: [] for one in heard}
    for one in heard:
        if one.cause_reading_id is not None and one.cause_reading_id in books.published:
            moments[one.escalation_id].append(books.published[one.cause_reading_id])
    for escalation, published in moments.items():
        if not any(moment >= started for moment in published):
            yield f"Escalation {escalation} names no reading published after the start."
