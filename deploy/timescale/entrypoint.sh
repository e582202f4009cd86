#!/bin/sh
# Makes the database cluster on the first start, then becomes the server. The superuser's password comes from
# POSTGRES_PASSWORD_FILE (a secret) or POSTGRES_PASSWORD; without one no cluster is made.
set -eu

volume=$(dirname "$PGDATA")

if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 0700 "$volume"
    install -d -o postgres -g postgres -m 0775 /var/run/postgresql
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
        export POSTGRES_PASSWORD
    fi
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

make_cluster() {
    if [ -z "${POSTGRES_PASSWORD:-}" ]; then
        echo "A password is needed to make the cluster: set POSTGRES_PASSWORD_FILE." >&2
        exit 1
    fi
    # Made in another folder and moved in one step, so that a kill halfway leaves nothing that looks finished.
    making="$volume/making"
    rm -rf "$making"
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/superuser-password
    initdb --pgdata="$making" --username=postgres --pwfile=/tmp/superuser-password \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth-local=peer --auth-host=scram-sha-256
    rm -f /tmp/superuser-password
    echo "include '/etc/hearthwatch/postgresql.conf'" >>"$making/postgresql.conf"
    echo "host all all all scram-sha-256" >>"$making/pg_hba.conf"
    if [ -n "${POSTGRES_DB:-}" ]; then
        echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$making" postgres >/dev/null
    fi
    mv "$making" "$PGDATA"
}

[ -s "$PGDATA/PG_VERSION" ] || make_cluster
unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
exec "$@"
