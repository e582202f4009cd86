"""The capture form and its answer, in words for the bedside.

Guards: "stored" is said only of what is stored, and a time is always named. "Nothing is needed" is never said while a
rule has found something, a case is open or a vital sign is asked for. A score says which earlier measurements it
counts. A sign just refused is not asked for again, nor is 999 after it was phoned. No text advises giving oxygen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.capture import Captured, Observations
from api.queries.escalation import Escalation
from api.queries.scores import Score
from api.web.presenters import signs
from api.web.presenters.competence import not_covered
from api.web.presenters.moments import age, clock
from api.web.presenters.resident import ResidentView
from api.web.presenters.soft_signs import changes
from devices.emergency import EMERGENCY_LABELS
from devices.reading import NotObtained, SoftSign
from devices.receipt import CALL_999, CALL_HUB, MEASURE_PREFIX, Outcome
from devices.vital_signs import FACTS, Consciousness, VitalSign

AT_ONCE = EMERGENCY_LABELS
ACVPU: Mapping[Consciousness, str] = {
    Consciousness.ALERT: "Alert: awake and as they usually are",
    Consciousness.CONFUSION: "New confusion: more confused than they usually are. If unsure, choose this",
    Consciousness.VOICE: "Responds only when spoken to",
    Consciousness.PAIN: "Responds only to a firm squeeze or other pain",
    Consciousness.UNRESPONSIVE: "Does not respond at all",
}
OXYGEN = {"no": "No, breathing air", "yes": "Yes, on oxygen", "not_sure": "Not sure"}
REASONS = {
    "": "Measured, or not tried",
    "refused": "They refused",
    "absent": "They were asleep or away",
    "unrecordable": "Tried, but it gave no reading",
    "equipment": "Equipment missing or broken",
}


@dataclass(frozen=True, slots=True)
class NumberField:
    """A field for one vital sign."""

    name: str
    label: str
    suffix: str
    hint: str | None = None
    decimal: bool = False


NUMBERS = tuple(
    NumberField(sign, signs.label(sign), FACTS[sign].unit_shown, hint, sign is VitalSign.TEMPERATURE)
    for sign, hint in (
        (VitalSign.RESPIRATION_RATE, "Count the breaths for one full minute"),
        (VitalSign.SPO2, None),
        (VitalSign.PULSE, None),
        (VitalSign.TEMPERATURE, None),
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the care worker is told at once.

    `phone_first`: the number to ring now; the hub's is always shown.
    """

    stored: bool
    title: str
    kept: str
    act: tuple[str, ...]
    urgent: bool
    phone_first: str | None
    hub_phone: str
    score: str | None
    needed: str | None
    sign_off: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The filled-in form, its result, the resident's open case, and the score."""

    observations: Observations
    captured: Captured
    case: Escalation | None
    at: datetime
    scored: Score | None = None


def answer(sent: Sent, resident: ResidentView) -> Answer:
    """Return what became of the form, and what to do now."""
    captured = sent.captured
    stored = captured.outcome in (Outcome.STORED, Outcome.DUPLICATE)
    return Answer(
        stored=stored,
        title="Stored" if stored else "Not stored as a reading",
        kept=_kept(sent),
        act=_act(sent, resident, stored=stored),
        urgent=not stored or captured.next in (CALL_999, CALL_HUB) or (captured.old and captured.found),
        phone_first=_phone_first(captured, resident, stored=stored, phoned_999=sent.observations.phoned_999),
        hub_phone=resident.hub_phone,
        score=_score(sent, resident) if stored else None,
        needed=_needed(captured) if stored else None,
        sign_off=not_covered(captured.competence_lacking),
    )


def _kept(sent: Sent) -> str:
    captured = sent.captured
    when = f"taken {clock(sent.observations.taken_at, sent.at)} ({age(sent.observations.taken_at, sent.at)})"
    if captured.outcome is Outcome.STORED:
        if not sent.observations.values:
            return f"What you sent is stored as {when}, and the hub can see it."
        return f"The readings are stored as {when}, and the hub can see them."
    if captured.outcome is Outcome.DUPLICATE and not sent.observations.values:
        return f"What you sent, {when}, was stored before: sent twice, it counts once."
    if captured.outcome is Outcome.DUPLICATE:
        return f"These readings, {when}, were stored before: sent twice, they count once."
    reason = f" ({signs.plain(captured.reason).lower()})" if captured.reason else ""
    if captured.escalation_id is not None:
        return (
            f"What you sent could not be stored{reason}. The hub is told that it came, not what you measured."
        )
    return f"What you sent is kept for an operator to look at, but nobody at the hub sees it{reason}."


def _act(sent: Sent, resident: ResidentView, *, stored: bool) -> tuple[str, ...]:
    hub, captured = resident.hub_phone, sent.captured
    if not stored:
        first = ("Phone 999 now.",) if captured.next == CALL_999 and not sent.observations.phoned_999 else ()
        return (*first, f"Phone the hub and read the values out: {hub}.", *_tell_the_hub(sent.observations))
    if captured.next == CALL_999 and sent.observations.phoned_999:
        return (
            "You have phoned 999: do as they told you, and stay with them. If they get worse, phone 999 again.",
            f"Then phone the hub: {hub}.",
            *_tell_the_hub(sent.observations),
        )
    if captured.next == CALL_999:
        return ("Phone 999 now.", f"Then phone the hub: {hub}.", *_tell_the_hub(sent.observations))
    if captured.next == CALL_HUB:
        return (f"Phone the hub now: {hub}.", *_tell_the_hub(sent.observations), *_in_vain(sent.observations))
    return (*(_to_do(sent, hub) or [_calm(captured)]), _WORRIED)


