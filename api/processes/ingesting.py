"""The ingest process: one worker between broker and database, with alerts as its evaluator.

Guards: it stops only between batches, so no batch is acknowledged in part.
"""

import gc
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.evaluator import Evaluator
from api.processes.watch import watched
from api.settings import DatabaseRole, Settings
from ingest.worker.consumer import Broker, Consumer
from ingest.worker.heartbeat import QUIET_AFTER, Beating
from ingest.worker.leases import EXPIRES_AFTER
from ingest.worker.tenure import Tenure
from ingest.worker.worker import Worker

_PATIENCE = f"{EXPIRES_AFTER.total_seconds():.0f}s"
# A commit must be on disk before it is acknowledged, whatever the database's default. Every batch asks the same few
# questions, so each is planned once. A worker that stops in mid-transaction, or whose machine is gone, must not lock
# its residents' rows longer than its leases.
_OPTIONS = (
    "-c synchronous_commit=on -c plan_cache_mode=force_generic_plan"
    f" -c idle_in_transaction_session_timeout={_PATIENCE}"
)


def ingest(settings: Settings, stopping: threading.Event, name: str) -> None:
    """Work until told to stop. `name` identifies this worker to the broker and among the leaseholders."""
    consumer = Consumer(_broker(settings, name), name)
    tenure = Tenure(name, consumer)
    worker = Worker(_connector(settings), consumer, tenure, Evaluator())
    registry = CollectorRegistry()
    registry.register(_Counts(worker, consumer, tenure))
    watch = settings.watch
    _spare_the_collector()
    with watched(watch.host, watch.port, lambda: health(worker, consumer, datetime.now(UTC)), registry):
        consumer.start()
        try:
            worker.run(stopping)
        finally:
            consumer.stop()


def _spare_the_collector() -> None:
    """Tune the garbage collector: a batch makes some hundred thousand objects and no cycles, and ends soon."""
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 20)


def health(worker: Worker, consumer: Consumer, at: datetime) -> Mapping[str, Any]:
    """Return whether the worker can work, whether the broker is reached, and how long messages wait at each."""
    here = at - (consumer.oldest_waiting() or at)
    behind = max(here, worker.waited(at)).total_seconds()
    beat_at = worker.tally.beat_at
    return {
        "status": "alive",
        "ready": beat_at is not None and at - beat_at <= QUIET_AFTER[Beating.INGEST],
        "connected": consumer.connected.is_set(),
        "behind_seconds": behind,
        "knows_the_wait": worker.knows_the_wait,
        "partitions": sorted(consumer.heard),
    }


def _broker(settings: Settings, name: str) -> Broker:
    """Return the broker settings with the worker's own user: a second session of one user would end the first."""
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
    """The worker's counts, read when Prometheus asks."""

    def __init__(self, worker: Worker, consumer: Consumer, tenure: Tenure) -> None:
        self._worker = worker
        self._consumer = consumer
        self._tenure = tenure

    def collect(self) -> Iterable[Metric]:
        tally = self._worker.tally
        yield _counter("messages", "Messages settled.", tally.messages)
        yield _counter("batches", "Transactions.", tally.batches)
        yield _counter("retries", "Times the database had to be tried again.", tally.retries)
        yield _counter("redelivered", "Messages the broker sent again.", self._consumer.redelivered)
        yield _counter("partitions_taken", "Partitions taken by this worker.", self._tenure.taken)
        yield GaugeMetricFamily(
            "hearthwatch_ingest_in_hand",
            "Messages brought and not acknowledged yet.",
            self._consumer.in_hand,
        )
        yield _hears(self._consumer.heard)
        outcomes = CounterMetricFamily(
            "hearthwatch_ingest_readings", "Readings settled, by outcome.", labels=["outcome"]
        )
        for outcome, count in sorted(tally.outcomes.items()):
            outcomes.add_metric([outcome], count)
        yield outcomes
        now = health(self._worker, self._consumer, datetime.now(UTC))
        yield GaugeMetricFamily(
            "hearthwatch_ingest_behind_seconds", "How long messages wait.", now["behind_seconds"]
        )
        yield GaugeMetricFamily(
            "hearthwatch_ingest_connected", "1 while connected to the broker.", now["connected"]
        )


def _hears(partitions: Iterable[int]) -> Metric:
    hears = GaugeMetricFamily(
        "hearthwatch_ingest_hears", "1 for each partition this worker works on.", labels=["partition"]
    )
    for partition in sorted(partitions):
        hears.add_metric([str(partition)], 1)
    return hears


def _counter(name: str, says: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"hearthwatch_ingest_{name}", says, value)
