#!/usr/bin/env bash
# Makes a certificate authority and the broker's certificate with openssl, unless they are there:
#   certificates.sh FOLDER NAME...       (the names and addresses by which kits and processes reach the broker)
# Whoever holds the authority's key can pose as the broker: keep it off machines that do not need it.
set -euo pipefail

folder=${1:?a folder is needed}
shift
[ $# -gt 0 ] || set -- localhost 127.0.0.1
[ ! -s "$folder/broker.pem" ] || exit 0
mkdir -p "$folder"

if ! command -v openssl >/dev/null; then
    exec docker run --rm -v "$(cd "$(dirname "$0")" && pwd)/certificates.sh:/certificates.sh:ro" \
        -v "$(cd "$folder" && pwd):/certificates" --entrypoint /certificates.sh hearthwatch-mosquitto:local \
        /certificates "$@"
fi

alternative_names() {
    local name
    for name in "$@"; do
        if [[ "$name" =~ ^[0-9.]+$|: ]]; then printf 'IP:%s,' "$name"; else printf 'DNS:%s,' "$name"; fi
    done | sed 's/,$//'
}

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc)
openssl req -x509 "${new_key[@]}" -days 3650 -subj "/CN=Hearthwatch certificate authority" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
openssl req "${new_key[@]}" -subj "/CN=$1" -keyout "$folder/broker.key" -out "$folder/broker.csr" 2>/dev/null
openssl x509 -req -in "$folder/broker.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial \
    -days 825 -out "$folder/broker.making" 2>/dev/null -extfile <(
        echo "subjectAltName=$(alternative_names "$@")"
        echo "extendedKeyUsage=serverAuth"
        echo "keyUsage=critical,digitalSignature"
        echo "basicConstraints=critical,CA:FALSE"
        echo "subjectKeyIdentifier=hash"
        echo "authorityKeyIdentifier=keyid"
    )
rm -f "$folder/broker.csr" "$folder/ca.srl"
chmod 0600 "$folder/ca.key" "$folder/broker.key"
# Last: this file's presence means that everything else is there.
mv "$folder/broker.making" "$folder/broker.pem"