def _tell_the_hub(said: Observations) -> list[str]:
    """Return what to tell the hub on the telephone besides the values."""
    lines = ["Tell the hub: 999 has been phoned."] if said.phoned_999 else []
    if changed := _changes(said):
        lines.append(f"Tell the hub what you saw: {changed}.")
    return lines


def _in_vain(said: Observations) -> list[str]:
    return [] if said.phoned_999 else ["If nobody answers in 5 minutes, or they get worse: phone 999."]


def _changes(said: Observations) -> str:
    """Return the soft signs that were seen, by name."""
    return changes(code for code, answer in said.soft_signs.items() if answer is SoftSign.PRESENT)


def _to_do(sent: Sent, hub: str) -> list[str]:
    """Return everything still to do, most pressing first."""
    captured, lines = sent.captured, []
    if captured.old:
        lines.append(
            f"{_what(sent)} too old to act on, and newer readings are known: nobody was called because of "
            f"{'them' if sent.observations.values else 'it'}. "
            f"If they are like this now, measure again and send it, or phone the hub: {hub}."
        )
    if captured.next.startswith(MEASURE_PREFIX):
        lines.append(_measure(sent, hub))
    if sent.case is not None:
        lines.append(_waiting(sent.case, sent.at, hub))
    elif captured.found and not captured.old:
        what = "these readings" if sent.observations.values else "what you sent"
        lines.append(f"The hub has dealt with {what}: its answer is on the resident's page.")
    if changed := _changes(sent.observations):
        then = "The hub can see it." if lines else "Look in on them again soon, and tell whoever comes next."
        lines.append(f"You saw a change in them: {changed}. {then}")
    return lines


def _what(sent: Sent) -> str:
    return "These readings are" if sent.observations.values else "What you sent is"


def _measure(sent: Sent, hub: str) -> str:
    """Return the next sign to measure, leaving out those just refused."""
    refused = {sign for sign, why in sent.observations.not_obtained.items() if why is NotObtained.REFUSED}
    wanted = [sent.captured.next.removeprefix(MEASURE_PREFIX), *sent.captured.deciding]
    left = next((sign for sign in wanted if sign not in refused), None)
    if left is None:
        return f"They refused: {_named(wanted)}. The hub decides without it: phone it and say so, {hub}."
    return f"Measure this now, and send it: {_named([left])}. If you cannot, phone the hub: {hub}."


def _named(wanted: Sequence[str]) -> str:
    return signs.asked(wanted) or signs.label(wanted[0]).lower()


def _waiting(case: Escalation, at: datetime, hub: str) -> str:
    if case.deadline_at <= at:
        return f"The hub was told, and has not answered in time: phone it now, {hub}."
    by = f"answer by {clock(case.deadline_at, at)}"
    if case.claimed_by:
        return f"The hub has been told: {case.claimed_by_name or 'somebody there'} is looking at it, and is to {by}."
    return f"The hub has been told, and is to {by}."


def _calm(captured: Captured) -> str:
    if captured.complete or captured.low is None or captured.low == captured.high:
        return "Nothing more is needed now."
    return "Nothing in what is known calls for the hub. A full set of observations would say more."


_WORRIED = "If you are worried, phone the hub whatever the score. In an emergency phone 999."


def _phone_first(captured: Captured, resident: ResidentView, *, stored: bool, phoned_999: bool) -> str | None:
    if captured.next == CALL_999 and not phoned_999:
        return "999"
    return resident.hub_phone if not stored or captured.next in (CALL_HUB, CALL_999) else None


def _score(sent: Sent, resident: ResidentView) -> str | None:
    captured = sent.captured
    if resident.no_score:
        return resident.no_score
    if captured.low is None or captured.high is None:
        if captured.old or not sent.observations.values:
            return None
        return "These readings could not be scored: a person at the hub is asked to read them."
    bounds = signs.bounds(captured.low, captured.high, assumed_air=captured.assumed_air)
    return " ".join([f"NEWS2 is {bounds}.", *_measured_before(sent)])


def _measured_before(sent: Sent) -> list[str]:
    """Return which scored signs came with earlier readings: a few new signs may say little about now."""
    if sent.scored is None:
        return []
    earlier: dict[str, list[str]] = {}
    parts = sent.scored.parts
    for sign in signs.SCORED:
        if "value" in parts.get(sign, {}) and UUID(parts[sign]["reading"]) != sent.observations.reading_id:
            at = clock(datetime.fromisoformat(parts[sign]["effective_at"]), sent.at)
            earlier.setdefault(at, []).append(signs.known_inside(sign, parts[sign]["value"]))
    said = [f"{signs.listed(values)} of {at}" for at, values in sorted(earlier.items())]
    return [f"It also counts {'; '.join(said)}."] if said else []


def _needed(captured: Captured) -> str | None:
    if not captured.deciding:
        return None
    return f"The score could change with what is missing: {signs.asked(captured.deciding)}."
