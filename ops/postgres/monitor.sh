#!/bin/sh
# Makes the role that the monitoring reads PostgreSQL's numbers with, or gives it the password in its file. It may read
# no table. The image runs this once, when the cluster is made; docs/operations.md says when to run it again.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$(cat /run/secrets/postgres_monitor)" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
SELECT 'CREATE ROLE monitor LOGIN CONNECTION LIMIT 5' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor') \gexec
ALTER ROLE monitor PASSWORD :'password';
GRANT pg_monitor TO monitor;
SQL
