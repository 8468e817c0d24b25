#!/bin/sh
# What a container of ours does, by its first word.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
web) # serve, until SIGTERM: then answer what was accepted, and end
    exec gunicorn --config ops/gunicorn.conf.py wsgi:app ;;
migrate) # bring the database to the newest schema, and make the first admin where there is nobody
    flask db upgrade
    exec flask user first-admin ;;
train) # have a model in force: train and promote a first one where none is
    exec flask prepare ;;
check-config) # say whether `web` would start
    exec flask check-config ;;
registry) # serve the model registry; the database's address comes from MLFLOW_BACKEND_STORE_URI or …_FILE
    MLFLOW_BACKEND_STORE_URI=${MLFLOW_BACKEND_STORE_URI:-$(cat "${MLFLOW_BACKEND_STORE_URI_FILE:?is expected}")}
    export MLFLOW_BACKEND_STORE_URI
    exec mlflow server --host "${MLFLOW_HOST:-0.0.0.0}" --port 5000 --workers 1 \
        --artifacts-destination "${MLFLOW_ARTIFACTS:-/var/lib/mlflow}" --allowed-hosts "mlflow:5000,localhost:5000" ;;
health) # say whether it can decide, or with an address, whether that answers
    exec python ops/health.py ${2:+"$2"} ;;
flask) # any command of the application
    exec "$@" ;;
*)
    echo "expected is one of: web, migrate, train, check-config, registry, health, flask …" >&2
    exit 2 ;;
esac
