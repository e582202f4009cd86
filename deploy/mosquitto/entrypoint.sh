#!/bin/sh
# Gives the platform its password on every start, then becomes the broker. Kits are added to the password
# file later (mosquitto_passwd) and taken up on SIGHUP.
set -eu

passwords=/var/lib/mosquitto/access/passwords
mkdir -p "$(dirname "$passwords")"
touch "$passwords"

if [ -n "${PLATFORM_PASSWORD_FILE:-}" ]; then
    PLATFORM_PASSWORD=$(cat "$PLATFORM_PASSWORD_FILE")
fi
if [ -z "${PLATFORM_PASSWORD:-}" ]; then
    echo "The platform needs a password: set PLATFORM_PASSWORD_FILE." >&2
    exit 1
fi
mosquitto_passwd -b "$passwords" platform "$PLATFORM_PASSWORD"
unset PLATFORM_PASSWORD PLATFORM_PASSWORD_FILE

chown -R mosquitto: /var/lib/mosquitto
chmod 0700 "$(dirname "$passwords")"
chmod 0600 "$passwords"
exec "$@"
