"""A sentence on whether readings can come in and deadlines be kept now, for those who rely on it.

Guards: people at the bedside are told to phone the hub if worried, never that what they type is lost, because a form
does not need ingest. A page that hears its stream does not prove that the platform hears its kits; what is unknown is
called unknown. When ingest stops, a live page says so within ten seconds of its last beat: six until it counts as
quiet, one until that is asked, three until the next ping.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg

from api.database import Pool
from api.latest import Latest
from delegation.people import Actor
from delegation.rights import READ, Record
from ingest.worker import heartbeat
from ingest.worker.heartbeat import Beating, Quiet

_LONDON = ZoneInfo("Europe/London")
_UNKNOWN = "It is not known whether readings are coming in: the database does not answer."
_SAID = {
    Beating.INGEST: "{none} readings are coming in{since}. Escalations may be missing: homes must phone the hub.",
    Beating.SCHEDULER: "Nobody is watching the clocks{since}: silence and unanswered questions raise nothing.",
}
_UNKNOWN_AT_THE_BEDSIDE = "It is not known whether readings from kits are coming in."
_SAID_AT_THE_BEDSIDE = {
    Beating.INGEST: "Readings from {kits} are not coming in{since}: the hub does not see them.",
    Beating.SCHEDULER: "Nobody is told{since} when a resident is not heard of, or when what was asked is not measured.",
}
_IF_WORRIED = "If you are worried about somebody, phone the hub: do not wait to hear from it."


@dataclass(frozen=True, slots=True)
class _Notice:
    """What is wrong, in words for operators and hubs, and in words for the bedside."""

    behind: str | None
    bedside: str | None


_NOT_KNOWN = _Notice(_UNKNOWN, f"{_UNKNOWN_AT_THE_BEDSIDE} {_IF_WORRIED}")


class Pulse:
    """The sentence; the database is asked at most once a second for all pages together."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._latest = Latest(_NOT_KNOWN)

    def words(self, at: datetime) -> str | None:
        """Return what is wrong now, in the hub's words; None where nothing is."""
        return self._now(at).behind

    def words_for(self, actor: Actor, at: datetime) -> str | None:
        """Return the same in words for this reader's work."""
        notice = self._now(at)
        return notice.behind if actor.may(READ, Record.HEALTH) else notice.bedside

    def _now(self, at: datetime) -> _Notice:
        return self._latest.now(lambda: self._ask(at))

    def _ask(self, at: datetime) -> _Notice:
        try:
            with self._pool.connection(timeout=2.0) as conn:
                quiet = heartbeat.quiet(conn, at)
        except psycopg.Error:
            return _NOT_KNOWN
        bedside = _sentences(_SAID_AT_THE_BEDSIDE, quiet)
        return _Notice(_sentences(_SAID, quiet), bedside and f"{bedside} {_IF_WORRIED}")


def _sentences(said: Mapping[Beating, str], quiet: Mapping[Beating, Quiet]) -> str | None:
    return " ".join(said[one].format(**_in_words(how)) for one, how in quiet.items()) or None


def _in_words(quiet: Quiet) -> dict[str, str]:
    return {
        "none": "From some kits no" if quiet.partly else "No",
        "kits": "some kits" if quiet.partly else "kits",
        "since": _since(quiet.since),
    }


def _since(last: datetime | None) -> str:
    return f" since {last.astimezone(_LONDON):%H:%M on %d %B}" if last is not None else ""
