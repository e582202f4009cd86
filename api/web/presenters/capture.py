"""The capture form and its answer, in the words of somebody at the bedside.

Guards: never says stored of what is not; a ceiling of treatment comes before whom to phone; no text advises
giving oxygen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from api.capture import Captured
from api.web.presenters import signs
from api.web.presenters.resident import ResidentView
from devices.receipt import CALL_999, CALL_HUB, MEASURE_PREFIX, Outcome
from devices.vital_signs import FACTS, Consciousness, VitalSign

AT_ONCE = (
    "chest pain",
    "signs of a stroke: face drooping, arm weakness, slurred speech",
    "a seizure that lasts more than 5 minutes, or one after another",
    "not breathing, choking, or heavy bleeding that does not stop",
)
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
    """One vital sign to type in."""

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
    """What the care worker is told at once."""

    stored: bool
    title: str
    kept: str
    act: tuple[str, ...]
    urgent: bool
    phone: str | None
    score: str | None
    needed: str | None
    told: str | None


def answer(captured: Captured, resident: ResidentView) -> Answer:
    """What became of the form, and what to do now."""
    stored = captured.outcome in (Outcome.STORED, Outcome.DUPLICATE)
    urgent = not stored or captured.next in (CALL_999, CALL_HUB)
    return Answer(
        stored=stored,
        title="Stored" if stored else "Not stored as a reading",
        kept=_kept(captured),
        act=_act(captured, resident, stored=stored),
        urgent=urgent,
        phone=_phone(captured, resident, stored=stored),
        score=_score(captured, resident) if stored else None,
        needed=_needed(captured) if stored else None,
        told="The hub has an escalation open for this resident." if captured.escalation_id else None,
    )


def _kept(captured: Captured) -> str:
    if captured.outcome is Outcome.STORED:
        return "The readings are stored, and the hub can see them."
    if captured.outcome is Outcome.DUPLICATE:
        return "These readings were stored before: sent twice, they count once."
    reason = f" ({signs.plain(captured.reason).lower()})" if captured.reason else ""
    return f"What you sent is kept for an operator to look at, but nobody at the hub sees it{reason}."


def _act(captured: Captured, resident: ResidentView, *, stored: bool) -> tuple[str, ...]:
    if not stored:
        return (f"Phone the hub and read the values out: {resident.hub_phone}.",)
    if captured.next == CALL_999:
        return ("Phone 999 now.", f"Then phone the hub: {resident.hub_phone}.")
    if captured.next == CALL_HUB:
        return (
            f"Phone the hub now: {resident.hub_phone}.",
            "If nobody answers in 5 minutes, or they get worse: phone 999.",
        )
    if captured.next.startswith(MEASURE_PREFIX):
        sign = captured.next.removeprefix(MEASURE_PREFIX)
        return (f"Measure this now, and send it: {signs.label(sign).lower()}.", _WORRIED)
    return ("Nothing more is needed now.", _WORRIED)


_WORRIED = "If you are worried, phone the hub whatever the score. In an emergency phone 999."


def _phone(captured: Captured, resident: ResidentView, *, stored: bool) -> str | None:
    if stored and captured.next == CALL_999:
        return "999"
    return resident.hub_phone if not stored or captured.next == CALL_HUB else None


def _score(captured: Captured, resident: ResidentView) -> str:
    if resident.no_score:
        return resident.no_score
    if captured.low is None or captured.high is None:
        return "These readings could not be scored: a person at the hub is asked to read them."
    air = captured.low == captured.high and not captured.complete
    return f"NEWS2 is {signs.bounds(captured.low, captured.high, assumed_air=air)}."


def _needed(captured: Captured) -> str | None:
    if not captured.deciding:
        return None
    return f"The score could change with what is missing: {signs.asked(captured.deciding)}."
