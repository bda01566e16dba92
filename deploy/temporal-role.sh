#!/bin/sh
# Run once by the official PostgreSQL image: a role of its own for Temporal, which then makes its two databases.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$TEMPORAL_PASSWORD" -U postgres <<'SQL'
create role temporal login createdb password :'password';
SQL
