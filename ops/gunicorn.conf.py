"""How gunicorn serves: `gunicorn -c ops/gunicorn.conf.py wsgi:app` from the project's folder."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from creditapp.config import Settings
from creditapp.exceptions import InvalidSetting

try:
    settings = Settings.from_environment()
except InvalidSetting as error:
    print(error, file=sys.stderr)
    raise SystemExit(2) from None

bind = f"127.0.0.1:{settings.port}"
worker_class = "gthread"
workers = settings.workers
threads = settings.threads
timeout = 60
graceful_timeout = 30
umask = 0o077
control_socket_disable = True
accesslog = "-"
# The path without its query: a reference to search for is nobody's business here.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(M)s ms %({x-request-id}o)s"


def on_starting(server: Any) -> None:
    """Workers share their metrics in a folder of this run alone, wiped now and never later."""
    folder = settings.prometheus_multiproc_dir or tempfile.mkdtemp(prefix="creditapp-metrics-")
    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in Path(folder).glob("*.db"):
        leftover.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def when_ready(server: Any) -> None:
    """Say where everything is."""
    address = f"http://127.0.0.1:{settings.port}"
    print(
        f"\n  page           {address}/"
        f"\n  documentation  {address}/apidocs"
        f"\n  metrics        {address}/metrics\n",
        flush=True,
    )


def post_worker_init(worker: Any) -> None:
    """Each worker follows the deployment in force; one without a model stays up and says so."""
    from creditapp import model_cache

    model_cache.of_app(worker.wsgi).follow(worker.wsgi)


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone has no model loaded any more."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Take our own metrics folder away."""
    if not settings.prometheus_multiproc_dir:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
