"""The rules: what a scored reading gives reason to say, each a pure function that returns findings.

Guards: low bounds act at once. What cannot be excluded is asked for, and not assumed either way. No text
advises giving oxygen.

Source: Royal College of Physicians, NEWS2, 2017; its thresholds are data in the policy.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from alerts.policy import Policy, Severity
from devices.emergency import EMERGENCY_LABELS
from devices.receipt import CALL_999, CALL_HUB, NOTHING, measure
from devices.vital_signs import FACTS, VitalSign

RULES_VERSION = "rules-3"
# Rules whose sentences are about a score. The sentences of other rules hold whatever the score.
ABOUT_SCORE = frozenset({"score_threshold", "could_not_be_excluded", "rise"})
AT_ANOTHER_TIME = "which its instrument measured at another time"
# Rules that compare a value with the resident's own values or limits; they say nothing about missing signs.
OF_THEIR_OWN = frozenset({"drift", "personal_limit"})
# Rules beside NEWS2 never take its place: in a hub's queue, any other sentence as grave is shown first.
BESIDE = OF_THEIR_OWN | {"trend", "soft_signs"}
# A reading was somebody else's. A case that rested on it says so until a finding of the resident's own is as
# grave.
NOT_THEIRS = "not_theirs"
YIELDING = BESIDE | {NOT_THEIRS}

_LABELS = {sign: facts.label for sign, facts in FACTS.items()}
# For codes from the database: a sign that this version does not know is called by its code.
_LABELS_BY_CODE = {str(sign): label for sign, label in _LABELS.items()}


class Part(NamedTuple):
    """One parameter's share of a score, and the value it rests on.

    A tuple, because each score makes seven and tuples are quick to make.
    """

    low: int
    high: int
    value: Any = None
    effective_at: datetime | None = None
    kit_id: UUID | None = None
    reading_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ScoredSet:
    """A score at one moment, with all that the rules look at. `parts` by the sign that gives them."""

    resident_id: UUID
    effective_at: datetime
    low: int
    high: int
    red: str
    complete: bool
    deciding: tuple[VitalSign, ...]
    parts: Mapping[VitalSign, Part]
    spo2_scale: int = 1
    assumed_air: bool = False
    unrecordable: frozenset[VitalSign] = frozenset()
    soft_signs: tuple[str, ...] = ()
    emergency_signs: tuple[str, ...] = ()
    phoned_999: bool = False
    worry: str | None = None
    scheduled: bool = False
    confirm: tuple[VitalSign, ...] = ()
    """Values that are hard to believe."""
    repeat: tuple[VitalSign, ...] = ()
    """Values that two instruments do not agree on."""
    remembered: Mapping[VitalSign, Decimal] = field(default_factory=dict)
    """What instruments measured at another time, nobody can say when: no part of the score."""
    clock_unset: bool = False
    """Whether its instrument's clock was never set: all that it measured is to be confirmed, however usual."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule concluded."""

    rule: str
    severity: Severity
    sentence: str
    also: tuple[tuple[tuple[UUID, UUID], datetime], ...] = ()
    """Earlier readings (kit, reading) that it rests on beside those of the score, each with its time."""


