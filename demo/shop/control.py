"""Restart or stop the shop by process id, as systemd would. Standard library only."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SHARED = Path(__file__).resolve().parent
PID = SHARED / "server.pid"


def stop(port: int) -> None:
    """Stop the running server, if any, and wait until its port is free."""
    with suppress(OSError, ValueError):
        os.kill(int(PID.read_text()), signal.SIGTERM)
    PID.unlink(missing_ok=True)
    _wait(lambda: not _answers(port))


def start(port: int) -> int:
    """Serve what `current` points at now, in its own session, so that it outlives us.

    Returns 1 when the server does not come up.
    """
    release = (SHARED.parent / "current").resolve()
    with (SHARED / "server.log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "server.py", str(port)],
            cwd=release,
            env={**os.environ, "SHOP_SHARED": str(SHARED), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if _wait(lambda: server.poll() is not None or _answers(port)) and server.poll() is None:
        return 0
    print(
        f"the server of {release.name} did not come up: see {SHARED / 'server.log'}",
        file=sys.stderr,
    )
    return 1


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not (seen := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return seen


if __name__ == "__main__":
    verb, port = sys.argv[1], int(sys.argv[2])
    stop(port)
    sys.exit(start(port) if verb == "restart" else 0)
