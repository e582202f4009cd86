"""The rule for a value outside a limit that a clinician has set for this resident.

Guards: it adds a finding and takes none away; score, red sign and the hub's own limits stay as they are. A
limit counts until it is revoked, even if its review is overdue.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from alerts.policy import Policy
from alerts.rules import AT_ANOTHER_TIME, Finding
from delegation.authority import PersonalLimit
from devices.vital_signs import FACTS, VitalSign

NOTHING_REMEMBERED: Mapping[VitalSign, Decimal] = MappingProxyType({})


def outside_own_limits(
    values: Mapping[VitalSign, Any],
    limits: Iterable[PersonalLimit],
    may_be: Collection[datetime],
    policy: Policy,
    remembered: Mapping[VitalSign, Decimal] = NOTHING_REMEMBERED,
) -> list[Finding]:
    """Return one finding that names every value outside its limit, or none.

    `values`: what one reading measured. `limits`: those in force at any of the times in `may_be` count.
    `remembered`: what its instrument measured at another time, for signs that have no newer value.
    """
    in_force = sorted((one for one in limits if any(map(one.in_force, may_be))), key=lambda one: one.sign)
    said = [words for one in in_force if (words := _outside(values.get(VitalSign(one.sign)), one))]
    said += [
        words
        for one in in_force
        if (words := _outside(remembered.get(VitalSign(one.sign)), one, f", {AT_ANOTHER_TIME}"))
    ]
    if not said:
        return []
    sentence = "; ".join(said)
    return [Finding("personal_limit", policy.personal_limit, f"{sentence[:1].upper()}{sentence[1:]}.")]


def _outside(value: Decimal | None, limit: PersonalLimit, when: str = "") -> str | None:
    if value is None:
        return None
    facts = FACTS[VitalSign(limit.sign)]
    measured = f"{facts.label.lower()} {facts.with_unit(value)}{when}"
    if limit.low is not None and value < limit.low:
        return f"{measured}, under their own limit of {limit.low}"
    if limit.high is not None and value > limit.high:
        return f"{measured}, over their own limit of {limit.high}"
    return None
