#!/bin/sh
# Sets the platform's password on every start, then becomes the broker. Kits are added and removed while it runs:
# `admit-kits`, `revoke-kit`.
set -eu

passwords=/var/lib/mosquitto/access/passwords
umask 077
mkdir -p "$(dirname "$passwords")"
touch "$passwords"

if [ -n "${PLATFORM_PASSWORD_FILE:-}" ]; then
    PLATFORM_PASSWORD=$(cat "$PLATFORM_PASSWORD_FILE")
fi
if [ -z "${PLATFORM_PASSWORD:-}" ]; then
    echo "The platform needs a password: set PLATFORM_PASSWORD_FILE." >&2
    exit 1
fi
# `platform`, and platform-1 to platform-16, one for each ingest worker, as in the access rules.
for user in platform $(seq -f 'platform-%g' 16); do
    mosquitto_passwd -b "$passwords" "$user" "$PLATFORM_PASSWORD"
done
unset PLATFORM_PASSWORD PLATFORM_PASSWORD_FILE

# The doorkeeper's password is new at each start, and never leaves this container.
password=$(head -c 24 /dev/urandom | base64)
mosquitto_passwd -b "$passwords" doorkeeper "$password"
mkdir -p /run/doorkeeper
printf -- '-u doorkeeper\n-P %s\n' "$password" >/run/doorkeeper/mosquitto_sub
unset password

# The broker reads its key only after it has dropped root.
install -d -o mosquitto -m 0700 /etc/mosquitto/certificates
install -o mosquitto -m 0400 /run/certificates/ca.pem /run/certificates/broker.pem /run/certificates/broker.key \
    /etc/mosquitto/certificates/

# Enable sign-in by certificate if there is an authority for kits.
rm -f /etc/mosquitto/conf.d/kit-certificates.conf /var/lib/mosquitto/access/take-over.sock
if [ -s /run/kit-certificates/authority.pem ]; then
    install -o mosquitto -m 0400 /run/kit-certificates/authority.pem /etc/mosquitto/certificates/kits-authority.pem
    install -o mosquitto -m 0400 /run/kit-certificates/revoked.crl /etc/mosquitto/certificates/kits-revoked.crl
    cp /etc/mosquitto/kit-certificates.conf /etc/mosquitto/conf.d/
fi

chown -R mosquitto: /var/lib/mosquitto
doorkeeper &
exec "$@"
