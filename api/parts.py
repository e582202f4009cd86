"""The parts of one api process, put together once by `create_app` and handed to every request.

Guards: no part is a global, so two apps in one process share nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import Request

from alerts.evaluator import Evaluator
from api.database import Pool
from api.fanout import Fanout, Pace
from api.identity.openid_provider import Provider
from api.identity.sealing import Sealer
from api.identity.throttle import Throttle
from api.latest import Latest
from api.metrics import Counts
from api.pulse import Pulse
from api.refreshes import Refreshes
from api.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Found:
    """The state of this process and of what it depends on, and whether requests may come here."""

    is_ready: bool
    says: dict[str, Any]


_NOT_KNOWN = Found(is_ready=False, says={"ready": False, "degraded": [], "checks": {}})


@dataclass(frozen=True, slots=True)
class Parts:
    """The settings, the pools, the counts and the clock."""

    settings: Settings
    pool: Pool
    door: Pool
    """Signed in as ingest: only the use cases that capture and correct readings may use it."""
    evaluator: Evaluator
    counts: Counts
    throttle: Throttle
    fanout: Fanout
    pace: Pace
    pulse: Pulse
    sealer: Sealer | None
    """None where no second step is required."""
    provider: Provider | None
    """The organisation's own sign-in service, where there is one."""
    clock: Clock
    refreshes: Refreshes = field(default_factory=Refreshes)
    readiness: Latest[Found] = field(default_factory=lambda: Latest(_NOT_KNOWN))

    @property
    def uses_https(self) -> bool:
        return not self.settings.demo


def parts_of(request: Request) -> Parts:
    """Return the parts of the app that this request came to."""
    return request.app.state.parts
