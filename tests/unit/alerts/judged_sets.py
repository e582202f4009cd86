"""Scored sets and a policy as the rules' tests need them: only what a test is about has to be said."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from alerts.policy import Policy
from alerts.rules import Part, ScoredSet
from devices.vital_signs import VitalSign

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BODY: dict[str, Any] = {
    "window": 30,
    "high_from": 7,
    "medium_from": 5,
    "deadline": {"high": 15, "medium": 60, "low_medium": 60, "concern": 120, "silent": 240},
    "act_within": 240,
    "answer_within": 30,
    "red_vital_sign": "low_medium",
    "could_not_be_excluded": "low_medium",
    "unrecordable": "low_medium",
    "unresponsive": "high",
    "unscored": "high",
    "without_score": "low_medium",
    "personal_limit": "low_medium",
    "limits": {"respiration_rate": [9, 24], "spo2": [92, 100], "temperature": [35.1, 39.0]},
    "silent_after_hours": 26,
    "kit_quiet_after": 240,
    "kit_silent_after_hours": 12,
}


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
