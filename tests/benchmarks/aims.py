"""What kernel and pipeline were to reach, each aim in its own unit beside what was measured.

Guards: an aim is told from the same run as the table it is about, whether it was reached or not.
"""

from collections.abc import Iterator, Mapping
from math import inf
from operator import ge, lt
from typing import Any, NamedTuple

from tests.benchmarks.contenders import BRIDGE, OURS, TWO_OF_OURS

_COMPARED = {"under": lt, "at least": ge}


class Aim(NamedTuple):
    """`what` was to be `how` (under, at least) so much, in its own unit, and is what was found."""

    what: str
    how: str
    much: float
    found: float

    @property
    def row(self) -> tuple[str, str, str, str]:
        reached = _COMPARED[self.how](self.found, self.much)
        found = f"{self.found:,.0f}" if self.found >= 100 else f"{self.found:.3g}"
        return self.what, f"{self.how} {self.much:,g}", found, "yes" if reached else "no"


def of_kernel(kernel: Mapping[str, Any]) -> list[Aim]:
    """Of one run of the kernel."""
    ns, few, many, composed = (kernel[name] for name in ("ns_per_set", "few", "many", "composed"))
    floats, packed = ns["kernel_partial"], ns["kernel_packed"]
    seconds = ns[f"compose_and_score_{composed:,}"] * composed / 1e9
    among = f"a set among {many:,} beside one among {few:,}"
    floats_of_few, packed_of_few = (ns[f"kernel_{kind}_{few:,}"] for kind in ("partial", "packed"))
    return [
        Aim("packed codes, in copies of the same bytes", "under", 5, packed / ns["copy_of_the_same_bytes"]),
        Aim("packed codes, in times of np.select", "at least", 20, ns["numpy_select_complete"] / packed),
        # Nanoseconds of one set are microseconds of a thousand.
        Aim("packed codes, a live batch of 1,000, us", "under", 25, ns["kernel_packed_live_batch_of_1000"]),
        Aim("from float columns with gaps, ns a set", "under", 40, floats),
        Aim(f"from float columns, {among}", "under", 1.1, ns[f"kernel_partial_{many:,}"] / floats_of_few),
        Aim(f"packed codes, {among}", "under", 1.1, ns[f"kernel_packed_{many:,}"] / packed_of_few),
        Aim(
            f"packed codes in parts, {among}",
            "under",
            1.1,
            ns[f"kernel_packed_{many:,}_in_parts"] / packed_of_few,
        ),
        Aim(f"composition and score of {composed:,} readings, s", "under", composed * 5e-7, seconds),
    ]


def of_pipeline(pipeline: Mapping[str, Any]) -> list[Aim]:
    """Of one run of the pipeline: a backlog, and the fastest rate there was."""
    pace = {one["contender"]: one["messages_per_s"] for one in pipeline["drain"] if one["in_array"] == 1}
    fastest = max(one["offered_per_s"] for one in pipeline["live"])
    ours = [
        one
        for one in pipeline["live"]
        if one["offered_per_s"] == fastest and one["contender"] in (OURS.name, TWO_OF_OURS.name)
    ]
    return [
        Aim("a backlog drained by one worker, messages/s", "at least", 15_000, pace[OURS.name]),
        Aim(
            "a backlog drained by one worker, in times of mq-bridge",
            "at least",
            0.9,
            pace[OURS.name] / pace[BRIDGE.name],
        ),
        *(aim for one in ours for aim in _of_live(one)),
    ]


def _of_live(one: Mapping[str, Any]) -> Iterator[Aim]:
    for where, times, ms in (("committed", "to_committed_ms", 20), ("the client", "to_client_ms", 100)):
        what = f"{one['contender']}, live at {one['offered_per_s']:,}/s, p99 from publish to {where}, ms"
        yield Aim(what, "under", ms, one[times].get("p99", inf))
