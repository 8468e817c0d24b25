# Two images of one source. docker-compose.yml builds both; by hand:
#   docker build --target serve --tag creditapp:0.1.0 .             answers: no compiler, no pip, nothing that trains
#   docker build --target train --tag creditapp-training:0.1.0 .    trains, and runs the registry's server

FROM python:3.13.2-slim AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLASK_APP=wsgi \
    FLASK_SKIP_DOTENV=1 \
    MLFLOW_DISABLE_TELEMETRY=true
WORKDIR /srv/creditapp

# Packages are installed in one stage and copied into another: what installs them stays behind.
FROM base AS serve-packages
COPY requirements/install requirements/build.txt requirements/serve.txt requirements/
RUN requirements/install serve.txt

FROM base AS train-packages
COPY requirements/install requirements/build.txt requirements/train.txt requirements/
RUN requirements/install train.txt

# Everything but /tmp and the volumes may be mounted read-only: the bytecode is written now.
FROM base AS application
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin creditapp \
    && install --directory --owner=creditapp --group=creditapp --mode=0700 instance /var/lib/creditapp /var/lib/creditapp-uploads \
        /var/lib/mlflow
COPY wsgi.py babel.cfg ./
COPY creditapp/ creditapp/
COPY migrations/ migrations/
COPY templates/ templates/
COPY static/ static/
# The default portfolio's fields: bundles of older releases do not hold theirs.
COPY data/datapackage.yaml data/
COPY ops/entrypoint.sh ops/gunicorn.conf.py ops/health.py ops/with-secrets ops/
RUN python -m compileall -q wsgi.py creditapp migrations ops
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["ops/entrypoint.sh", "health"]
ENTRYPOINT ["ops/entrypoint.sh"]

FROM application AS train
COPY --from=train-packages /opt/venv /opt/venv
COPY training/ training/
COPY data/ data/
RUN python -m compileall -q training
USER 10001:10001
CMD ["train"]

FROM application AS serve
COPY --from=serve-packages /opt/venv /opt/venv
USER 10001:10001
CMD ["web"]
