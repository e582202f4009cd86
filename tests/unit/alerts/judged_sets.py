"""Scored sets and a policy as the rules' tests need them: only what a test is about has to be said."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from alerts.policy import SHIPPED, Policy
from alerts.rules import Part, ScoredSet
from devices.vital_signs import VitalSign

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BODY: dict[str, Any] = SHIPPED.model_dump(exclude={"version"})


def policy(**changes: Any) -> Policy:
    return Policy(version="test", **(BODY | changes))


def scored(
    low: int = 0,
    high: int | None = None,
    *,
    parts: dict[VitalSign, tuple[int, Any]] | None = None,
    deciding: tuple[VitalSign, ...] = (),
    red: str = "no",
    **more: Any,
) -> ScoredSet:
    """`parts` as points and value by sign; complete unless something decides."""
    return ScoredSet(
        resident_id=UUID(int=41),
        effective_at=NOW,
        low=low,
        high=low if high is None else high,
        red=red,
        complete=not deciding,
        deciding=deciding,
        parts={sign: Part(points, points, _value(value)) for sign, (points, value) in (parts or {}).items()},
        **more,
    )


def _value(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
