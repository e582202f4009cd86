"""One supervised child process, its errors, and the account it runs as.

Guards: the child has a session of its own, so Ctrl-C reaches only its parent, which chooses the order of stopping. It
ends with the parent, even after SIGKILL.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

GRACE_SECONDS = 20.0
SUPERVISOR = Path(__file__).with_name("supervisor.py")
UNPRIVILEGED_USER = "nobody"


class EmbeddedServiceError(RuntimeError):
    """An embedded service could not be started; the message is for the person who started it."""


class PortInUseError(EmbeddedServiceError):
    """Another process listens on the requested port."""


def require_free_port(port: int, option: str) -> None:
    """Raise PortInUseError, which says what to do, where another process has the port."""
    if not 0 < port < 65536:
        raise EmbeddedServiceError(f"{port} is no port: choose one from 1024 to 65535 with {option}.")
    with socket.socket() as probe:
        # A port in TIME_WAIT from our last run is free to us, as it is to the servers themselves.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise EmbeddedServiceError(
                f"Port {port} may be used by root alone: choose one from 1024 to 65535 with {option}."
            ) from None
        except OSError as error:
            raise PortInUseError(
                f"Port {port} is already in use on this machine: stop what listens there, or choose another"
                f" with {option}."
            ) from error


def free_port() -> int:
    """Return a port on which nobody listens, and which is given to nobody else while this process lives.

    It stays bound without listening, so a server that is told the port can still listen there: servers set
    SO_REUSEADDR.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    port = int(keeper.getsockname()[1])
    keeper.detach()  # so that nothing closes it before this process ends
    return port


def unprivileged_prefix() -> list[str]:
    """Return the prefix for a command that refuses to run as root.

    The account keeps one capability, to pass through folders it could not enter (a clone under /root), so no folder's
    mode has to be changed.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise EmbeddedServiceError(
            "The embedded database cannot run as root without setpriv: install util-linux,"
            " or run as another user."
        )
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    return [
        "setpriv",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    ]


def die_with_supervisor(command: Sequence[str]) -> list[str]:
    """Return the command so that it also stops when its supervisor is killed, where the system can do that."""
    if shutil.which("setpriv") is None:
        return list(command)
    if command[0] == "setpriv":
        return ["setpriv", "--pdeathsig=INT", *command[1:]]
    return ["setpriv", "--pdeathsig=INT", "--", *command]


class SupervisedProcess:
    """A running command and the supervisor that ends it with its parent."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self._supervisor: subprocess.Popen[bytes] = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(SUPERVISOR),
                    str(GRACE_SECONDS),
                    *die_with_supervisor(command),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        self.pid = int(_pipe(self._supervisor.stdout).readline() or 0)

    @property
    def running(self) -> bool:
        return self._supervisor.poll() is None

    def ending(self) -> str:
        """Return how it ended, as the end of a sentence."""
        status = self._supervisor.poll()
        if status is None:
            return "is running"
        # The supervisor passes a signal on as the low byte of its negative number.
        number = -status if status < 0 else 256 - status
        if 0 < number < signal.NSIG:
            return f"was ended by {_signal_name(number)}"
        return f"has ended with status {status}"

    def stop(self) -> None:
        """Ask the command to stop, and wait until it has."""
        _pipe(self._supervisor.stdin).close()
        self._wait()

    def kill(self) -> None:
        """End the command as a power cut would: at once, with no chance to tidy up."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        self._wait()
        _pipe(self._supervisor.stdin).close()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def last_words(self, lines: int = 5) -> str:
        """Return the end of the log, for an error message."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _wait(self) -> None:
        self._supervisor.wait(GRACE_SECONDS + 10)
        _pipe(self._supervisor.stdout).close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise EmbeddedServiceError("The supervisor was started without its pipes.")
    return stream
