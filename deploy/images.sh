#!/usr/bin/env bash
# Builds the platform's images: images.sh [timescale] [mosquitto] [hearthwatch]   (all, if none is named)
# Each image carries a digest of its sources, so a second run with nothing changed is instant.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state="$root/var/engine"
mkdir -p "$state"

say() { printf 'images: %s\n' "$*"; }

# An engine without buildx has only the classic builder.
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0

sources() {
    echo "deploy/$1"
    [ "$1" != hearthwatch ] ||
        printf '%s\n' delegation devices ingest alerts api simulators pyproject.toml README.md LICENSE requirements.lock
}

digest() {
    (cd "$root" && sources "$1" | xargs -I{} find {} -type f -not -path '*/__pycache__/*' -not -path '*/node_modules/*' |
        LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)
}

build() {
    local name="$1" image="hearthwatch-$1:local" context="$root/deploy/$1" wanted built
    wanted=$(digest "$name")
    built=$(docker image inspect --format '{{ index .Config.Labels "hearthwatch.content" }}' "$image" 2>/dev/null || true)
    [ "$wanted" != "$built" ] || return 0
    say "building $image; its log is $state/$name.log."
    [ "$name" != hearthwatch ] || context=$("$root/deploy/hearthwatch/context.sh" 2>"$state/context.log")
    docker build --label "hearthwatch.content=$wanted" -t "$image" "$context" >"$state/$name.log" 2>&1 || {
        say "$image could not be built:"
        tail -n 20 "$state/$name.log"
        exit 1
    }
    docker image prune -f --filter label=hearthwatch.content >/dev/null
}

exec 8>"$state/images.lock"
flock 8
[ $# -gt 0 ] || set -- timescale mosquitto hearthwatch
for name in "$@"; do build "$name"; done
