"""PostgreSQL and an MQTT broker as child processes, for a machine that has neither.

Nothing here outlives the process that started it, however that process ends.
"""

from api.embedded.broker import EmbeddedBroker
from api.embedded.postgres import EmbeddedPostgres
from api.embedded.process import EmbeddedServiceError, PortInUseError

__all__ = ["EmbeddedBroker", "EmbeddedPostgres", "EmbeddedServiceError", "PortInUseError"]
