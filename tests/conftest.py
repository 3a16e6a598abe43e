"""Unit tests stay inside their process: no program is started and no connection made unless the test is marked for it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# other lanes run beside: how long an example takes says nothing
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

# a runner in the background ignores Ctrl-C, one under nohup the end of its terminal, and so would every program that a test starts and ends
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn"}
CONNECTS = {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"}
_forbidden: dict[str, str] = {}  # audit event -> what the test lacks


class ReachedOut(AssertionError):
    """A unit test did what only a marked test may do."""


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event in _forbidden:
        raise ReachedOut(
            f"{event} {args[:2]!r}: mark the test `{_forbidden[event]}` or use a recorded reply"
        )


sys.addaudithook(_watch)  # cannot be taken off again, hence the table


@pytest.fixture(autouse=True)
def inside(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forbids programs and connections for the time of one unit test. Markers: programs, network; live tests are free."""
    if "tests/live" in request.path.as_posix() or "tests/bench" in request.path.as_posix():
        yield
        return
    for marker, events in (("programs", STARTS), ("network", CONNECTS)):
        if not any(request.node.iter_markers(marker)):
            _forbidden.update(dict.fromkeys(events, marker))
    try:
        yield
    finally:
        _forbidden.clear()
