"""Since when a resident is watched, and what keeps a hub from being told that nothing comes from them.

Guards: for any moment of the past the answer is the same as `alerts.silence` would get from the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, NamedTuple

import psycopg

from delegation.authority import Pause
from delegation.store import Placement
from ingest.arrival import NewReading

ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_NEXT = timedelta(microseconds=1)

_LIVES: LiteralString = "SELECT lives_here_from FROM delegation.resident WHERE resident_id = %s"
_KITS: LiteralString = """
SELECT loan.lent_at, least(loan.returned_at, kit.revoked_at)
FROM devices.kit_loan loan JOIN devices.kit USING (kit_id)
WHERE loan.home_id = %s AND kit.kind = 'kit'
"""
_PAUSES: LiteralString = """
SELECT greatest(starts_at, recorded_at), ends_at FROM delegation.monitoring_pause
WHERE resident_id = %s AND recorded_at < ends_at
"""
_ENDS: LiteralString = "SELECT recorded_at, withdrawn_at FROM delegation.end_of_care WHERE resident_id = %s"
_CASES: LiteralString = (
    "SELECT began_at, ended_at, origin = 'silence' FROM alerts.cases_of(%s) ORDER BY began_at"
)


class Heard(NamedTuple):
    """What had come of a resident: the last arrival of something usable, and the last of anything."""

    news_at: datetime | None = None
    arrived_at: datetime | None = None

    def then(self, reading: NewReading) -> "Heard":
        """Return what had come once this reading did."""
        at = reading.arrived_at
        news_at = max(at, self.news_at or at) if reading.is_news else self.news_at
        return Heard(news_at, max(at, self.arrived_at or at))

    @property
    def in_vain(self) -> bool:
        """Whether something unusable has come since."""
        return self.arrived_at is not None and (self.news_at is None or self.arrived_at > self.news_at)


class Span(NamedTuple):
    """A case while it was open, and whether silence raised it."""

    since: datetime
    until: datetime
    of_silence: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """What is on record about the watching of one resident.

    `kits`: lent to the home, from when until when. `pauses`: from when on record. `ends`: of care, from when
    on record until withdrawn.
    """

    lives_here_from: datetime
    kits: Sequence[tuple[datetime, datetime]]
    pauses: Sequence[Pause]
    ends: Sequence[tuple[datetime, datetime]]
    cases: Sequence[Span]

    def quiet_from(self, heard: Heard, at: datetime) -> datetime | None:
        """Return since when nothing usable came; None if nothing can come."""
        if heard.news_at is not None:
            return heard.news_at
        lent = min((since for since, until in self.kits if until > at), default=None)
        if lent is None and heard.arrived_at is None:
            return None
        return max(self.lives_here_from, lent or self.lives_here_from)

    def silent_from(
        self, heard: Heard, after: timedelta, at: datetime, until: datetime, cases: Sequence[Span]
    ) -> datetime | None:
        """Return the first moment from `at` to `until`, ends included, at which the hub is told if nothing
        comes; or None.
        """
        quiet = self.quiet_from(heard, at)
        told = None if quiet is None else max(at, quiet + after + _NEXT)
        while told is not None and told <= until:
            later = self._held_off(told, heard, after, cases)
            if later is None:
                return told
            told = later
        return None

    def _held_off(
        self, at: datetime, heard: Heard, after: timedelta, cases: Sequence[Span]
    ) -> datetime | None:
        """Return until when the hub is not told, as things are at this moment; None if it is told now."""
        holds = [pause.ends_at for pause in self.pauses if pause.in_force(at)]
        holds += [
            withdrawn
            for recorded, withdrawn in self.ends
            if recorded <= at < withdrawn and (heard.news_at is None or recorded >= heard.news_at)
        ]
        for one in cases:
            if one.since <= at < one.until:
                holds.append(one.until)
            elif one.of_silence and one.until <= at <= one.until + after:
                holds.append(one.until + after + _NEXT)
        return max(holds, default=None)


def watched(conn: psycopg.Connection[Any], where: Placement) -> Watched:
    """Return what is on record of one resident, and of the kits of the home where they live now."""
    resident = where.resident_id
    [(lives_here_from,)] = conn.execute(_LIVES, (resident,)).fetchall()
    return Watched(
        lives_here_from=lives_here_from,
        kits=_spans(conn.execute(_KITS, (where.home_id,)).fetchall()),
        pauses=[Pause(*row) for row in conn.execute(_PAUSES, (resident,)).fetchall()],
        ends=_spans(conn.execute(_ENDS, (resident,)).fetchall()),
        cases=[
            Span(since, until or NEVER, of_silence)
            for since, until, of_silence in conn.execute(_CASES, (resident,)).fetchall()
        ],
    )


def _spans(rows: Sequence[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime]]:
    return [(since, until or NEVER) for since, until in rows]
