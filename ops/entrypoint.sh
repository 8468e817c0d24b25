#!/bin/sh
# What the container does, by its first argument.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
web) # serve until SIGTERM, then finish the accepted requests
    exec python -m gunicorn --config ops/gunicorn.conf.py wsgi:app ;;
migrate) # migrate the database, and add the first admin if nobody is one
    python -m flask db upgrade
    exec python -m flask user first-admin ;;
train) # have a model in force: train and promote a first one where none is
    exec python -m flask prepare ;;
seal) # seal the record each minute; the file of public keys gets this key's
    python -m flask seal key >/tmp/public.pem
    known=${CREDITAPP_SEAL_PUBLIC_KEYS:-/dev/null}
    grep -qF "$(sed -n 2p /tmp/public.pem)" "$known" 2>/dev/null || cat /tmp/public.pem >>"$known"
    exec python -m flask seal --every 60 ;;
keep) # now and each day: delete what is past its time, and verify the record; the log and the metrics tell
    running=
    trap 'kill $running 2>/dev/null || true; exit 0' TERM
    run() { # in the background: a signal must not wait for the end of a command
        "$@" &
        running=$!
        wait "$running"
    }
    while :; do
        run python -m flask retention || echo "the retention failed; it is tried again tomorrow" >&2
        run python -m flask audit verify --full || echo "the verification failed; see docs/runbook.md" >&2
        run sleep 86400
    done ;;
score-files) # check and score the files that people upload, until SIGTERM
    exec python -m flask uploads serve ;;
check-config) # check whether `web` would start
    exec python -m flask check-config ;;
registry) # serve the model registry; the database's address comes from MLFLOW_BACKEND_STORE_URI or …_FILE
    MLFLOW_BACKEND_STORE_URI=${MLFLOW_BACKEND_STORE_URI:-$(cat "${MLFLOW_BACKEND_STORE_URI_FILE:?is expected}")}
    # Its job runner starts seven processes of 200 MB each, for jobs that nothing here asks for.
    export MLFLOW_BACKEND_STORE_URI MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
    exec python -m mlflow server --host "${MLFLOW_HOST:-0.0.0.0}" --port 5000 --workers 1 \
        --artifacts-destination "${MLFLOW_ARTIFACTS:-/var/lib/mlflow}" --allowed-hosts "mlflow:5000,localhost:5000" ;;
health) # check whether the service, or the given address, answers
    exec python ops/health.py ${2:+"$2"} ;;
flask) # any command of the application
    exec python -m "$@" ;;
*)
    echo "use one of: web, migrate, train, seal, keep, score-files, check-config, registry, health, flask …" >&2
    exit 2 ;;
esac
