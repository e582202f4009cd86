"""What the sender of each reading is told, once it is judged.

Guards: a reading that the rules need not look at gets the same verdict as if they had.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from alerts.judgement import Judged, Unscored, acts_now
from alerts.policy import PolicyBook
from alerts.sets.outcome import outcome_of
from alerts.sets.scoring import Moments, arrived
from ingest.arrival import ReadingKey, Verdict


def of_judged(judged: Iterable[Judged], cases: Mapping[UUID, UUID]) -> dict[ReadingKey, Verdict]:
    """Return the verdict of each reading at its own moment; `cases` by resident."""
    return {
        one.scored.cause.key: Verdict(
            next=one.next,
            low=one.scored.outcome.low,
            high=one.scored.outcome.high,
            complete=one.scored.outcome.complete,
            assumed_air=one.scored.assumed_air,
            deciding=one.scored.outcome.deciding,
            escalation_id=cases.get(one.scored.cause.resident_id),
            found=bool(one.found),
            old=not one.fresh,
        )
        for one in judged
        if one.scored.target is one.scored.cause
    }


def of_unscored(unscored: Iterable[Unscored], cases: Mapping[UUID, UUID]) -> dict[ReadingKey, Verdict]:
    """Return the verdict of each reading of a resident whom NEWS2 does not fit; `cases` by resident."""
    return {
        one.reading.key: Verdict(
            next=one.next,
            escalation_id=cases.get(one.reading.resident_id),
            found=bool(one.found),
            old=not one.fresh,
        )
        for one in unscored
    }


def of_unremarkable(
    moments: Moments, unremarkable: NDArray[np.bool_], policies: PolicyBook, at: datetime
) -> dict[ReadingKey, Verdict]:
    """Return the verdict of each reading at its own moment, if that is one the rules need not look at (m flags)."""
    places = np.flatnonzero(unremarkable & moments.own)
    readings = [arrived(moments.rows[row]) for row in moments.cause[places].tolist()]
    return {
        reading.key: _nothing_found(
            code, assumed_air=air, old=not acts_now(reading, policies.for_hub(reading.placement.hub_id), at)
        )
        for reading, code, air in zip(
            readings, moments.codes[places].tolist(), moments.assumed_air[places].tolist(), strict=True
        )
    }


@lru_cache(maxsize=4096)
def _nothing_found(code: int, *, assumed_air: bool, old: bool) -> Verdict:
    one = outcome_of(code)
    return Verdict(
        low=one.low,
        high=one.high,
        complete=one.complete,
        assumed_air=assumed_air,
        deciding=one.deciding,
        old=old,
    )
