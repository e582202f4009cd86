#!/usr/bin/env bash
# Makes sure the browser tests have a Chromium, and says in a sentence what it does.
# Exit codes: 0 there is one; 3 there is none and none may be installed here.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state="$root/var/engine"
mkdir -p "$state"

say() { printf 'chromium: %s\n' "$*"; }

if [ -n "${HEARTHWATCH_CHROMIUM:-}" ]; then
    [ -x "$HEARTHWATCH_CHROMIUM" ] && exit 0
    say "HEARTHWATCH_CHROMIUM names $HEARTHWATCH_CHROMIUM, which is not a program."
    exit 3
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "there is none, and only root on Debian or Ubuntu can install one here; HEARTHWATCH_CHROMIUM may name one."
    exit 3
fi
say "installing Debian's chromium."
DEBIAN_FRONTEND=noninteractive apt-get update -q >>"$state/apt.log" 2>&1 || true
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-liberation \
    >>"$state/apt.log" 2>&1 || {
    say "it could not be installed; $state/apt.log says why."
    exit 3
}
