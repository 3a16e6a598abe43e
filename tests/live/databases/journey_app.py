"""A web application that reads and writes its table with the columns its release knows, and is restarted without a gap."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

# The listening socket outlives every release, as with Puma, Gunicorn or systemd: what is not
# accepted yet waits for the next process, and the old one answers what it has accepted.
SUPERVISOR = """\
import os, signal, socket, subprocess, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
listening.set_inheritable(True)
child = None
def start(*_):
    global child
    old = child
    folder = os.path.realpath(sys.argv[2])
    child = subprocess.Popen([f"{folder}/.venv/bin/python", "app.py", str(listening.fileno())],
        cwd=folder, pass_fds=[listening.fileno()], stdout=subprocess.PIPE)
    child.stdout.readline()
    if old:
        old.terminate()
        old.wait()
def stop(*_):
    child.kill()
    sys.exit()
signal.signal(signal.SIGHUP, start)
signal.signal(signal.SIGTERM, stop)
start()
print("ready", flush=True)
while True:
    signal.pause()
"""
RESTART = """\
#!/bin/sh
# restart PIDFILE PORT: a new process in the release that `current` names, then the end of the old one
if [ -f "$1" ]; then kill -HUP "$(cat "$1")"; exit; fi
python3 supervisor.py "$2" ../../current >/dev/null 2>&1 </dev/null &
echo $! >"$1"
"""
APP = """\
import http.server, json, os, signal, socket, sys, threading
from urllib.parse import unquote, urlsplit
import psycopg2
facts, columns = json.load(open("release.json")), json.load(open("columns.json"))
url = urlsplit(os.environ["SHOP_URL"])
names = ", ".join(columns)

def order():
    connection = psycopg2.connect(host=unquote(url.netloc.rpartition("@")[2]), user=url.username,
        password=unquote(url.password), dbname=url.path[1:])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO orders (note) VALUES ('x')")
            cursor.execute(f"SELECT {names} FROM orders LIMIT 5")
    finally:
        connection.close()

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        status = 200
        if self.path == "/health":
            status = 500 if facts["broken"] else 200
        else:
            try:
                order()
            except psycopg2.Error as error:
                status = 503
                sys.stderr.write(str(error))
        body = json.dumps({"version": facts["version"]}).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for what was accepted

server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("ready", flush=True)
server.serve_forever(poll_interval=0.05)
os.set_inheritable(server.socket.fileno(), False)
for thread in threading.enumerate():
    if thread is not threading.current_thread() and not thread.daemon:
        thread.join(10)
"""


@dataclass
class Traffic:
    """Requests, four at a time, until the end of the block; `answers` counts (status, version).

    A request that was not answered is ("none", what went wrong)."""

    url: str
    answers: Counter[tuple[object, str]] = field(default_factory=Counter)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Traffic:
        self._pool = ThreadPoolExecutor(4)
        self._running = [self._pool.submit(self._ask) for _ in range(4)]
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._pool.shutdown()
        for running in self._running:
            running.result()

    def _ask(self) -> None:
        import json

        while not self._ended.wait(0.1):
            try:
                with urllib.request.urlopen(self.url, timeout=10) as reply:
                    answer = (reply.status, json.load(reply)["version"])
            except urllib.error.HTTPError as error:
                answer = (error.code, json.load(error)["version"])
            except OSError as error:
                answer = ("none", str(error))
            self.answers[answer] += 1

    @property
    def failures(self) -> dict[tuple[object, str], int]:
        return {answer: count for answer, count in self.answers.items() if answer[0] != 200}

    def versions(self) -> set[str]:
        return {version for status, version in self.answers if status == 200}
