"""What the kernel was to reach, each aim in its own unit beside what was measured.

Guards: an aim is told from the same run as the table it is about, whether it was reached or not.
"""

from collections.abc import Mapping
from operator import ge, lt
from typing import Any, NamedTuple

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
        return self.what, f"{self.how} {self.much:g}", f"{self.found:.3g}", "yes" if reached else "no"


def of_kernel(kernel: Mapping[str, Any]) -> list[Aim]:
    """Of one run of the kernel."""
    ns, sets, many, composed = (kernel[name] for name in ("ns_per_set", "sets", "many", "composed"))
    floats, packed = ns["kernel_partial"], ns["kernel_packed"]
    seconds = ns[f"compose_and_score_{composed:,}"] * composed / 1e9
    among = f"a set among {many:,} beside one among {sets:,}"
    return [
        Aim("packed codes, in copies of the same bytes", "under", 5, packed / ns["copy_of_the_same_bytes"]),
        Aim("packed codes, in times of np.select", "at least", 20, ns["numpy_select_complete"] / packed),
        # Nanoseconds of one set are microseconds of a thousand.
        Aim("packed codes, a live batch of 1,000, us", "under", 25, ns["kernel_packed_live_batch_of_1000"]),
        Aim("from float columns with gaps, ns a set", "under", 40, floats),
        Aim(f"from float columns, {among}", "under", 1.1, ns[f"kernel_partial_{many:,}"] / floats),
        Aim(f"packed codes, {among}", "under", 1.1, ns[f"kernel_packed_{many:,}"] / packed),
        Aim(f"composition and score of {composed:,} readings, s", "under", composed * 5e-7, seconds),
    ]
