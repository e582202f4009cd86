"""The scheduled jobs: clocks, claims, seals, the end of sessions, and retention.

Guards: one scheduler works at a time, the holder of an advisory lock. A late run is run once, never skipped. Deadlines
are in the database, so another scheduler that takes over finds them all.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts import clocks
from alerts.cases import claim, notice
from api import journal, retention
from api.audit_heads import keep_heads
from api.database import Connection, Pool, open_pool, try_again
from api.identity import known_browsers, refusals, throttle
from api.processes.watch import watched
from api.settings import DatabaseRole, Settings
from delegation import invitation
from delegation.audit_seal import seal
from delegation.residents import sixteenth_birthday
from ingest.worker import heartbeat
from ingest.worker.heartbeat import Beating

# The number of the advisory lock.
_ONE_SCHEDULER: LiteralString = "SELECT pg_try_advisory_lock(4815162343)"
_STILL_THERE: LiteralString = "SELECT 1"
_END_SESSIONS: LiteralString = "DELETE FROM api.session WHERE ends_at < %s"
_FORGET_OPENID_TRIES: LiteralString = "DELETE FROM api.openid_try WHERE begun_at < %s"
_LOOK_EVERY = 5.0
_Pools = Mapping[DatabaseRole, Pool]
_log = journal.of("api.processes.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """A job done at regular intervals as `role`; it returns how much there was to do."""

    name: str
    every: timedelta
    work: Callable[[Pool, datetime], int]
    role: DatabaseRole = DatabaseRole.SCHEDULER


def _in_one(work: Callable[[Connection, datetime], int]) -> Callable[[Pool, datetime], int]:
    """Run the work in a transaction of its own, all of it or none."""
    return lambda pool, at: try_again(pool, lambda conn: work(conn, at))


def _end_sessions(conn: Connection, at: datetime) -> int:
    return conn.execute(_END_SESSIONS, (at,)).rowcount


def _forget_openid_tries(conn: Connection, at: datetime) -> int:
    return conn.execute(_FORGET_OPENID_TRIES, (at - timedelta(hours=1),)).rowcount


def _clocks(conn: Connection, at: datetime) -> int:
    count = clocks.run(conn, at)
    heartbeat.beat(conn, Beating.SCHEDULER, at)
    return count


def _erase_due(pool: Pool, at: datetime) -> int:
    return sum(1 for _ in retention.erase_due(pool, at))


JOBS = (
    Job("clocks", timedelta(seconds=10), _in_one(_clocks)),
    Job("notices", timedelta(seconds=10), _in_one(notice.follow)),
    Job("claims", timedelta(seconds=10), _in_one(claim.free)),
    Job("seal", timedelta(seconds=30), _in_one(seal)),
    Job("sessions", timedelta(hours=1), _in_one(_end_sessions)),
    Job("refusals", timedelta(minutes=1), _in_one(refusals.write_down)),
    Job("sign_ins", throttle.FORGOTTEN_AFTER, _in_one(throttle.forget)),
    Job("openid_tries", timedelta(hours=1), _in_one(_forget_openid_tries)),
    Job("known_browsers", timedelta(hours=24), _in_one(known_browsers.forget)),
    Job("birthdays", timedelta(hours=1), _in_one(sixteenth_birthday.begin_scores)),
    Job("retention", timedelta(hours=24), _erase_due, DatabaseRole.RETENTION),
    Job("invitations", timedelta(hours=24), _in_one(invitation.forget), DatabaseRole.RETENTION),
)


class _Counts:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.runs = Counter(
            "hearthwatch_scheduler_runs",
            "Runs, by job and outcome.",
            ["job", "outcome"],
            registry=self.registry,
        )
        self.last = Gauge(
            "hearthwatch_scheduler_last_success_seconds",
            "When a job last succeeded, in Unix time.",
            ["job"],
            registry=self.registry,
        )
        self.active = Gauge(
            "hearthwatch_scheduler_active", "1 while it holds the lock.", registry=self.registry
        )


@contextmanager
def pools_for(settings: Settings, jobs: Sequence[Job]) -> Iterator[_Pools]:
    """Open a pool for each role, with a connection for each of its jobs, so that a slow job holds up no other."""
    roles = [job.role for job in jobs]
    with ExitStack() as opened:
        yield {
            role: opened.enter_context(open_pool(settings, role, roles.count(role))) for role in set(roles)
        }


def run(settings: Settings, stopping: threading.Event) -> None:
    """Wait for the lock, then work while it is held, until told to stop."""
    counts = _Counts()
    watch = settings.watch
    conninfo = settings.conninfo(DatabaseRole.SCHEDULER)
    jobs = (*JOBS, Job("heads", timedelta(minutes=10), keep_heads(settings)))
    with (
        pools_for(settings, jobs) as pools,
        watched(watch.host, watch.port, lambda: {"status": "alive"}, counts.registry),
    ):
        while not stopping.is_set():
            try:
                with psycopg.connect(conninfo, autocommit=True) as lock:
                    _while_first(lock, jobs, pools, counts, stopping)
            except psycopg.OperationalError as error:
                _log.warning("lost the database", error=type(error).__name__)
            stopping.wait(_LOOK_EVERY)


def _while_first(
    lock: Connection, jobs: Sequence[Job], pools: _Pools, counts: _Counts, stopping: threading.Event
) -> None:
    """Work for as long as the connection that holds the lock lives."""
    row = lock.execute(_ONE_SCHEDULER).fetchone()
    if row is None or not row[0]:
        return
    _log.info("working", count=len(jobs))
    scheduler = _scheduler(jobs, pools, counts)
    counts.active.set(1)
    scheduler.start()
    try:
        while not stopping.wait(_LOOK_EVERY):
            lock.execute(_STILL_THERE)
    finally:
        scheduler.shutdown(wait=True)
        counts.active.set(0)


def _scheduler(jobs: Sequence[Job], pools: _Pools, counts: _Counts) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(jobs))},
        # The default of one second would silently skip a late run.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for job in jobs:
        scheduler.add_job(
            do,
            "interval",
            args=(job, pools[job.role], counts),
            seconds=job.every.total_seconds(),
            next_run_time=datetime.now(UTC),
        )
    return scheduler


def do(job: Job, pool: Pool, counts: _Counts) -> None:
    """Run a job once. A failure is logged, and the next run tries again."""
    at = datetime.now(UTC)
    try:
        count = job.work(pool, at)
    except Exception as error:
        _log.error("failed", job=job.name, error=type(error).__name__, places=journal.places(error))
        counts.runs.labels(job.name, "failed").inc()
        return
    counts.runs.labels(job.name, "done").inc()
    counts.last.labels(job.name).set(at.timestamp())
    if count:
        _log.info("done", job=job.name, count=count)
