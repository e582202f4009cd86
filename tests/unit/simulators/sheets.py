"""Kit sheets without a database or a broker behind them."""

from datetime import UTC, datetime

from api.seed import neighbourhood
from devices.kits import Broker, KitSheet

TEN_O_CLOCK = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
NOWHERE = Broker(host="127.0.0.1", port=1)


def sheet(homes: int = 3, residents_per_home: int = 12, seed: int = 1) -> KitSheet:
    """The sheet of a made-up neighbourhood; its secrets are random, all else comes from the seed."""
    made = neighbourhood(homes=homes, residents_per_home=residents_per_home, seed=seed, at=TEN_O_CLOCK)
    return KitSheet(broker=NOWHERE, kits=tuple(made.kits))
