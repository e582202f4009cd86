#!/usr/bin/env bash
# Makes sure a Docker engine answers on this machine, with the compose plugin and the Debian base image,
# and says in sentences what it does. A second run finds everything there and is instant.
# 
# Exit codes: 0 an engine answers; 3 there is none and none may be installed here (a sentence says why).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state="$root/var/engine"
no_engine=3
mkdir -p "$state"

say() { printf 'engine: %s\n' "$*"; }

engine_answers() { docker info >/dev/null 2>&1; }

give_up() {
    say "$*"
    exit "$no_engine"
}

is_debian_like() { grep -qiE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release 2>/dev/null; }

install_packages() {
    DEBIAN_FRONTEND=noninteractive apt-get update -q >>"$state/apt.log" 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$state/apt.log" 2>&1
}

wait_for_engine() {
    local tries
    for tries in $(seq 1 120); do
        engine_answers && return 0
        sleep 0.5
    done
    return 1
}

# After a hard stop of the machine the file may name another process's id, and dockerd would refuse to start.
forget_stale_pid() {
    local file name
    for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
        [ -s "$file" ] || continue
        name=$(cat "/proc/$(cat "$file")/comm" 2>/dev/null || true)
        case "$name" in dockerd | containerd) ;; *) rm -f "$file" ;; esac
    done
}

start_engine() {
    [ -z "${NO_DOCKER:-}" ] || give_up "NO_DOCKER is set, so no Docker engine is used or installed."
    engine_answers && return 0
    [ "$(id -u)" = 0 ] || give_up "no Docker engine answers, and only root can install one here."
    is_debian_like || give_up "no Docker engine answers; please install one (this script can only on Debian or Ubuntu)."
    if ! command -v dockerd >/dev/null; then
        say "no Docker engine is installed; installing Debian's (docker.io)."
        install_packages docker.io containerd runc iptables ||
            give_up "Debian's Docker engine could not be installed; $state/apt.log says why."
        engine_answers && return 0
    fi
    forget_stale_pid
    say "starting dockerd in the background; its log is $state/dockerd.log."
    # Close the lock's descriptor: otherwise the engine would inherit it and hold the lock for ever.
    setsid nohup dockerd >>"$state/dockerd.log" 2>&1 </dev/null 9>&- &
    wait_for_engine || give_up "dockerd did not answer within a minute; $state/dockerd.log says why."
    say "the Docker engine answers."
}

make_base_image() {
    docker image inspect debian:trixie-slim >/dev/null 2>&1 && return 0
    say "pulling debian:trixie-slim."
    timeout "${PULL_SECONDS:-60}" docker pull -q debian:trixie-slim >"$state/pull.log" 2>&1 && return 0
    [ "$(id -u)" = 0 ] && is_debian_like ||
        give_up "debian:trixie-slim could not be pulled, and only root on Debian or Ubuntu can make it."
    say "it cannot be pulled; making it from Debian's own packages."
    command -v mmdebstrap >/dev/null || install_packages mmdebstrap debian-archive-keyring ||
        give_up "mmdebstrap could not be installed; $state/apt.log says why."
    mmdebstrap --quiet --variant=minbase trixie - 2>"$state/mmdebstrap.log" |
        docker import --change 'CMD ["bash"]' - debian:trixie-slim >/dev/null ||
        give_up "the base image could not be made; $state/mmdebstrap.log says why."
}

# Debian 12 has no compose v2, so take the plugin from trixie's package, by way of the base image.
install_compose() {
    docker compose version >/dev/null 2>&1 && return 0
    local plugins="${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins" holder
    say "the compose plugin is missing; taking it from Debian's docker-compose package."
    holder=$(docker create debian:trixie-slim sh -ec '
        cd /tmp && apt-get update -q && apt-get download -q docker-compose
        dpkg -x docker-compose_*.deb /compose
        find /compose -type f -name docker-compose -size +1M -exec cp {} /docker-compose \;')
    docker start -a "$holder" >"$state/compose.log" 2>&1 || true
    mkdir -p "$plugins"
    docker cp "$holder:/docker-compose" "$plugins/docker-compose" >>"$state/compose.log" 2>&1 || true
    docker rm -f "$holder" >/dev/null
    docker compose version >/dev/null 2>&1 ||
        give_up "the compose plugin could not be installed; $state/compose.log says why."
}

exec 9>"$state/lock"
flock 9
start_engine
make_base_image
install_compose
