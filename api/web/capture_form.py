"""The capture form's fields, read into observations, or into faults to mend.

Guards: a value is questioned only where it cannot be a measurement; an abnormal one is accepted. The same form sent
twice reads the same, so it is one reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from api.capture import Observations
from api.web.presenters.moments import LONDON
from api.web.presenters.signs import label
from api.web.presenters.soft_signs import SOFT_SIGNS
from devices.emergency import EmergencySign
from devices.reading import NotObtained, SoftSign, Worry, WorryFrom
from devices.vital_signs import FACTS, Consciousness, VitalSign

NUMBERS = (
    VitalSign.RESPIRATION_RATE,
    VitalSign.SPO2,
    VitalSign.SYSTOLIC,
    VitalSign.DIASTOLIC,
    VitalSign.PULSE,
    VitalSign.TEMPERATURE,
)
# The key for a fault of the whole form.
WHOLE_FORM = "form"
# Just after midnight "23:50" means last night; this long after it, it is more likely a slip.
LAST_NIGHT = timedelta(hours=6)
# A bedside clock may be ahead of ours by this much.
AHEAD = timedelta(minutes=5)
# A form begun longer ago does not tell when its readings were taken.
OPEN_FOR = timedelta(minutes=15)
_LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent: its observations, or the fields to mend and why."""

    observations: Observations
    faults: Mapping[str, str] = field(default_factory=dict)


