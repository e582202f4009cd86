#!/usr/bin/env bash
# Runs the real stack on this machine:
#   stack.sh up                 make missing images and secrets, start, wait until everything is healthy
#   stack.sh down [--volumes]   stop; with --volumes delete the data too
#   stack.sh seed FOLDER [...]  add a synthetic neighbourhood, admit its kits, write their sheet to FOLDER/kits.json
#   stack.sh as-owner COMMAND   run a command of the platform as the database's owner: add-places -, add-person ...
#   stack.sh check              run the startup checks of every process
#   stack.sh ANYTHING ELSE      pass it to docker compose: logs -f ingest, ps, exec ...
# HEARTHWATCH_STACK names a second stack; HEARTHWATCH_SECRETS, _HTTP_PORT, _MQTT_PORT, _ADDRESS place it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export HEARTHWATCH_SECRETS=${HEARTHWATCH_SECRETS:-$here/secrets}
address=${HEARTHWATCH_ADDRESS:-127.0.0.1}
http_port=${HEARTHWATCH_HTTP_PORT:-8000}
mqtt_port=${HEARTHWATCH_MQTT_PORT:-8883}

compose() { docker compose -p "${HEARTHWATCH_STACK:-hearthwatch}" -f "$here/compose.yaml" "$@"; }

# Only the owner can enter the folder. Its files are readable because the containers run as other users.
make_secrets() {
    local name
    mkdir -p "$HEARTHWATCH_SECRETS"
    chmod 0700 "$HEARTHWATCH_SECRETS"
    for name in database_{migrator,api,ingest,scheduler,retention} broker_platform; do
        [ -s "$HEARTHWATCH_SECRETS/$name" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$HEARTHWATCH_SECRETS/$name"
        chmod 0644 "$HEARTHWATCH_SECRETS/$name"
    done
    for name in account_key audit_key; do
        [ -s "$HEARTHWATCH_SECRETS/$name" ] || head -c 32 /dev/urandom | base64 | tr '+/' '-_' >"$HEARTHWATCH_SECRETS/$name"
        chmod 0644 "$HEARTHWATCH_SECRETS/$name"
    done
    "$here/certificates.sh" "$HEARTHWATCH_SECRETS" mosquitto localhost 127.0.0.1 "$(hostname)" ${HEARTHWATCH_MQTT_NAMES:-}
}

up() {
    "$here/images.sh"
    make_secrets
    compose up -d --wait --wait-timeout 180 --remove-orphans || {
        compose ps --all
        compose logs --tail 20
        echo "stack: not everything is well; what each said last is above." >&2
        exit 1
    }
    echo "stack: the pages are at http://$address:$http_port, the broker at $address:$mqtt_port (TLS, $HEARTHWATCH_SECRETS/ca.pem)."
    echo "stack: for a synthetic neighbourhood in it: deploy/stack.sh seed var/stack"
}

seed() {
    local folder
    mkdir -p "${1:?a folder for the kit sheet is needed}"
    folder=$(cd "$1" && pwd)
    shift
    # The kits are outside the stack, so the sheet names the broker by its outside address.
    compose run --rm --no-deps -T --user "$(id -u):$(id -g)" -v "$folder:/sheet" \
        -e "HEARTHWATCH_BROKER_HOST=$address" -e "HEARTHWATCH_BROKER_PORT=$mqtt_port" \
        -e "HEARTHWATCH_BROKER_CA_FILE=$HEARTHWATCH_SECRETS/ca.pem" migrate seed --kits /sheet/kits.json "$@"
    python3 -c '
import json, sys
for kit in json.load(open(sys.argv[1]))["kits"]:
    print(kit["username"], kit["secret"], sep=":")' "$folder/kits.json" | compose exec -T mosquitto admit-kits
    echo "stack: whoever works at the hub or looks after the platform sets up a second step when they first sign in,"
    echo "stack: with an authenticator app, or without one: oathtool --totp --base32 'THE KEY SHOWN THERE'"
    echo "stack: the kits may sign in; let them send: .venv/bin/hearthwatch simulate --kits $folder/kits.json"
}

case "${1:-up}" in
up) up ;;
seed) shift && seed "$@" ;;
check) compose run --rm --no-deps -T check ;;
as-owner) shift && compose run --rm --no-deps -T migrate "$@" ;;
*) compose "$@" ;;
esac
