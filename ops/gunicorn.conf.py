"""The configuration of gunicorn: `gunicorn -c ops/gunicorn.conf.py wsgi:app` in the project's folder."""

import fcntl
import gc
import multiprocessing
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn import glogging
from gunicorn.workers.gthread import ThreadWorker

from creditapp.loading import loading_code
from creditapp.observability import logs
from creditapp.settings.paths import METRICS_LOCK
from creditapp.settings.safeguards import checked_settings
from creditapp.settings.start import read_dotenv_files, wrong_settings_end_the_process

with wrong_settings_end_the_process():
    read_dotenv_files()
    # why: gunicorn itself would refuse paths without it, as the health check's, and take /creditor for
    # /credit.
    if "SCRIPT_NAME" in os.environ:
        os.environ.setdefault("CREDITAPP_PREFIX", os.environ.pop("SCRIPT_NAME"))
    settings = checked_settings()

# A reload of this file must not mistake our own folder for a setting.
OWN_FOLDER = "CREDITAPP_OWN_METRICS_FOLDER"


GARBAGE_THRESHOLD = 50_000
SECONDS_OF_RESTRAINT = 0.005
"""How long a busy worker leaves a new connection to the others before it takes it."""


class RestrainedWorker(ThreadWorker):  # type: ignore[misc]
    """Accepts connections slowly while all of its threads are busy, so that a free worker accepts first.

    See docs/decisions/0009-busy-workers-are-restrained.md.
    """

    # why: without the pause, one worker may take all connections of a client while the others are idle.

    _accepts_from = 0.0

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections only if a thread is free, or after the pause."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._accepts_from)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and start the pause."""
        super().accept(listener)
        self._accepts_from = time.monotonic() + SECONDS_OF_RESTRAINT

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events, but no longer than the pause."""
        if self._busy_threads() < self.cfg.threads:
            self._accepts_from = 0.0
        self.set_accept_enabled(self.alive and self.nr_conns < self.worker_connections)
        pause = self._accepts_from - time.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, pause) if pause > 0 else timeout)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Go on at once if the client sent its next request before this answer."""
        super().finish_request(conn, fs)
        kept = self.keepalived_conns and self.keepalived_conns[-1] is conn
        # why: these bytes are read already, so the socket would never announce them, and the connection
        # would be closed without an answer. Less than a whole head would hold a thread until the rest comes.
        if kept and b"\r\n\r\n" in conn.parser.unreader.buf.getvalue():
            self.on_client_socket_readable(conn, conn.sock)

    def _busy_threads(self) -> int:
        return int(self.nr_conns) - len(self.keepalived_conns) - len(self.pending_conns)


class OwnLogOnly(glogging.Logger):  # type: ignore[misc]
    """No access log: the application logs each request, and gunicorn would build a line only to drop it."""

    access_log_enabled = False


host = f"[{settings.host}]" if ":" in settings.host else settings.host
bind = f"{host}:{settings.port}"
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
    """Prepare the metrics folder, load the code once for all workers, and check the start."""
    _check_gunicorn(server.cfg)
    _prepare_metrics(server)
    # why: it is imported once, and the workers share its memory.
    with loading_code():
        import creditapp.factory  # noqa: F401

    try:
        _check()
        _check_port()
    except SystemExit:
        on_exit(server)
        raise
    for leftover in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("*.db"):
        leftover.unlink()


def _prepare_metrics(server: Any) -> None:
    """Take the metrics folder; it is emptied after the checks, and never while workers run."""
    folder = settings.prometheus_multiproc_dir
    if not folder:
        folder = tempfile.mkdtemp(prefix="creditapp-metrics-")
        os.environ[OWN_FOLDER] = folder
    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    _hold(server, Path(folder))
    # why: the client of Prometheus looks for the folder while it is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def _hold(server: Any, folder: Path) -> None:
    """Keep other services away from the metrics folder until the last worker ends."""
    server.metrics_lock = (folder / METRICS_LOCK).open("w")
    try:
        fcntl.flock(server.metrics_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(
            f"PROMETHEUS_MULTIPROC_DIR: another service keeps its metrics in {folder}; give each one its own",
            file=sys.stderr,
        )
        raise SystemExit(2) from None


def _check_gunicorn(cfg: Any) -> None:
    """Refuse options of gunicorn that contradict the settings that were checked."""
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
    """Run `flask check-config` before a port is opened, in a process with connections of its own."""
    checking = multiprocessing.get_context("fork").Process(target=_run_check)
    checking.start()
    checking.join()
    if checking.exitcode:
        raise SystemExit(checking.exitcode)


def _run_check() -> None:
    from creditapp.cli.checks import check_config
    from creditapp.factory import create_app

    with (
        wrong_settings_end_the_process(),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        create_app(settings).app_context(),
    ):
        check_config.main([])


def _check_port() -> None:
    """Refuse a busy port at once; gunicorn would try it five times."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            print(f"PORT: {settings.port} cannot be served on: {error.strerror}", file=sys.stderr)
            raise SystemExit(2) from None


def when_ready(server: Any) -> None:
    """Print the addresses."""
    address = f"http://{bind}"
    # why: a full disk under the log is no reason not to serve.
    with suppress(OSError):
        print(
            f"\n  page           {address}/"
            f"\n  documentation  {address}/apidocs"
            f"\n  metrics        {address}/metrics\n",
            flush=True,
        )


def post_worker_init(worker: Any) -> None:
    """Start what a worker does besides requests: follow deployments and challengers, watch the decisions."""
    from creditapp.challenger import shadow
    from creditapp.database import engine, news
    from creditapp.decisions import days
    from creditapp.drift import watch as drift_watch
    from creditapp.files import upload_process
    from creditapp.observability import watching
    from creditapp.performance import watch as performance_watch
    from creditapp.serving import cache as model_cache

    engine.limit_silence(worker.wsgi, settings.database_seconds)
    engine.note_capacity(worker.wsgi, settings.threads)
    engine.open_connections(worker.wsgi)
    cache, challenger = model_cache.of_app(worker.wsgi), shadow.of_app(worker.wsgi)
    cache.load_first(worker.wsgi)
    challenger.start(worker.wsgi)
    looks = {"deployment and policy": cache.look, "challenger": challenger.look}
    news.follow(worker.wsgi, looks)
    report = partial(performance_watch.refresh, settings.performance_seconds)
    works: watching.Works = {
        "count of days": days.refresh,
        "drift check": drift_watch.refresh,
        "report on performance": report,
        "look at uploaded files": partial(upload_process.tend, settings),
    }
    watching.watch(
        worker.wsgi, os.environ["PROMETHEUS_MULTIPROC_DIR"], works, settings.drift_seconds
    )
    # why: what is loaded by now is never garbage; looking through it again doubled the time of a batch.
    gc.freeze()
    # why: a request leaves few cycles behind; looking for them after each 700 objects took 7 % of its time.
    gc.set_threshold(GARBAGE_THRESHOLD)
    logs.skip_unused_fields()


def child_exit(server: Any, worker: Any) -> None:
    """Remove a dead worker from the gauges."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Remove the metrics folder of this run."""
    if OWN_FOLDER in os.environ:
        shutil.rmtree(os.environ[OWN_FOLDER], ignore_errors=True)
