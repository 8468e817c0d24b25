"""The names of dependencies that are not part of their public interface, and that the code relies on.

An upgrade that removes one of them fails here, and not in production.
"""

import logging
import sqlite3
from pathlib import Path

import pytest
from gunicorn import glogging
from gunicorn.workers.gthread import ThreadWorker
from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from sklearn.ensemble import HistGradientBoostingClassifier
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from creditapp.factory import create_app
from creditapp.serving.registry_paths import PATHS
from tests.serving import Trained

FITTED = HistGradientBoostingClassifier(max_iter=1).fit([[0.0], [1.0]] * 20, [0, 1] * 20)

PRIVATE_NAMES: dict[str, tuple[object, str]] = {
    "observability/logs.py: no look at where a record was made": (logging, "_srcfile"),
    "observability/metrics.py: the files of one worker": (
        MmapedDict,
        "read_all_values_from_file",
    ),
    "observability/metrics.py: whether workers share their metrics": (values, "ValueClass"),
    "observability/metrics.py: metrics of a single process": (values, "MutexValue"),
    "observability/metrics.py: the sum over files": (MultiProcessCollector, "merge"),
    "database/session.py: the driver's errors under SQLAlchemy's names": (DBAPIError, "instance"),
    "database/session.py: the driver of SQLite": (sqlite.dialect, "loaded_dbapi"),
    "database/session.py: the driver of PostgreSQL": (postgresql.dialect, "loaded_dbapi"),
    "estimators/boosting.py: the trees": (FITTED, "_predictors"),
    "estimators/boosting.py: where the sum begins": (FITTED, "_baseline_prediction"),
    "ops/gunicorn.conf.py: no access line": (glogging.Logger, "access_log_enabled"),
    "ops/gunicorn.conf.py: when to accept": (ThreadWorker, "set_accept_enabled"),
    "ops/gunicorn.conf.py: accepting": (ThreadWorker, "accept"),
    "ops/gunicorn.conf.py: waiting": (ThreadWorker, "wait_for_and_dispatch_events"),
    "ops/gunicorn.conf.py: the end of a request": (ThreadWorker, "finish_request"),
    "ops/gunicorn.conf.py: the next request": (ThreadWorker, "on_client_socket_readable"),
}
"""By the place that relies on it: the object and the name."""

WORKER_STATE = ("nr_conns", "keepalived_conns", "pending_conns", "worker_connections", "alive")
"""What ops/gunicorn.conf.py reads of a worker; the worker sets them when it starts."""


@pytest.mark.parametrize("place", PRIVATE_NAMES)
def test_a_private_name_still_exists(place: str) -> None:
    """Otherwise the place named here has to be changed with the upgrade."""
    owner, name = PRIVATE_NAMES[place]
    assert hasattr(owner, name)


def test_a_worker_still_counts_its_connections() -> None:
    """The names appear in the source of the worker."""
    import inspect

    source = "".join(inspect.getsource(kind) for kind in ThreadWorker.__mro__[:-1])
    for name in WORKER_STATE:
        assert f"self.{name}" in source, name


def test_the_collector_still_keeps_its_folder(tmp_path: Path) -> None:
    """`ReadableFiles` reads it."""
    collector = MultiProcessCollector.__new__(MultiProcessCollector)
    MultiProcessCollector.__init__(collector, None, str(tmp_path))
    assert collector._path == str(tmp_path)


def test_the_views_of_flasgger_have_their_names() -> None:
    """`web/access.py` opens them by name, one of them an anonymous function."""
    endpoints = {rule.endpoint for rule in create_app().url_map.iter_rules()}
    assert {"flasgger.apidocs", "flasgger.openapi", "flasgger.<lambda>"} <= endpoints


def test_the_registry_still_has_its_columns(trained: Trained) -> None:
    """`serving/registry_paths.py` changes them when the registry was moved."""
    connection = sqlite3.connect(trained.registry)
    for table, column in PATHS:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        assert column in columns, (table, column)
    connection.close()
