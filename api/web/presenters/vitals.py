"""What is known of a resident now: each vital sign with its age, and the score with what it rests on.

Guards: every value and every part has its own time. What is missing, old or assumed is said, and an old score says so.
The usual range is shown beside NEWS2, never instead of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.beside.usual import DAY, Usual
from alerts.options import Stretch
from api.queries.baseline import SCORE
from api.queries.readings import Current, TakenBy
from api.queries.scores import Score
from api.web.presenters import escalations, signs
from api.web.presenters.moments import Moment, clock, moment
from delegation.competence import Label
from devices.vital_signs import VitalSign

# As long as a score may join readings; an older one is of another moment.
FRESH = timedelta(minutes=30)
NOBODY_KNOWN = "not known who"

Operators = Mapping[tuple[UUID, UUID], TakenBy]

_ROWS = (
    VitalSign.RESPIRATION_RATE,
    VitalSign.SPO2,
    VitalSign.ON_OXYGEN,
    VitalSign.SYSTOLIC,
    VitalSign.DIASTOLIC,
    VitalSign.PULSE,
    VitalSign.CONSCIOUSNESS,
    VitalSign.TEMPERATURE,
)


@dataclass(frozen=True, slots=True)
class SignRow:
    """One vital sign: last value, when and by whom, its points, and what is usual."""

    label: str
    value: str
    missing: bool
    taken: Moment | None
    who: str | None
    points: str
    points_class: str
    part_note: str | None
    usual: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One score in words."""

    bounds: str
    band: str
    band_class: str
    red: str
    scale: str
    taken: Moment
    aged: str | None
    missing: str | None
    deciding: str | None
    assumed_air: bool
    other_scale: str | None


@dataclass(frozen=True, slots=True)
class VitalsView:
    """What is known now."""

    score: ScoreView | None
    no_score: str | None
    rows: tuple[SignRow, ...]
    last_full_set: str
    usual_score: str
    usual_of: str


def view(
    current: Current,
    score: Score | None,
    last_full: Score | None,
    usual: Mapping[str, Usual],
    operators: Operators,
    *,
    usual_of: Stretch,
    air_assumed: bool,
    other_scale: str | None,
    now: datetime,
) -> VitalsView:
    """Return what is known now. `other_scale` says what the score would be on a scale that ended recently."""
    return VitalsView(
        score=score and score_view(score, now, other_scale),
        no_score=None if score else "No score in the last 30 days.",
        rows=tuple(_row(sign, current, score, usual, operators, air_assumed, now) for sign in _ROWS),
        last_full_set=_last_full_set(last_full, now),
        usual_score=usual_words(SCORE, usual.get(SCORE)),
        usual_of=f"the {usual_of.days} days before the last {usual_of.but_hours} hours",
    )


def moments_of(current: Current) -> set[datetime]:
    """Return when the current signs were taken, to look up who took them."""
    return {datetime.fromisoformat(held["effective_at"]) for held in current.signs.values()}


def score_view(score: Score, now: datetime, other_scale: str | None = None) -> ScoreView:
    """Return one score, with what is missing, assumed and old."""
    missing = [sign for sign in signs.SCORED if "value" not in score.parts.get(sign, {})]
    if score.assumed_air and VitalSign.ON_OXYGEN in missing:
        missing.remove(VitalSign.ON_OXYGEN)
    return ScoreView(
        bounds=signs.bounds(score.low, score.high),
        band=signs.band(score.band_low, score.band_high),
        band_class=score.band_low,
        red=signs.red_score(score.red_score),
        scale=f"Oxygen saturation scale {score.spo2_scale}",
        taken=moment(score.effective_at, now),
        aged=_aged(score.effective_at, now),
        missing=f"Missing: {signs.asked(missing)}." if missing else None,
        deciding=f"Would decide the band: {signs.asked(score.deciding)}." if score.deciding else None,
        assumed_air=score.assumed_air,
        other_scale=other_scale,
    )


def _aged(at: datetime, now: datetime) -> str | None:
    if now - at <= FRESH:
        return None
    return f"This score is of {clock(at, now)}. It does not say how they are now."


