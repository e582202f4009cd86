"""What a resident's scores and open question become once a reading turns out not to be theirs.

Guards: a score that stays the same is not made again. A score that changes names the withdrawn reading as its
cause, not one of the resident's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from alerts import questions
from alerts.judgement import Judged
from alerts.questions import Question
from alerts.sets.outcome import Outcome
from alerts.sets.scoring import Moments, Scored, score_readings
from delegation.authority import Authority
from ingest.evaluation import Withdrawn


@dataclass(frozen=True, slots=True)
class Rescored:
    """What the resident's scores are without the reading.

    `moments`: all of theirs around it. `places`: which of these differ from before. `changed`: those, caused
    by the withdrawn reading. `worse`: those of `changed` that say worse than before.
    """

    moments: Moments
    places: Sequence[int]
    changed: Sequence[Scored]
    worse: Sequence[Scored]

    def touches(self, asked: Question, withdrawn: Withdrawn) -> bool:
        """Return whether the open question may rest on the withdrawn reading."""
        touched = {withdrawn.reading.key, *(one.target.key for one in self.changed)}
        return (asked.kit_id, asked.reading_id) in touched


def rescore(withdrawn: Withdrawn, authorities: Mapping[UUID, Authority], window: timedelta) -> Rescored:
    """Compare the scores without a reading with the scores with it."""
    was = {one.target.key: one for one in score_readings(withdrawn.with_it, [], authorities, window)}
    moments = score_readings(withdrawn.without, [], authorities, window)
    scored = list(moments)
    # The score of each moment that stands is the last one: scores come in the order of arrivals.
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
    """Return what the resident's own readings ask, taken in order of arrival; the deadline does not move."""
    wanted: Question | None = None
    for one in judged:
        if one.asks:
            wanted = questions.question_of(one.scored, answer_by)
        elif one.answers:
            wanted = None
    return wanted
