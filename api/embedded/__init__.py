"""PostgreSQL and an MQTT broker as child processes, for a machine that has neither.

Guards: the children end with the process that started them, however it ends.
"""

from api.embedded.broker import EmbeddedBroker
from api.embedded.postgres import EmbeddedPostgres
from api.embedded.process import EmbeddedServiceError, PortInUseError

__all__ = ["EmbeddedBroker", "EmbeddedPostgres", "EmbeddedServiceError", "PortInUseError"]
