"""Two decide about one resident at the same time: the second is told, and nothing is ended unseen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
import pytest

from delegation.decisions import ceiling, monitoring_pause, personal_limit, scale_two
from delegation.decisions.decision import DecidedMeanwhileError
from delegation.decisions.monitoring_pause import Away
from delegation.decisions.registers import Regulator
from delegation.people import Actor, actor_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.meanwhile import meanwhile

API = "hearthwatch_api"
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
SAID: dict[str, Any] = {
    "clinician_name": "Dr Synthetic",
    "regulator": Regulator.GMC,
    "regulator_number": "1234567",
    "decided_on": NOW.date(),
    "review_on": NOW.date() + timedelta(days=90),
    "reason": "A gas of today",
}
SCALE_TWO = scale_two.Decision(**SAID, hypercapnic_failure_confirmed=True, target_88_to_92=True)
AWAY = Away(reason="In hospital", starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=3))
CEILING = ceiling.Decision(**SAID, statement="Treat at home, not for hospital")
LIMIT = personal_limit.Decision(**SAID, sign="pulse", low=None, high=Decimal(80))

Conn = psycopg.Connection[Any]
Act = Callable[[Conn, Actor], Any]


class Kind(NamedTuple):
    """How a decision is recorded, in the place of the one seen, and ended; and which of them hold."""

    record: Callable[[Conn, Actor, datetime, UUID | None], UUID]
    revoke: Callable[[Conn, Actor, datetime, UUID], None]
    holding: LiteralString


KINDS = [
    pytest.param(
        Kind(
            lambda conn, actor, at, seen: scale_two.authorise(conn, actor, n.AMARA, SCALE_TWO, at, seen),
            lambda conn, actor, at, seen: scale_two.revoke(conn, actor, n.AMARA, "Normal", at, seen),
            "SELECT authorisation_id FROM delegation.spo2_scale_authorisation WHERE revoked_at IS NULL"
            " ORDER BY starts_at DESC",
        ),
        id="scale 2",
    ),
    pytest.param(
        Kind(
            lambda conn, actor, at, seen: personal_limit.decide(conn, actor, n.AMARA, LIMIT, at, seen),
            lambda conn, actor, at, seen: personal_limit.revoke(
                conn, actor, n.AMARA, "pulse", "Normal", at, seen
            ),
            "SELECT limit_id FROM delegation.personal_limit WHERE revoked_at IS NULL",
        ),
        id="limit",
    ),
    pytest.param(
        Kind(
            lambda conn, actor, at, seen: ceiling.decide(conn, actor, n.AMARA, CEILING, at, seen),
            lambda conn, actor, at, seen: ceiling.revoke(conn, actor, n.AMARA, "Normal", at, seen),
            "SELECT ceiling_id FROM delegation.ceiling WHERE revoked_at IS NULL",
        ),
        id="ceiling",
    ),
    pytest.param(
        Kind(
            lambda conn, actor, at, seen: monitoring_pause.begin(conn, actor, n.AMARA, AWAY, at, seen),
            lambda conn, actor, at, seen: monitoring_pause.end(conn, actor, n.AMARA, seen, at),
            "SELECT pause_id FROM delegation.monitoring_pause WHERE ended_by IS NULL",
        ),
        id="pause",
    ),
]


def done(database: Database, who: UUID, act: Act) -> Any:
    with database.connect(API) as conn:
        return act(conn, actor_of(conn, who))


def at_once(database: Database, first: Act, second: Act) -> Any:
    """What became of the first; the second begins before it is committed, and is told that it is late."""
    with database.connect(API) as conn:
        became = first(conn, actor_of(conn, n.CLINICIAN))
        other = meanwhile(database, conn, lambda: done(database, n.HUB_LEAD, second))
    with pytest.raises(DecidedMeanwhileError, match="A colleague has just recorded"):
        other.result()
    return became


def holding(database: Database, kind: Kind) -> list[UUID]:
    with database.connect() as owner:
        return [decided for (decided,) in owner.execute(kind.holding).fetchall()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_review_that_is_recorded_while_somebody_revokes_is_not_ended_unseen(
    kind: Kind, neighbourhood: Database
) -> None:
    seen = done(neighbourhood, n.CLINICIAN, lambda conn, actor: kind.record(conn, actor, NOW, None))
    review = at_once(
        neighbourhood,
        lambda conn, actor: kind.record(conn, actor, NOW + n.minutes(2), seen),
        lambda conn, actor: kind.revoke(conn, actor, NOW + n.minutes(1), seen),
    )
    assert holding(neighbourhood, kind)[0] == review


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_decide_first_one_does(kind: Kind, neighbourhood: Database) -> None:
    first = at_once(
        neighbourhood,
        lambda conn, actor: kind.record(conn, actor, NOW + n.minutes(1), None),
        lambda conn, actor: kind.record(conn, actor, NOW, None),
    )
    assert holding(neighbourhood, kind) == [first]
