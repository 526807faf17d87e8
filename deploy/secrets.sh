#!/bin/sh
# Makes deploy/secrets with a file for each secret that compose.yaml names; changes none that is
# there. The two of SendGrid stay empty until you fill them in.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$here"
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() {
    # Readable by the user number that the containers run as: a secret file keeps its mode inside.
    [ -e "$here/$1" ] || { printf '%s' "$2" > "$here/$1"; chmod 0444 "$here/$1"; }
}
keep database_password "$(random)"
keep broker_password "$(random)"
keep secret_key "$(random)"
keep sendgrid_api_key ""
keep sendgrid_event_public_key ""
keep database_url "postgresql+psycopg://keepword:$(cat "$here/database_password")@database/keepword"
keep broker_url "amqp://keepword:$(cat "$here/broker_password")@broker//"
printf 'The secrets are in %s. Keep a copy of secret_key elsewhere: no backup holds it.\n' "$here"
