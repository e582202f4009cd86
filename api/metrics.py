"""The counters of one api process, for Prometheus.

Guards: a label is a route's template, a method or a kind of outcome, never an id or a name, so the page can be public.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Counts:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hearthwatch_http_requests",
            "Requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "hearthwatch_http_seconds",
            "How long a request took until its answer began.",
            ["route", "method"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sign_ins = Counter(
            "hearthwatch_sign_ins", "Attempts to sign in, by outcome.", ["outcome"], registry=self.registry
        )
        self.glass = Counter(
            "hearthwatch_break_glass",
            "Tries to open a record from outside the resident's hub, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.streams = Gauge(
            "hearthwatch_hub_streams", "Hub pages that follow the stream now.", registry=self.registry
        )
        self.events = Counter(
            "hearthwatch_hub_events", "Events put in the queues of hub pages.", registry=self.registry
        )
        self.overflows = Counter(
            "hearthwatch_hub_overflows", "Hub pages cut off for falling behind.", registry=self.registry
        )
        self.listening = Gauge(
            "hearthwatch_listening", "1 while the database's notifications are heard.", registry=self.registry
        )

    def page(self) -> bytes:
        return generate_latest(self.registry)
