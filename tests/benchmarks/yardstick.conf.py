"""How gunicorn serves a yardstick: by the service's own kind of worker, which shares connections fairly."""

from runpy import run_path

worker_class = run_path("ops/gunicorn.conf.py")["RestrainedWorker"]
workers = 2
threads = 4
control_socket_disable = True