def findings(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """Return all that the rules find, gravest first."""
    found = [
        *emergency(scored),
        *_threshold(scored, policy),
        *_unresponsive(scored, policy),
        *_red_sign(scored, policy),
        *_unrecordable(scored, policy),
        *_worry(scored),
    ]
    return sorted(found, key=lambda one: one.severity.rank)


def unscored_findings(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """Return what the rules find for a resident whom NEWS2 does not fit, gravest first.

    Each value is compared with the policy's limits; concern counts as for anybody.
    """
    found = [
        *emergency(scored),
        *_unresponsive(scored, policy),
        *_outside_limits(scored, policy),
        *_unrecordable(scored, policy),
        *_worry(scored),
        *_soft_signs(scored),
    ]
    return sorted(found, key=lambda one: one.severity.rank)


def asks(scored: ScoredSet, policy: Policy) -> bool:
    """Return whether the could-not-be-excluded clock runs: a missing sign decides, and something points that way.

    A single normal value has a high upper bound too. It starts no clock, or questions would flood the hub.
    """
    if policy.could_not_be_excluded is None or not scored.deciding or _acts_at_once(scored, policy):
        return False
    points = any(part.low >= 1 for part in scored.parts.values())
    points = points or any(_is_outside(sign, scored.remembered[sign], policy) for sign in _to_measure(scored))
    return points or bool(scored.soft_signs) or scored.worry is not None or scored.scheduled


def next_step(scored: ScoredSet, policy: Policy) -> str:
    """Return what the worker does now at the bedside, without waiting for the hub."""
    if goes_to_999(scored.emergency_signs, _consciousness(scored)):
        return CALL_999
    if scored.low >= policy.high_from or _is_extreme(scored):
        return CALL_HUB
    deciding = scored.deciding if _acts_at_once(scored, policy) or asks(scored, policy) else ()
    wanted = [*deciding, *sorted(scored.unrecordable), *scored.confirm, *scored.repeat, *_to_measure(scored)]
    return measure(wanted[0]) if wanted else NOTHING


def _to_measure(scored: ScoredSet) -> list[VitalSign]:
    """Return the signs that count in a score and have only a remembered value."""
    return [sign for sign in remembered_alone(scored) if sign is not VitalSign.DIASTOLIC]


def remembered_alone(scored: ScoredSet) -> dict[VitalSign, Decimal]:
    """Return remembered values of signs that have no newer value.

    A newer systolic pressure replaces a remembered diastolic too: both are measured at once.
    """
    known = {sign for sign, part in scored.parts.items() if part.value is not None}
    if VitalSign.SYSTOLIC in known:
        known.add(VitalSign.DIASTOLIC)
    return {sign: value for sign, value in scored.remembered.items() if sign not in known}


def goes_to_999(emergency_signs: Collection[str], consciousness: Any) -> bool:
    """Return whether 999 comes first, whatever was scored."""
    return bool(emergency_signs) or consciousness in _WORST


def straight_to_999(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """Return what goes straight to 999; it is said even when scoring or storing fails."""
    return [*emergency(scored), *_unresponsive(scored, policy)]


def _is_extreme(scored: ScoredSet) -> bool:
    """Return whether a value scores 3 and is hard to believe.

    Such a value is acted on while it is repeated (clinical default, ours).
    """
    return any((part := scored.parts.get(sign)) is not None and part.low == 3 for sign in scored.confirm)


def could_not_be_excluded(low: int, high: int, deciding: Sequence[str], policy: Policy) -> list[Finding]:
    """Return the finding for a question that nobody answered in time."""
    if policy.could_not_be_excluded is None:
        return []
    wanted = ", ".join(_LABELS_BY_CODE.get(sign, sign.replace("_", " ")).lower() for sign in deciding)
    sentence = f"NEWS2 is between {low} and {high}. Asked for, and not measured in time: {wanted}."
    return [Finding("could_not_be_excluded", policy.could_not_be_excluded, sentence)]


def _acts_at_once(scored: ScoredSet, policy: Policy) -> bool:
    """Return whether what is certain is enough to escalate."""
    return scored.low >= policy.medium_from or (scored.red == "yes" and policy.red_vital_sign is not None)


def emergency(scored: ScoredSet) -> list[Finding]:
    """Return the finding for emergency signs, which go straight to 999 whatever was measured."""
    if not scored.emergency_signs:
        return []
    signs = _capitalised("; ".join(_emergency_words(sign) for sign in scored.emergency_signs))
    phoned = "999 has been phoned" if scored.phoned_999 else "It is not known that 999 has been phoned"
    return [Finding("emergency_sign", Severity.HIGH, f"{signs}. {phoned}.")]


def _emergency_words(sign: str) -> str:
    return EMERGENCY_LABELS.get(sign, f"an emergency called {sign.replace('_', ' ')}")


def _threshold(scored: ScoredSet, policy: Policy) -> list[Finding]:
    if scored.low < policy.medium_from:
        return []
    severity = Severity.HIGH if scored.low >= policy.high_from else Severity.MEDIUM
    score = str(scored.low) if scored.complete else bounds(scored.low, scored.high)
    assumed = ", air assumed" if scored.assumed_air else ""
    reasons = [_labelled(scored, sign) for sign, part in _by_weight(scored) if part.low >= 1]
    return [Finding("score_threshold", severity, f"NEWS2 is {score}{assumed}: {_listed(reasons)}.")]


def _red_sign(scored: ScoredSet, policy: Policy) -> list[Finding]:
    if policy.red_vital_sign is None or scored.red != "yes" or scored.low >= policy.medium_from:
        return []
    red = [sign for sign, part in _by_weight(scored) if part.low == 3]
    if not red:
        return []
    signs = _listed([_labelled(scored, sign) for sign in red])
    return [Finding("red_vital_sign", policy.red_vital_sign, f"{signs}: scores 3 by itself.")]


def _unresponsive(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """Return the finding for a resident who responds only to pain, or not at all.

    It scores 3, as new confusion does, but it cannot wait as long.
    """
    if _consciousness(scored) not in _WORST:
        return []
    words = _capitalised(_labelled(scored, VitalSign.CONSCIOUSNESS))
    return [Finding("unresponsive", policy.unresponsive, f"{words}: urgent whatever the score.")]


def _outside_limits(scored: ScoredSet, policy: Policy) -> list[Finding]:
    doubted = () if scored.clock_unset else scored.confirm
    remarked = [
        _labelled(scored, sign)
        for sign, part in scored.parts.items()
        if sign in doubted or _is_remarkable(sign, part.value, policy)
    ]
    remarked += [
        f"{_LABELS[sign].lower()} {FACTS[sign].with_unit(value)}, {AT_ANOTHER_TIME}"
        for sign, value in remembered_alone(scored).items()
        if _is_remarkable(sign, value, policy)
    ]
    if not remarked:
        return []
    sentence = f"{_listed(remarked)}: outside this hub's limits. NEWS2 is not used for this resident."
    return [Finding("outside_limits", policy.without_score, sentence)]


def _is_remarkable(sign: VitalSign, value: Any, policy: Policy) -> bool:
    """Return whether a value is outside the hub's limits, or hard to believe."""
    usual = FACTS[sign].unsurprising
    hard_to_believe = usual is not None and value is not None and not usual.holds(value)
    return hard_to_believe or _is_outside(sign, value, policy)


def _is_outside(sign: VitalSign, value: Any, policy: Policy) -> bool:
    if sign is VitalSign.CONSCIOUSNESS:
        return value is not None and value != "A"
    if sign not in policy.limits or value is None:
        return False
    low, high = policy.limits[sign]
    return not low <= value <= high


def _soft_signs(scored: ScoredSet) -> list[Finding]:
    """Return the finding for soft signs of a resident without a score: each is a concern by itself."""
    if not scored.soft_signs:
        return []
    signs = _listed([sign.replace("_", " ") for sign in scored.soft_signs])
    return [Finding("soft_sign", Severity.CONCERN, f"{signs}: noticed. NEWS2 is not used for this resident.")]


def _unrecordable(scored: ScoredSet, policy: Policy) -> list[Finding]:
    if not scored.unrecordable:
        return []
    signs = ", ".join(_LABELS[sign].lower() for sign in sorted(scored.unrecordable))
    return [Finding("unrecordable", policy.unrecordable, f"No signal could be recorded: {signs}.")]


def _worry(scored: ScoredSet) -> list[Finding]:
    if scored.worry is None:
        return []
    who = {"resident": "The resident", "family": "The family", "staff": "A member of staff"}[scored.worry]
    return [Finding("worry", Severity.CONCERN, f"{who} is worried.")]


_WORST = ("P", "U")


def _consciousness(scored: ScoredSet) -> Any:
    part = scored.parts.get(VitalSign.CONSCIOUSNESS)
    return part.value if part is not None else None


def bounds(low: int, high: int) -> str:
    """Return the words for a score where something is missing."""
    return f"at least {low}" if high - low > 6 else f"{low} to {high}"


def _by_weight(scored: ScoredSet) -> list[tuple[VitalSign, Part]]:
    return sorted(scored.parts.items(), key=lambda item: -item[1].low)


def _labelled(scored: ScoredSet, sign: VitalSign) -> str:
    part = scored.parts.get(sign)
    value = part.value if part is not None else None
    facts = FACTS[sign]
    if sign is VitalSign.ON_OXYGEN:
        return "on oxygen" if value else "on air"
    if sign is VitalSign.CONSCIOUSNESS:
        words = {"A": "alert", "C": "newly confused", "V": "responds to voice", "P": "responds only to pain"}
        return words.get(str(value), "unresponsive")
    scale = " (scale 2)" if sign is VitalSign.SPO2 and scored.spo2_scale == 2 else ""
    return f"{facts.label.lower()} {facts.with_unit(value)}{scale}"


def _listed(items: Sequence[str]) -> str:
    return _capitalised(", ".join(items))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
