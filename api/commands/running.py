"""The commands that start the platform's processes, which run until they are told to stop.

Guards: no process starts before its settings are checked.
"""

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.settings import Settings


def serve() -> None:
    """Serve the pages and the JSON API."""
    from api.processes.serving import serve as serve_until_stopped

    serve_until_stopped(_sound("api", "ingest"), _stopped_by_signals())


def ingest(
    name: Annotated[
        int,
        typer.Option(
            min=1, max=16, help="This worker's number: it signs in at the broker as <user>-<number>."
        ),
    ] = 1,
) -> None:
    """Take readings from the broker into the database.

    Any number of workers share the work; each needs its own number.
    """
    from api.processes.ingesting import ingest as ingest_until_stopped

    ingest_until_stopped(_sound("ingest"), _stopped_by_signals(), str(name))


def scheduler() -> None:
    """Run what is due: clocks, seals, the end of sessions.

    One of any number of schedulers works; another takes over when it ends.
    """
    from api.processes.scheduler import run

    run(_sound("scheduler", "retention"), _stopped_by_signals())


def _sound(*roles: str) -> "Settings":
    """Return the settings of a process that signs in with these roles. Raises SettingsError where it may not start."""
    from api import journal
    from api.processes.startup import refuse
    from api.settings import DatabaseRole, Settings

    settings = Settings.load()
    refuse(settings, [DatabaseRole(f"hearthwatch_{role}") for role in roles])
    journal.set_up(settings.log.level)
    return settings


def _stopped_by_signals() -> threading.Event:
    """Return an event set by the first SIGINT or SIGTERM; a second signal ends the process at once."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopping
