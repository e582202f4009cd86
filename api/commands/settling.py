"""Put a synthetic neighbourhood into the configured database and write its kit sheet.

Guards: the sheet is on disk before the neighbourhood is committed; otherwise its kits' secrets could be lost.
"""

from datetime import UTC, datetime
from pathlib import Path

from api.commands.owner import Run
from api.seed import Seeded
from api.seed import seed as write_neighbourhood
from api.settings import Settings
from devices.kits import Broker


def settle(settings: Settings, kits: Path, *, homes: int, residents_per_home: int, seed: int) -> Seeded:
    """Seed an empty database. Raises AlreadySeededError where it is not empty."""
    broker = Broker(host=settings.broker_host(), port=settings.broker.port, ca_file=settings.broker.ca_file)
    with Run(settings).connect() as conn:
        seeded = write_neighbourhood(
            conn,
            homes=homes,
            residents_per_home=residents_per_home,
            seed=seed,
            at=datetime.now(UTC),
            broker=broker,
        )
        seeded.sheet.write(kits)
    return seeded
