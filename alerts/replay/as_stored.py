"""Comparing a replay under the policies that ran with the scores and findings that are stored.

Guards: every score is compared in all it says, and so is every finding that came of readings or of silence.
`alerts.replay.on_record` names the findings that are taken over as they are, without judging again.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, LiteralString

import psycopg
from pydantic_core import from_json, to_json

from alerts.replay.clock import AsRecorded
from alerts.replay.recorded import History, histories, policies, runs
from alerts.replay.retold import Retold, retell
from alerts.rules import Finding
from alerts.sets.scoring import Scored

_SCORES: LiteralString = """
SELECT kit_id, reading_id, cause_kit_id, cause_reading_id, spo2_scale, assumed_air, low, high, red_score, band_low,
       band_high, complete, deciding, parts
FROM alerts.score WHERE resident_id = %s
"""


@dataclass(slots=True)
class Agreement:
    """How much of a replay is the same as what is stored.

    `corrected`: residents to or from whom a correction moved a reading. `refitted`: residents whom NEWS2 has
    begun or ceased to fit. `stored_only` and `replayed_only`: what is on one side alone, counted by kind.
    """

    residents: int = 0
    corrected: int = 0
    refitted: int = 0
    scores: int = 0
    found: int = 0
    stored_only: Counter[str] = field(default_factory=Counter)
    replayed_only: Counter[str] = field(default_factory=Counter)

    @property
    def is_exact(self) -> bool:
        return not self.stored_only and not self.replayed_only


def agreement(conn: psycopg.Connection) -> Agreement:
    """Replay everything that is stored, and compare."""
    done, known, looked = Agreement(), policies(conn), runs(conn)
    for history in histories(conn):
        done.residents += 1
        done.corrected += history.corrected
        done.refitted += history.refitted
        clock = AsRecorded(looked.get(history.placement.resident_id, ()), history.watched.cases)
        _compare(conn, done, history, retell(history, known, clock))
    return done


def _compare(conn: psycopg.Connection, done: Agreement, history: History, retold: Retold) -> None:
    resident = history.placement.resident_id
    scores = Counter(map(_stored_score, conn.execute(_SCORES, (resident,)).fetchall()))
    _differ(done, "score", scores, Counter(map(_score, retold.scores)))
    done.scores += scores.total()
    stored = Counter(
        (one.rule, one.severity, one.sentence_sha256, one.low, _plain(one.evidence))
        for one in history.on_record.given
    )
    again = Counter(
        (one.finding.rule, str(one.finding.severity), _digest(one.finding), one.low, _plain(one.evidence))
        for one in retold.found
        if one.finding.sentence
    )
    _differ(done, "finding", stored, again)
    done.found += stored.total()


def _digest(finding: Finding) -> bytes:
    return sha256(finding.sentence.encode()).digest()


def _differ(done: Agreement, what: str, stored: Counter[Any], again: Counter[Any]) -> None:
    for side, only in ((done.stored_only, stored - again), (done.replayed_only, again - stored)):
        for one, count in only.items():
            side[what if what == "score" else f"finding {one[0]}"] += count


def _stored_score(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *said, deciding, parts = row
    return (*said, tuple(deciding), _plain(parts))


def _score(scored: Scored) -> tuple[Any, ...]:
    outcome = scored.outcome
    return (
        *scored.target.key,
        *scored.cause.key,
        scored.spo2_scale,
        scored.assumed_air,
        outcome.low,
        outcome.high,
        outcome.red,
        outcome.band_low,
        outcome.band_high,
        outcome.complete,
        tuple(map(str, outcome.deciding)),
        _plain({str(sign): _part(part) for sign, part in scored.parts.items()}),
    )


def _part(part: Any) -> dict[str, Any]:
    bounds = {"low": part.low, "high": part.high}
    if part.reading_id is None:
        return bounds
    rests_on = {
        "value": part.value,
        "effective_at": part.effective_at,
        "kit": part.kit_id,
        "reading": part.reading_id,
    }
    return bounds | rests_on


def _plain(document: Iterable[Any]) -> Any:
    """Return what a document says in a hashable form, so that it can be counted."""
    return _frozen(from_json(to_json(document)))


def _frozen(part: Any) -> Any:
    if isinstance(part, dict):
        return frozenset((name, _frozen(value)) for name, value in part.items())
    if isinstance(part, list):
        return frozenset(map(_frozen, part))
    return part
