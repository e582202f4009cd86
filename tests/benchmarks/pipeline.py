"""From the broker to committed, scored, escalated and receipted, on the real parts, beside those that only store.

Invariant: every contender gets the same load on the same machine in the same run, one after another.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.contenders import BRIDGE, OURS, PLAIN, TWO_OF_OURS
from tests.benchmarks.course import Course, Drained, Lived
from tests.benchmarks.load import ONE_SET_IN
from tests.benchmarks.stage import Stage


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent. Rates are messages a second, each of one reading."""

    backlog: int
    in_array: int
    rates: tuple[int, ...]
    seconds: int


FULL = Size(backlog=60_000, in_array=20, rates=(1_000, 5_000), seconds=20)
QUICK = Size(backlog=4_000, in_array=20, rates=(500,), seconds=4)


def run(stage: Stage, size: Size, tell: Callable[[str], None]) -> dict[str, Any]:
    """Every figure, by contender."""
    drained: list[dict[str, Any]] = []
    for contender, in_array in (
        (OURS, 1),
        (BRIDGE, 1),
        (PLAIN, 1),
        (TWO_OF_OURS, 1),
        (OURS, size.in_array),
    ):
        tell(f"Draining a backlog of {size.backlog} readings, {in_array} a message: {contender.name}")
        done = Course(stage, contender).drain(size.backlog, in_array)
        drained.append({"contender": contender.name, **_drained(done, size.backlog, in_array)})
    live: list[dict[str, Any]] = []
    for rate in size.rates:
        for contender in (OURS, TWO_OF_OURS, BRIDGE, PLAIN):
            tell(f"Live at {rate}/s for {size.seconds} s: {contender.name}")
            done = Course(stage, contender).live(rate, size.seconds)
            live.append({"contender": contender.name, **_lived(done, rate)})
    return {"one_grave_set_in": ONE_SET_IN, "drain": drained, "live": live}


def _drained(done: Drained, readings: int, in_array: int) -> dict[str, Any]:
    """The rate from the first commit to the last: start-up is left out, and with it the first batch."""
    (first, first_count), (last, _) = done.commits[0], done.commits[-1]
    rate = (readings - first_count) / (last - first) if last > first else 0.0
    return {
        "readings": readings,
        "in_array": in_array,
        "messages_per_s": round(rate / in_array),
        "readings_per_s": round(rate),
        "transactions": len(done.commits),
        "median_batch": round(statistics.median(number for _, number in done.commits)),
        "processor_us_per_reading": _per(done.spent, done.spent_on),
    }


def _lived(done: Lived, rate: int) -> dict[str, Any]:
    moments = sorted(done.sent.values())
    caused = [(one.at, one.cause_reading_id) for one in done.heard if one.cause_reading_id in done.sent]
    return {
        "offered_per_s": rate,
        "sent_per_s": round((len(moments) - 1) / (moments[-1] - moments[0])),
        "readings": len(moments),
        "to_committed_ms": _spread([done.committed[one] - moment for one, moment in done.sent.items()]),
        "to_client_ms": _spread([at - done.sent[cause] for at, cause in caused if cause is not None]),
        "processor_us_per_reading": _per(done.spent, len(moments)),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float | int]:
    if len(seconds) < 2:
        return {"count": len(seconds)}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "count": len(seconds),
        "p50": round(cuts[49] * 1000, 1),
        "p99": round(cuts[98] * 1000, 1),
        "max": round(max(seconds) * 1000, 1),
    }


def _per(spent: Mapping[str, float], count: int) -> dict[str, float]:
    """Nothing is said over too few readings: the parts' clocks tick in hundredths of a second."""
    if count < 1000:
        return {}
    return {name: round(seconds / count * 1e6, 1) for name, seconds in spent.items()}
