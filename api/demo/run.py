"""Run the demonstration for a person at a terminal, or for a script that wants one JSON object.

Guards: Ctrl-C at any moment ends every process. A fault is reported in a sentence and in the exit status.
"""

import json
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from api.demo import books
from api.demo.report import Report, report
from api.demo.stage import Options, Stage
from api.demo.watcher import Watcher
from api.seed import Seeded
from api.web.presenters.moments import calendar_day

_SAY_EVERY = 2.0
_LOOK_EVERY = 0.5
_ESCALATIONS: LiteralString = "SELECT count(*) FROM alerts.escalation WHERE hub_id = ANY (%s)"
_WHO = (
    *("hub-clinician", "hub-lead", "care-worker", "home-manager", "trainer", "delegating-nurse"),
    *("operator", "commissioner", "family-carer", "other-manager"),
)


def run(options: Options, *, as_json: bool) -> int:
    """Run until the time is up or Ctrl-C; return the exit status."""
    console = Console(stderr=as_json, highlight=False)
    with _signals_interrupt():
        try:
            with Stage(
                options,
                lambda said: console.print(f"  {said} ..."),
                lambda said: console.print(f"! {said}", soft_wrap=True),
            ) as stage:
                return _play(stage, console, as_json=as_json)
        except KeyboardInterrupt:
            console.print("Stopped. No process is left running.")
            return 0 if options.seconds is None else 130


def _play(stage: Stage, console: Console, *, as_json: bool) -> int:
    watcher = Watcher(stage.address, "hub-clinician", stage.seeded.cast.password)
    watcher.start()
    _introduce(stage, console)
    started = time.time()
    stage.open_curtain()
    said_at = started
    while stage.playing:
        time.sleep(_LOOK_EVERY)
        stage.check()
        if time.time() - said_at >= _SAY_EVERY:
            said_at = time.time()
            _progress(stage, watcher, console, said_at - started)
    _wait_for_events(stage, watcher)
    watcher.stop()
    with psycopg.connect(stage.conninfo, autocommit=True) as conn:
        made = _report(stage, conn, watcher, started)
    if as_json:
        print(json.dumps(dict(made.figures), indent=2))
    else:
        console.print_json(data=dict(made.figures))
        _explain_quarantine(console, made)
    for problem in made.problems:
        print(problem, file=sys.stderr)
    return 1 if made.problems else 0


def _introduce(stage: Stage, console: Console) -> None:
    cast = stage.seeded.cast
    console.print(f"\nHearthwatch is at [bold]{stage.address}[/bold]. Everybody in it is made up.")
    console.print(f"Sign in with the password [bold]{cast.password}[/bold] as")
    for member in cast.members:
        if member.username in _WHO:
            console.print(
                f"  [bold]{member.username:<16}[/bold] {member.role.replace('_', ' ')}, {member.place}"
            )
    console.print(_try_the_glass(stage.seeded), soft_wrap=True)
    console.print("No second step, a code from one's own telephone, is asked for here; elsewhere it is.")
    console.print(
        "Some of what the kits send is spoilt on purpose, about 3 in 100, to show that nothing is thrown away:"
        f"\nit is kept in quarantine with the reason. To look:\n  {_quarantine_list(stage)}\n",
        soft_wrap=True,
    )
    console.print(
        f"So that there is something to see within a minute, {stage.options.history_hours:g} hours of healthy readings"
        " are sent first,\nand illness runs more than two thousand times faster than in life.",
        soft_wrap=True,
    )
    console.print("Ctrl-C stops everything.\n")


def _try_the_glass(seeded: Seeded) -> str:
    """Return how to open a record from outside its hub."""
    one = seeded.elsewhere
    if one is None:
        return "Everybody is watched over by this hub."
    return (
        f"{one.name} is watched over by another hub: to open that record, sign in as hub-clinician, follow"
        f' "Open a record from outside your hub", and give NHS number {one.nhs_number},'
        f" born {calendar_day(one.born_on)}; other-manager is told."
    )


def _quarantine_list(stage: Stage) -> str:
    """Return the command line that lists this demonstration's quarantine."""
    host = conninfo_to_dict(stage.conninfo)["host"]
    program = (
        shlex.quote(str(Path(sys.argv[0]))) if Path(sys.argv[0]).name == "hearthwatch" else "hearthwatch"
    )
    return f"HEARTHWATCH_DATABASE_HOST={shlex.quote(str(host))} {program} quarantine list"


def _explain_quarantine(console: Console, made: Report) -> None:
    quarantined, spoilt = made.figures["quarantined"], made.figures["spoilt_on_purpose"]
    if spoilt is not None:
        console.print(f"In quarantine are {quarantined}; {spoilt} were spoilt on purpose.")


def _progress(stage: Stage, watcher: Watcher, console: Console, seconds: float) -> None:
    try:
        with psycopg.connect(stage.conninfo, autocommit=True) as conn:
            counts = books.outcomes(conn)
    except psycopg.OperationalError:
        return  # the part that restarts the broker reports its absence
    console.print(
        f"{seconds:5.0f} s   readings stored {counts['stored']:>6}   spoilt, in quarantine {counts['quarantined']:>4}"
        f"   escalations {len(watcher.escalations):>3}"
    )


def _wait_for_events(stage: Stage, watcher: Watcher, seconds: float = 5.0) -> None:
    """Wait until the watcher has heard of every escalation of the hub, up to the last commit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stage.check()
        try:
            with psycopg.connect(stage.conninfo, autocommit=True) as conn:
                row = conn.execute(_ESCALATIONS, (watcher.hubs,)).fetchone()
        except psycopg.OperationalError:
            row = None
        if row is not None and row[0] <= len(watcher.escalations):
            return
        time.sleep(0.1)


def _report(stage: Stage, conn: psycopg.Connection, watcher: Watcher, started: float) -> Report:
    said: dict[str, Any] = json.loads(stage.summary.read_text()) if stage.summary.exists() else {}
    return report(
        books.audit(conn, stage.outboxes),
        list(watcher.heard),
        receipts=int(said.get("receipts", 0)),
        duplicates=int(said.get("duplicates", 0)),
        spoilt=said.get("spoilt"),
        started=started,
        faults=stage.options.faults,
        seconds=stage.options.seconds,
        also=[failed] if (failed := stage.kits_failed) else [],
    )


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, and Ctrl-C too where a shell ignored it for a background process."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
