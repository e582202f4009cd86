#!/usr/bin/env bash
# Makes and revokes certificates for kits that sign in by certificate instead of password
# (mosquitto/kit-certificates.conf):
#   kit-certificates.sh FOLDER issue KIT     makes FOLDER/KIT.pem and FOLDER/KIT.key, and at first the authority
#   kit-certificates.sh FOLDER revoke KIT    puts all of the kit's certificates on the revocation list
# The authority is for kits alone. Whoever holds FOLDER/authority.key can sign in as anybody, the platform included. Keep
# it off the broker, which needs only FOLDER/broker: authority.pem and revoked.crl.
set -euo pipefail

folder=${1:?a folder is needed} act=${2:?issue or revoke} kit=${3:?a kit is needed}
[[ "$kit" =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]] || {
    echo "$kit is no kit's id: a certificate for another name could pose as the platform." >&2
    exit 1
}
umask 077
mkdir -p "$folder/broker" "$folder/issued"
cd "$folder"
new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc)

cat >openssl.cnf <<'END'
[ca]
default_ca = kits
[kits]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = issued
certificate = broker/authority.pem
private_key = authority.key
default_md = sha256
default_days = 825
default_crl_days = 3650
unique_subject = no
policy = names
x509_extensions = kit
[names]
commonName = supplied
[kit]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
END

# Shows what openssl says only if it fails.
quietly() {
    "$@" 2>openssl.said || {
        cat openssl.said >&2
        exit 1
    }
    rm openssl.said
}

# Given two lists of the same second, the broker would keep the older one.
list_revoked() {
    until [ ! -e broker/revoked.crl ] || [ "$(date +%s)" -gt "$(stat -c %Y broker/revoked.crl)" ]; do sleep 0.1; done
    quietly openssl ca -config openssl.cnf -batch -gencrl -out revoked.making
    chmod 0644 revoked.making
    mv revoked.making broker/revoked.crl
}

if [ ! -s authority.key ]; then
    touch index.txt
    echo 01 >serial
    echo 01 >crlnumber
    quietly openssl req -x509 "${new_key[@]}" -days 3650 -subj "/CN=Hearthwatch kits" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout authority.key -out broker/authority.pem
    chmod 0755 broker
    chmod 0644 broker/authority.pem
    list_revoked
fi

case "$act" in
issue)
    quietly openssl req -new "${new_key[@]}" -subj "/CN=$kit" -keyout "$kit.key" -out "$kit.csr"
    quietly openssl ca -config openssl.cnf -batch -notext -in "$kit.csr" -out "$kit.pem"
    rm "$kit.csr"
    ;;
revoke)
    for serial in $(awk -F'\t' -v name="/CN=$kit" '$1 == "V" && $6 == name { print $4 }' index.txt); do
        quietly openssl ca -config openssl.cnf -batch -revoke "issued/$serial.pem"
    done
    list_revoked
    ;;
*)
    echo "issue or revoke, not $act." >&2
    exit 1
    ;;
esac