class _Reader:
    """Reads one form and gathers faults by field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.faults: dict[str, str] = {}

    def text(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def fault(self, name: str, sentence: str) -> None:
        self.faults.setdefault(name, sentence)


def read(fields: Mapping[str, str], reading_id: UUID, opened_at: datetime, now: datetime) -> Filled:
    """Read the fields of the capture form. Where there are faults, the observations must not be sent."""
    form = _Reader(fields)
    values, emergency = _values(form), _emergency_signs(form)
    observations = Observations(
        reading_id=reading_id,
        taken_at=_taken_at(form, opened_at, now),
        values=values,
        not_obtained=_not_obtained(form, values),
        soft_signs=_soft_signs(form),
        emergency_signs=emergency,
        phoned_999=bool(emergency),
        worry=_worry(form),
        note=_note(form),
        scheduled_full_set=form.text("round") == "yes",
    )
    said = (values, observations.not_obtained, observations.soft_signs, observations.worry, observations.note)
    if not any((emergency, *said)) and not form.faults:
        form.fault(
            WHOLE_FORM,
            "The form is empty: fill in at least one measurement, change, worry or note, then send it",
        )
    return Filled(observations, form.faults)


def _values(form: _Reader) -> dict[VitalSign, Any]:
    values: dict[VitalSign, Any] = {}
    for sign in NUMBERS:
        text = form.text(sign)
        if text and (number := _number(form, sign, text)) is not None:
            values[sign] = number
    _question_blood_pressure(form, values)
    if (consciousness := form.text(VitalSign.CONSCIOUSNESS)) in set(Consciousness):
        values[VitalSign.CONSCIOUSNESS] = consciousness
    if (oxygen := form.text(VitalSign.ON_OXYGEN)) in ("yes", "no"):
        values[VitalSign.ON_OXYGEN] = oxygen == "yes"
    elif oxygen:
        # This answer scores nothing, but keeps air from being assumed; no answer would not.
        values[VitalSign.ON_OXYGEN] = oxygen
    return values


def _question_blood_pressure(form: _Reader, values: Mapping[VitalSign, Any]) -> None:
    """Question two numbers that were probably swapped; a cuff never measures them so."""
    upper, lower = values.get(VitalSign.SYSTOLIC), values.get(VitalSign.DIASTOLIC)
    if upper is not None and lower is not None and upper <= lower:
        form.fault(VitalSign.SYSTOLIC, "The upper number must be above the lower one: look at both again")


def _number(form: _Reader, sign: VitalSign, text: str) -> int | float | None:
    possible = FACTS[sign].possible
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if possible is None or not possible.holds(number):
        low_high = f"{possible.low} to {possible.high}" if possible else "a number"
        form.fault(sign, f"{label(sign)} must be a number, {low_high}: look at it again")
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _not_obtained(form: _Reader, values: Mapping[VitalSign, Any]) -> dict[VitalSign, NotObtained]:
    reasons: dict[VitalSign, NotObtained] = {}
    for sign in VitalSign:
        why = form.text(f"not_obtained-{_shared(sign)}")
        if why not in set(NotObtained):
            continue
        if sign in values:
            form.fault(sign, f"{label(sign)} has both a value and a reason for having none: keep one of them")
        reasons[sign] = NotObtained(why)
    return reasons


def _shared(sign: VitalSign) -> VitalSign:
    """Return the sign a reason is given for; blood pressure is tried once, so one reason holds for both numbers."""
    return VitalSign.SYSTOLIC if sign is VitalSign.DIASTOLIC else sign


def _soft_signs(form: _Reader) -> dict[str, SoftSign]:
    answers = {code: form.text(f"soft-{code}") for code in SOFT_SIGNS}
    return {code: SoftSign(said) for code, said in answers.items() if said in set(SoftSign)}


def _emergency_signs(form: _Reader) -> dict[str, SoftSign]:
    """Return the signs for which the worker has phoned 999."""
    return {sign: SoftSign.PRESENT for sign in EmergencySign if form.text(f"emergency-{sign}") == "yes"}


def _worry(form: _Reader) -> Worry | None:
    who = form.text("worry")
    return Worry(by=WorryFrom(who)) if who in set(WorryFrom) else None


def _note(form: _Reader) -> str | None:
    note = form.text("note")
    if len(note) > _LONGEST_NOTE:
        form.fault("note", f"The note has {len(note)} characters; there is room for {_LONGEST_NOTE}")
    return note[:_LONGEST_NOTE] or None


def _taken_at(form: _Reader, opened_at: datetime, now: datetime) -> datetime:
    """Return the time given, otherwise when the form was sent by its own count, never the time of arrival.

    The arrival differs between two sendings of one form, and would make two readings of it.
    """
    elapsed = _counted(form, "elapsed")
    sent_at = opened_at + (elapsed or timedelta(0))
    if sent_at > now + OPEN_FOR:
        sent_at = opened_at
    if said := form.text("taken_time"):
        return _said_time(form, said, now if elapsed is None else sent_at)
    if now - _begun_at(form, opened_at, sent_at) > OPEN_FOR:
        form.fault(
            "taken_time", "This form has been open for a while: say at what time the readings were taken"
        )
    return sent_at


def _begun_at(form: _Reader, opened_at: datetime, sent_at: datetime) -> datetime:
    """Return when filling in began; where that was not counted, when the form was opened."""
    begun_at = opened_at + (_counted(form, "begun") or timedelta(0))
    return begun_at if begun_at <= sent_at else opened_at


def _counted(form: _Reader, name: str) -> timedelta | None:
    """Return how long after opening something was first done; None where nothing was counted."""
    text = form.text(name)
    return timedelta(milliseconds=int(text)) if text.isdecimal() and len(text) < 9 else None


def _said_time(form: _Reader, said: str, sent_at: datetime) -> datetime:
    """Return a time of day on the day the form was sent, or on the day before if the form says so.

    A time still to come is questioned: if it were taken as yesterday's, grave values would be stored as old ones.
    """
    here = sent_at.astimezone(LONDON)
    try:
        hour, minute = (int(part) for part in said.split(":")[:2])
        today = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        form.fault("taken_time", "The time must be hours and minutes, as 14:05")
        return sent_at
    yesterday = _latest(today - timedelta(days=1), sent_at)
    if form.text("taken_day") == "yesterday" and yesterday is not None:
        return yesterday
    if (moment := _latest(today, sent_at)) is not None:
        return moment
    if yesterday is not None and yesterday >= sent_at - LAST_NIGHT:
        return yesterday
    form.fault("taken_time", f"{today:%H:%M} has not come yet: mend the time, or say that it was yesterday")
    return sent_at


def _latest(shown: datetime, sent_at: datetime) -> datetime | None:
    """Return the latest moment, not in the future, at which a clock here shows this time; one hour in autumn occurs
    twice."""
    moments = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max((one for one in moments if one <= sent_at + AHEAD), default=None)
