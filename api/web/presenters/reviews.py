"""Reviews that are due, in words.

Guards: overdue is said in words, and that an overdue review ends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.reviews import Review
from api.web.presenters.limits import what_lies_beyond
from api.web.presenters.moments import calendar_day, london_day
from devices.vital_signs import FACTS, VitalSign

_PAGES = {"scale_two": "scale-two", "limit": "limits", "ceiling": "ceiling"}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One review."""

    resident_id: UUID
    name: str
    synthetic: bool
    home: str
    what: str
    by_when: str
    overdue: bool
    authorised: str
    page: str


def rows(reviews: Sequence[Review], now: datetime) -> tuple[ReviewRow, ...]:
    """Return reviews in words, in the order given."""
    return tuple(_row(one, now) for one in reviews)


def summary(reviews: Sequence[Review], now: datetime) -> str | None:
    """Return how many there are, for the queue's page, or None; synthetic residents are counted apart."""
    real = [one for one in reviews if not one.synthetic]
    made_up = len(reviews) - len(real)
    if not real:
        return f"Reviews due: {made_up}, all of them synthetic" if made_up else None
    overdue = sum(one.review_by <= now for one in real)
    said = f"Reviews due: {len(real)}" + (f", {overdue} overdue" if overdue else "")
    return f"{said} (and {made_up} synthetic)" if made_up else said


def _row(one: Review, now: datetime) -> ReviewRow:
    day = calendar_day(london_day(one.review_by))
    overdue = one.review_by <= now
    return ReviewRow(
        resident_id=one.resident_id,
        name=one.resident_name,
        synthetic=one.synthetic,
        home=one.home_name,
        what=f"{_what(one)}: {one.reason.rstrip('.')}",
        by_when=f"Overdue since {day}" if overdue else f"By {day}",
        overdue=overdue,
        authorised=(
            f"{one.clinician_name} ({one.regulator} {one.regulator_number}), "
            f"{calendar_day(london_day(one.decided_at))}"
        ),
        page=f"/residents/{one.resident_id}/{_PAGES[one.kind]}",
    )


def _what(one: Review) -> str:
    if one.sign is None:
        return f"Ceiling of treatment, “{one.statement}”" if one.statement else "Oxygen saturation on scale 2"
    label = FACTS[VitalSign(one.sign)].label
    return f"{label}, a limit of their own, {what_lies_beyond(one.sign, one.low, one.high)}"
