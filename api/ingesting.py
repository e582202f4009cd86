"""The ingest process: one worker between the broker and the database, with alerts as its evaluator.

Guards: it ends only between batches, so nothing under way is acknowledged by halves.
"""

import gc
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.evaluator import Evaluator
from api.settings import DatabaseRole, Settings
from api.watch import watched
from ingest.consumer import Broker, Consumer
from ingest.heartbeat import QUIET_AFTER, Beating
from ingest.worker import Worker

# A commit must be on the disk before it is answered, whatever the database's default is.
# The same few questions are asked for every batch, so each is planned once.
_OPTIONS = "-c synchronous_commit=on -c plan_cache_mode=force_generic_plan"


def ingest(
    settings: Settings, stopping: threading.Event, name: str, partitions: Sequence[int] | None
) -> None:
    """Work until told to stop. `name` tells this worker from others at the broker."""
    consumer = Consumer(_broker(settings, name), name, partitions)
    worker = Worker(_connector(settings), consumer, Evaluator())
    registry = CollectorRegistry()
    registry.register(_Counts(worker, consumer))
    watch = settings.watch
    _spare_the_collector()
    with watched(watch.host, watch.port, lambda: health(worker, consumer, datetime.now(UTC)), registry):
        consumer.start()
        try:
            worker.run(stopping)
        finally:
            consumer.stop()


def _spare_the_collector() -> None:
    """A batch makes some hundred thousand objects and no cycles: it is over before anybody looks for some."""
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 20)


def health(worker: Worker, consumer: Consumer, at: datetime) -> Mapping[str, Any]:
    """Whether it can do its work, whether the broker is reached, and for how long the oldest message has waited."""
    oldest = consumer.oldest_waiting()
    behind = (at - oldest).total_seconds() if oldest else 0.0
    beat_at = worker.tally.beat_at
    return {
        "status": "alive",
        "ready": beat_at is not None and at - beat_at <= QUIET_AFTER[Beating.INGEST],
        "connected": consumer.connected.is_set(),
        "behind_seconds": behind,
    }


def _broker(settings: Settings, name: str) -> Broker:
    """Each worker signs in as a user of its own: a second session of one user would end the first."""
    broker = settings.broker
    return Broker(
        host=settings.broker_host(),
        port=broker.port,
        username=f"{broker.username}-{name}" if broker.username else None,
        password=broker.password.get_secret_value() if broker.password else None,
        ca_file=str(broker.ca_file) if broker.ca_file else None,
    )


def _connector(settings: Settings) -> Callable[[], psycopg.Connection[Any]]:
    conninfo = settings.conninfo(DatabaseRole.INGEST)
    return lambda: psycopg.connect(conninfo, autocommit=True, options=_OPTIONS)


class _Counts(Collector):
    """The worker's tally, read when Prometheus asks."""

    def __init__(self, worker: Worker, consumer: Consumer) -> None:
        self._worker = worker
        self._consumer = consumer

    def collect(self) -> Iterable[Metric]:
        tally = self._worker.tally
        yield _counter("messages", "Messages settled.", tally.messages)
        yield _counter("batches", "Transactions.", tally.batches)
        yield _counter("retries", "Times the database had to be tried again.", tally.retries)
        yield _counter("redelivered", "Messages the broker sent again.", self._consumer.redelivered)
        outcomes = CounterMetricFamily(
            "hearthwatch_ingest_readings", "Readings settled, by outcome.", labels=["outcome"]
        )
        for outcome, count in sorted(tally.outcomes.items()):
            outcomes.add_metric([outcome], count)
        yield outcomes
        now = health(self._worker, self._consumer, datetime.now(UTC))
        yield GaugeMetricFamily(
            "hearthwatch_ingest_behind_seconds", "How long the oldest message waits.", now["behind_seconds"]
        )
        yield GaugeMetricFamily(
            "hearthwatch_ingest_connected", "1 while connected to the broker.", now["connected"]
        )


def _counter(name: str, says: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"hearthwatch_ingest_{name}", says, value)