def _row(
    sign: VitalSign,
    current: Current,
    score: Score | None,
    usual: Mapping[str, Usual],
    operators: Operators,
    air_assumed: bool,
    now: datetime,
) -> SignRow:
    held = current.signs.get(sign)
    taken = datetime.fromisoformat(held["effective_at"]) if held else None
    value, missing = _value(sign, held, air_assumed)
    points, points_class, note = _points(sign, held, score, now)
    return SignRow(
        label=signs.label(sign),
        value=value,
        missing=missing,
        taken=moment(taken, now) if taken else None,
        who=_who(held, operators),
        points=points,
        points_class=points_class,
        part_note=note,
        usual=usual_words(sign, usual.get(sign)),
    )


def _value(sign: VitalSign, held: Mapping[str, Any] | None, air_assumed: bool) -> tuple[str, bool]:
    if held is None:
        if sign is VitalSign.ON_OXYGEN and air_assumed:
            return "Breathing air is assumed", False
        return "Not recorded", True
    if held["value"] is None:
        return "Tried, could not be recorded", True
    return signs.with_unit(sign, held["value"]), False


def _who(held: Mapping[str, Any] | None, operators: Operators) -> str | None:
    if held is None:
        return None
    taken_by = operators.get((UUID(held["kit"]), UUID(held["reading"])))
    return operator(taken_by) if taken_by else NOBODY_KNOWN


def operator(one: TakenBy) -> str:
    """Return who took it and how that is known; a hidden name differs from an unknown one."""
    how = signs.KNOWN_BY.get(one.known_by or "")
    if one.name is not None:
        return f"{one.name} ({how})" if how else one.name
    if one.person_id is None or one.competence == Label.OPERATOR_UNKNOWN:
        return NOBODY_KNOWN
    withheld = escalations.named(None, one.person_id)
    return f"{withheld} ({how})" if how else withheld


def _points(
    sign: VitalSign, held: Mapping[str, Any] | None, score: Score | None, now: datetime
) -> tuple[str, str, str | None]:
    """Return a sign's points, a class for its colour, and a note on the value it rests on."""
    if sign is VitalSign.DIASTOLIC:
        return "not scored", "none", None
    part = score.parts.get(sign) if score else None
    if score is None or part is None:
        return "no score", "none", None
    low, high = part["low"], part["high"]
    if "value" in part and part["value"] is not None:
        return f"{low} point{'' if low == 1 else 's'}", str(low), _another_reading(sign, part, held, now)
    if sign is VitalSign.ON_OXYGEN and score.assumed_air:
        return "0 points", "0", "air assumed"
    if held is None or held["value"] is None:
        return f"{low} to {high} points", "unknown", "unknown"
    return f"{low} to {high} points", "unknown", "not in this score"


def _another_reading(
    sign: VitalSign, part: Mapping[str, Any], held: Mapping[str, Any] | None, now: datetime
) -> str | None:
    if held is not None and part["effective_at"] == held["effective_at"]:
        return None
    at = datetime.fromisoformat(part["effective_at"])
    return f"for {signs.with_unit(sign, part['value'])} at {clock(at, now)}"


def usual_words(sign: str, usual: Usual | None) -> str:
    """Return "70 to 78 (45 readings over 63 days)"; with too few readings, that it is not known yet."""
    if sign in (VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS):
        return "no range for this sign"
    if usual is None:
        return "not known yet: nothing measured in those days"
    count, days = usual.readings, max(1, round((usual.until - usual.since) / DAY))
    what = "score" if sign == SCORE else "reading"
    rests_on = f"{count} {what}{'' if count == 1 else 's'} over {days} day{'' if days == 1 else 's'}"
    if not usual.enough:
        return f"not known yet ({rests_on})"
    low, high = signs.quantity(sign, usual.low), signs.quantity(sign, usual.high)
    return f"{low if low == high else f'{low} to {high}'} ({rests_on})"


def _last_full_set(score: Score | None, now: datetime) -> str:
    if score is None:
        return "No full set in the last 30 days."
    at = moment(score.effective_at, now)
    return f"{signs.bounds(score.low, score.high, assumed_air=score.assumed_air)}, {at.clock} ({at.age})"
