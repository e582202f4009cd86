"""A resident's own limits in words: what is remarked on, whose decision it is, and whether its review is due.

Guards: an overdue review is shown and ends nothing. A limit is never said to weaken another rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from api.queries.limits import Limit
from api.web.presenters.decided import decided, review, revoked
from delegation.decisions.personal_limit import SIGNS
from devices.vital_signs import FACTS, VitalSign


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit."""

    sign: str
    label: str
    range: str
    decided: str
    review: str
    overdue: bool


def views(limits: Iterable[Limit], now: datetime) -> list[LimitView]:
    """Return the limits in the order of the chart."""
    return [view(one, now) for one in sorted(limits, key=lambda one: SIGNS.index(one.sign))]


def revoked_views(limits: Iterable[Limit]) -> list[str]:
    """Return what is no longer remarked on, since when, and why."""
    return [
        f"{FACTS[VitalSign(one.sign)].label} {what_lies_beyond(one.sign, one.low, one.high)}: {revoked(one)}"
        for one in sorted(limits, key=lambda one: SIGNS.index(one.sign))
    ]


def view(one: Limit, now: datetime) -> LimitView:
    """Return one limit in words."""
    return LimitView(
        sign=one.sign,
        label=FACTS[VitalSign(one.sign)].label,
        range=what_lies_beyond(one.sign, one.low, one.high),
        decided=decided(one),
        review=review(one, now),
        overdue=one.review_by <= now,
    )


def what_lies_beyond(sign: str, low: Decimal | None, high: Decimal | None) -> str:
    """Return which values are remarked on: "under 90 or over 140 mmHg"."""
    ends = [f"under {low:f}"] if low is not None else []
    ends += [f"over {high:f}"] if high is not None else []
    return FACTS[VitalSign(sign)].with_unit(" or ".join(ends))


def choices() -> list[tuple[str, str]]:
    """Return the vital signs that may have a limit, each with its unit."""
    return [(sign, _named(VitalSign(sign))) for sign in SIGNS]


def _named(sign: VitalSign) -> str:
    facts = FACTS[sign]
    return f"{facts.label} ({facts.unit_shown})" if facts.unit_shown else facts.label
