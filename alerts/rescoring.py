"""What a resident's scores, and what is asked of them, become once a reading turns out not to be theirs.

Guards: a score that stands is not made again; what another score says is known because the reading went, not because
one of theirs came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from alerts import questions
from alerts.judgement import Judged
from alerts.outcome import Outcome
from alerts.questions import Question
from alerts.scoring import Moments, Scored, score_readings
from delegation.authority import Authority
from ingest.evaluation import Withdrawn


@dataclass(frozen=True, slots=True)
class Rescored:
    """`moments`: all of theirs around the reading, without it; `changed`: those that are other than they were, as known
    because it went; `worse`: those of them that say worse.
    """

    moments: Moments
    places: Sequence[int]
    changed: Sequence[Scored]
    worse: Sequence[Scored]

    def touches(self, asked: Question, withdrawn: Withdrawn) -> bool:
        """Whether what is asked may rest on what went."""
        touched = {withdrawn.reading.key, *(one.target.key for one in self.changed)}
        return (asked.kit_id, asked.reading_id) in touched


def rescore(withdrawn: Withdrawn, authorities: Mapping[UUID, Authority], window: timedelta) -> Rescored:
    """Hold what is scored without a reading against what was scored with it."""
    was = {one.target.key: one for one in score_readings(withdrawn.with_it, [], authorities, window)}
    moments = score_readings(withdrawn.without, [], authorities, window)
    scored = list(moments)
    # Of each moment the score that the latest arrival gave: scores come in the order of arrivals.
    stands = {one.target.key: place for place, one in enumerate(scored)}
    places = [place for key, place in stands.items() if _differs(scored[place], was[key])]
    changed = [replace(scored[place], cause=withdrawn.reading) for place in places]
    worse = [one for one in changed if _is_worse(one.outcome, was[one.target.key].outcome)]
    return Rescored(moments, places, changed, worse)


def _differs(now: Scored, was: Scored) -> bool:
    return replace(now, cause=was.cause, target=was.target) != was


def _is_worse(now: Outcome, was: Outcome) -> bool:
    return now.low > was.low or (now.red == "yes" and was.red != "yes")


def asked_anew(judged: Iterable[Judged], answer_by: datetime) -> Question | None:
    """What their own readings ask, in the order in which they came; the deadline never moves."""
    wanted: Question | None = None
    for one in judged:
        if one.asks:
            wanted = questions.question_of(one.scored, answer_by)
        elif one.answers:
            wanted = None
    return wanted
