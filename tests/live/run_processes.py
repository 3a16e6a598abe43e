"""The processes of a run, to kill it without warning at any point."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def of_run(run: str) -> list[int]:
    """Processes with a run folder as working directory: the script and its commands, but no restarted server."""
    numbers = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd") == run:
                numbers.append(int(process.name))
    return numbers


def kill_run(process: subprocess.Popen[str], run: str) -> None:
    """Kill the script and everything in its run folder, also what starts between the look and the kill.

    Raises AssertionError when something of it still lives after 5 s: it would hold the lock of the run."""
    for victim in [process.pid, *of_run(run)]:
        _kill(victim)
    process.communicate()
    end = time.monotonic() + 5
    while rest := of_run(run):
        assert time.monotonic() < end, rest
        for victim in rest:
            _kill(victim)
        time.sleep(0.01)


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def command_lines() -> str:
    """The arguments of every process of this machine, as `ps` shows them."""
    seen = ""
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended
            seen += Path("/proc", entry, "cmdline").read_text(errors="replace")
    return seen
