#!/usr/bin/env bash
# Makes .venv from a hashed lock and installs the project into it: venv.sh LOCK
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
venv="$root/.venv"
lock=${1:?a lock is needed}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if is_new_enough "$name"; then
            echo "$name"
            return 0
        fi
    done
    echo "setup: Python 3.11 or later is needed; install it, or name one: make setup PYTHON=/path/to/python3" >&2
    return 1
}

make_venv() {
    local python
    [ ! -x "$venv/bin/pip" ] || return 0
    python=$(find_python)
    echo "setup: making .venv with $("$python" --version)."
    "$python" -m venv "$venv" || {
        echo "setup: this Python cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
}

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
make_venv
echo "setup: installing what $(basename "$lock") names."
"$venv/bin/pip" install -qq --require-hashes -r "$root/$lock"
"$venv/bin/pip" install -qq --no-deps --no-build-isolation -e "$root"
