"""gunicorn reads this file by itself. What the numbers mean stands in chatapp/servers/gthread.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from chatapp.servers import limits

limits.begin_without_thread_caches()

from chatapp.servers import gthread  # noqa: E402  # only now: what is loaded before is loaded twice

gthread.check_daemons()

worker_class = "gthread"
threads = gthread.threads()
worker_connections = gthread.connections()
backlog = 2048
limit_request_line = 8190  # bytes, gunicorn's maximum: 500 Chinese characters of a search are 4,500; over it 414
keepalive = 5
control_socket_disable = True
# Headers that a client could send: chatapp/proxies.py decides what a proxy may say, the same for both servers.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

on_starting = gthread.on_starting
nworkers_changed = gthread.nworkers_changed
post_fork = gthread.post_fork
post_worker_init = gthread.post_worker_init
worker_int = gthread.worker_int
worker_exit = gthread.worker_exit
