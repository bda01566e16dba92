#!/bin/sh
# Random passwords for docker-compose.yml: `sh deploy/compose-env.sh >.env`, once.
set -eu
umask 077
for name in POSTGRES_PASSWORD KEYSTORE_PASSWORD TEMPORAL_PASSWORD KAFKA_ADMIN_PASSWORD TRYTON_PASSWORD TRYTON_ADMIN_PASSWORD; do
  printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done
