"""Replay what is stored in the database, under the policies that ran, as a check, or under others.

Guards: it reads and never writes. What was left out of the comparison is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from alerts.policy import Policy
from alerts.replay import recorded
from alerts.replay.as_stored import Agreement
from alerts.replay.cases import cases
from alerts.replay.clock import WhenDue
from alerts.replay.found import RULES, Found
from alerts.replay.on_record import TAKEN_OVER
from alerts.replay.recorded import History
from alerts.replay.retold import ToldAgain, retell
from alerts.replay.run import Replayed
from alerts.replay.sets import MICROSECONDS
from alerts.replay.watched import ALWAYS, NEVER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TAKEN_OVER = ", ".join(TAKEN_OVER).replace("_", " ")
NOTES = (
    f"Taken over as they are on record, because no policy makes them: {_TAKEN_OVER}.",
    "Policies are compared over the readings there are: what people would have measured under another is not known.",
)


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment up to another."""

    since: datetime = ALWAYS
    until: datetime = NEVER


def replay_stored(
    conn: psycopg.Connection[Any], span: Span, old: Policy | None, new: Policy, answered_after: int
) -> tuple[Replayed, list[str]]:
    """Return what changes from one policy, or those that ran, to another; and the homes by number."""
    known = recorded.policies(conn)
    before, after = replace(known, instead=old), replace(known, instead=new)
    since = _from(span, max(before.lead, after.lead))
    until = min(span.until, recorded.last_known(conn))
    answered = timedelta(minutes=answered_after)
    done, homes = Replayed(), _Homes()
    open_for = answered_after * 60 * MICROSECONDS
    for number, history in enumerate(recorded.histories(conn, since, span.until)):
        _note(done, history, span, homes)
        found = [
            _found(
                _within(retell(history, policies, WhenDue(since, until, answered)).found, span), number, homes
            )
            for policies in (before, after)
        ]
        done.counts.add(cases(found[0], open_for), cases(found[1], open_for), open_for)
    return done, homes.names


def _from(span: Span, lead: timedelta) -> datetime:
    """Return from when on events still affect the span."""
    return span.since if span.since <= ALWAYS else span.since - lead


def _note(done: Replayed, history: History, span: Span, homes: "_Homes") -> None:
    theirs = (one.reading for one in history.line if one.gone is None)
    readings = [one for one in theirs if span.since <= one.effective_at <= span.until]
    if not readings:
        return
    moments = [one.effective_at for one in readings]
    done.residents += 1
    done.residents_of.update({homes.number(one.placement.home_id) for one in readings})
    done.readings += len(moments)
    done.note(_micros(min(moments)), _micros(max(moments)))


def _within(found: Sequence[ToldAgain], span: Span) -> list[ToldAgain]:
    return [one for one in found if span.since <= one.found_at < span.until]


class _Homes:
    """A number for each home, in order of appearance."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[UUID, int] = {}

    def number(self, home: UUID) -> int:
        if home not in self._numbers:
            self._numbers[home] = len(self.names)
            self.names.append(str(home))
        return self._numbers[home]


def _found(told: Sequence[ToldAgain], resident: int, homes: _Homes) -> Found:
    ordered = sorted(told, key=lambda one: (one.found_at, one.finding.severity.rank))
    return Found(
        resident=np.full(len(ordered), resident, dtype=np.int64),
        home=np.array([homes.number(one.home_id) for one in ordered], dtype=np.int64),
        at=np.array([_micros(one.found_at) for one in ordered], dtype=np.int64),
        rule=np.array([RULES.index(one.finding.rule) for one in ordered], dtype=np.int8),
        severity=np.array([one.finding.severity.rank for one in ordered], dtype=np.int8),
    )


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def said_of(same: Agreement) -> str:
    """Return the result of comparing a replay with what is stored."""
    lines = [
        f"{same.scores:,} scores and {same.found:,} findings of {same.residents:,} residents replayed.",
        f"Taken over as they are on record: {_TAKEN_OVER}; and of {same.refitted} residents whom NEWS2 has begun or"
        f" ceased to fit, which readings were scored.",
        f"Of {same.corrected} a reading was corrected: told again as it was held to be theirs, and not theirs.",
    ]
    if same.is_exact:
        return "\n".join([*lines, "All of them are exactly as stored."])
    for where, only in (("stored", same.stored_only), ("replayed", same.replayed_only)):
        lines += [f"Only {where}: {count:,} {what}." for what, count in sorted(only.items())]
    return "\n".join(lines)
