#!/bin/sh
# Run by the image once, when the cluster is made: a role and a database for each of the two programs, and none for both.
set -eu
for name in creditapp mlflow; do
    psql --set=ON_ERROR_STOP=1 --set=name="$name" --set=password="$(cat "/run/secrets/postgres_$name")" \
        --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
