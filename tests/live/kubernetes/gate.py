"""Something between kubectl and the API server: a kubectl that can be held at a call, and a connection that can be cut."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import yaml
from cluster import CACHE, Cluster, wait_for


class Holding:
    """A kubectl for a project's PATH that waits before or after a call with certain words (`patch*web`), for as long as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "kubectl").write_text(
            f"#!/bin/bash\nhold() {{ [ -e '{folder}/hold' ] || return 0; read -r when word <'{folder}/hold'\n"
            f'  [ "$when" = "$1" ] || return 0; case $2 in *\' --dry-run\'*) return 0 ;; *" "$word" "*) ;; *) return 0 ;; esac\n'
            f"  : >'{folder}/here'; while [ -e '{folder}/hold' ]; do sleep 0.05; done; }}\n"
            f'words=" $* "; hold before "$words"; status=0; \'{CACHE}/kubectl\' "$@" || status=$?; hold after "$words"; exit $status\n'
        )
        (folder / "kubectl").chmod(0o755)

    def at(self, when: str, word: str) -> None:
        (self.folder / "here").unlink(missing_ok=True)
        (self.folder / "hold").write_text(f"{when} {word}\n")

    def reached(self) -> None:
        wait_for((self.folder / "here").exists, "kubectl to be held", 60)

    def go_on(self) -> None:
        (self.folder / "hold").unlink(missing_ok=True)

    def kill(self, run: subprocess.Popen[str]) -> None:
        """The run and everything below it, when it has come to the call."""
        self.reached()
        kill_all(run.pid)
        run.wait(30)
        self.go_on()


class Line:
    """A TCP connection to the cluster that can be cut and mended; `cluster` uses it."""

    def __init__(self, cluster: Cluster, file: Path) -> None:
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        address = config["clusters"][0]["cluster"]["server"].rpartition("/")[2]
        self._to, self._open, self._ends = (
            (address.partition(":")[0], int(address.partition(":")[2])),
            threading.Event(),
            set[socket.socket](),
        )
        self._server: socket.socket | None = None
        self._port = 0
        self.mend()
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._port}"
        file.write_text(yaml.safe_dump(config))
        self.cluster = Cluster(file)

    def mend(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self._port))
        self._port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        """Established connections end; new ones are refused."""
        assert self._server
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(self._to)
                self._ends |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


def kill_all(pid: int) -> None:
    """A process and everything below it, at once, as when a machine goes down."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, task.read_text().split())
    for one in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
