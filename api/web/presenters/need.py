"""The order in which a care worker turns to residents on a round.

Guards: an open escalation comes before any round, the gravest first. Residents who are away come last, unless a case is
open or something is asked. The order does not depend on the query's.
"""

from collections.abc import Sequence

from alerts.policy import Severity
from api.web.presenters.home import ResidentRow
from api.web.presenters.rounds import State

_ROUND = (
    State.OVERDUE,
    State.INCOMPLETE_OVERDUE,
    State.INCOMPLETE,
    State.DUE,
    State.DONE_LATE,
    State.DONE,
    State.LATER,
    State.PAUSED,
)


def by_need(rows: Sequence[ResidentRow]) -> tuple[ResidentRow, ...]:
    """Sort by open escalations (gravest first), what was asked, the round, absence, and name."""
    return tuple(sorted(rows, key=_place))


def _place(row: ResidentRow) -> tuple[int, bool, int, str]:
    gravity = len(Severity) if row.open is None else Severity(row.open.severity).rank
    return gravity, row.ask is None, _round(row), row.name


def _round(row: ResidentRow) -> int:
    if row.paused is not None:
        return _ROUND.index(State.PAUSED)
    return 0 if row.now is None else _ROUND.index(row.now.state)
