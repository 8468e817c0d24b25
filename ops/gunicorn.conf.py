"""How gunicorn serves: `gunicorn -c ops/gunicorn.conf.py wsgi:app` from the project's folder."""

import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gunicorn import glogging
from gunicorn.workers.gthread import ThreadWorker

from creditapp.exceptions import InvalidSetting
from creditapp.observability import logs
from creditapp.settings.safeguards import checked_settings

try:
    settings = checked_settings()
except InvalidSetting as error:
    print(error, file=sys.stderr)
    raise SystemExit(2) from None

# A reload of this file must not mistake our own folder for a setting.
OWN_FOLDER = "CREDITAPP_OWN_METRICS_FOLDER"


GARBAGE_THRESHOLD = 50_000
SECONDS_OF_RESTRAINT = 0.005
"""How long a busy worker leaves a new connection to the others; if none comes, it takes it then."""


class RestrainedWorker(ThreadWorker):  # type: ignore[misc]
    """Takes new connections slowly while all of its threads are at work, so that a free worker comes first.

    Otherwise one worker may take all of a client's connections, and the others have nothing to do.
    """

    _accepts_from = 0.0

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept for a thread that is free, or after a pause."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._accepts_from)

    def accept(self, listener: socket.socket) -> None:
        """Accept, and then think again."""
        super().accept(listener)
        self._accepts_from = time.monotonic() + SECONDS_OF_RESTRAINT

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait no longer than the pause where there is one."""
        if self._busy_threads() < self.cfg.threads:
            self._accepts_from = 0.0
        self.set_accept_enabled(self.alive and self.nr_conns < self.worker_connections)
        pause = self._accepts_from - time.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, pause) if pause > 0 else timeout)

    def _busy_threads(self) -> int:
        return int(self.nr_conns) - len(self.keepalived_conns) - len(self.pending_conns)


class OwnLogOnly(glogging.Logger):  # type: ignore[misc]
    """The application logs each request; gunicorn would put a line together for each and drop it."""

    access_log_enabled = False


bind = f"{settings.host}:{settings.port}"
worker_class = RestrainedWorker
logger_class = OwnLogOnly
workers = settings.workers
threads = settings.threads
timeout = 60
graceful_timeout = 30
umask = 0o077
control_socket_disable = True
forwarded_allow_ips = ",".join(settings.proxies)
forwarder_headers = ""
logconfig_dict = logs.config(production=settings.production)
accesslog = None


def on_starting(server: Any) -> None:
    """Workers share their metrics in a folder of this run alone, wiped now and never later."""
    _check_gunicorn(server.cfg)
    _check()
    _check_port()
    folder = settings.prometheus_multiproc_dir
    if not folder:
        folder = tempfile.mkdtemp(prefix="creditapp-metrics-")
        os.environ[OWN_FOLDER] = folder
    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in Path(folder).iterdir():
        leftover.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def _check_gunicorn(cfg: Any) -> None:
    """What was checked is what is served: gunicorn's own options must not say otherwise."""
    bound = [cfg.bind] if isinstance(cfg.bind, str) else cfg.bind
    for name, is_ours in (
        ("bind", bound == [bind]),
        ("workers", cfg.workers == workers),
        ("preload", not cfg.preload_app),  # a pool of connections must not cross a fork
    ):
        if not is_ours:
            print(f"GUNICORN_CMD_ARGS: {name} is set by our own settings", file=sys.stderr)
            raise SystemExit(2)


def _check() -> None:
    """What `flask check-config` says of the database, before a port is opened."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "check-config"]
    # A .env file would be read by the command and not by the service.
    env = {**os.environ, "FLASK_SKIP_DOTENV": "1"}
    checked = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)
    if checked.returncode:
        raise SystemExit(checked.returncode)


def _check_port() -> None:
    """Say at once what gunicorn would try five times to find out."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            print(f"PORT: {settings.port} cannot be served on: {error.strerror}", file=sys.stderr)
            raise SystemExit(2) from None


def when_ready(server: Any) -> None:
    """Say where everything is."""
    address = f"http://{settings.host}:{settings.port}"
    print(
        f"\n  page           {address}/"
        f"\n  documentation  {address}/apidocs"
        f"\n  metrics        {address}/metrics\n",
        flush=True,
    )


def post_worker_init(worker: Any) -> None:
    """Each worker follows the deployment in force; one without a model stays up and says so."""
    from creditapp.challenger import shadow
    from creditapp.drift import watch as drift_watch
    from creditapp.serving import cache as model_cache

    model_cache.of_app(worker.wsgi).follow(worker.wsgi)
    shadow.of_app(worker.wsgi).follow(worker.wsgi)
    drift_watch.watch(worker.wsgi, os.environ["PROMETHEUS_MULTIPROC_DIR"])
    # What is loaded by now is never garbage; looking through it again doubled the time of a batch.
    gc.freeze()
    # A request leaves hardly a cycle behind; looking for them after each 700 objects took 7 % of its time.
    gc.set_threshold(GARBAGE_THRESHOLD)
    logs.leave_out_what_no_line_shows()


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone has no model loaded any more."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Take our own metrics folder away."""
    if OWN_FOLDER in os.environ:
        shutil.rmtree(os.environ[OWN_FOLDER], ignore_errors=True)
