"""What a command used, as a small process sees it that starts it: `python -m tests.benchmarks.spent COMMAND ...`.

Guards: the peak of memory is the command's own. Linux counts a process's peak from before it became the command, so one
that a large process starts shows that process's memory.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one command that ended well: wall and processor seconds, and its peak of memory."""

    seconds: float
    processor_seconds: float
    peak_mib: int


def spent_by(*command: str) -> Spent:
    """Run it to its end. Raises CalledProcessError if it fails."""
    starter = (sys.executable, "-m", "tests.benchmarks.spent", *command)
    done = subprocess.run(starter, stdout=subprocess.PIPE, check=True)
    return Spent(**json.loads(done.stdout))


def _main(command: list[str]) -> int:
    began = time.monotonic()
    pid = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, used = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    print(json.dumps(asdict(Spent(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10))))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
