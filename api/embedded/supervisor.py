"""Runs one command for a parent, as a script of the standard library alone.

Guards: when the parent's end of standard input closes, for whatever reason and by whatever signal, the
command is asked to stop, and killed if it does not stop within the grace.

    python supervisor.py GRACE_SECONDS COMMAND...

The command's process id is the one line written to standard output; its own output goes to standard error.
"""

import os
import signal
import subprocess
import sys
import threading


def stop_when_parent_goes(child: "subprocess.Popen[bytes]", grace: float) -> None:
    os.read(0, 1)  # nobody writes here: it returns when the last holder of the other end is gone
    child.send_signal(signal.SIGINT)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()


def main() -> int:
    grace, command = float(sys.argv[1]), sys.argv[2:]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr) as child:
        sys.stdout.write(f"{child.pid}\n")
        sys.stdout.flush()
        threading.Thread(target=stop_when_parent_goes, args=(child, grace), daemon=True).start()
        return child.wait() & 0xFF


if __name__ == "__main__":
    sys.exit(main())
