"""Detect an agent session, and tell one client process from another, by our ancestors.

Standard library only.

It stops the plain cases (`script -qc`, a shell in a shell), not a process that was re-parented with
a cleaned environment.
The scripts check the same in bash.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rollback.errors import ApprovalNeeded

SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "fish", "busybox")
MARKS = ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID")
CLIENT = "claude"


def client_above() -> str | None:
    """Return the evidence of an agent client above this process, or None."""
    mark = next((mark for mark in MARKS if mark in os.environ), None)
    if mark:
        return f"{mark} is set"
    return next(filter(None, map(_evidence, _ancestors())), None)


def asking_client() -> str:
    """Return `pid:start` of the client that runs this hook. Raises ApprovalNeeded (client-unseen).

    It is named claude, or else (node, an editor) it is what stands above the hook's shell.
    """
    names = {process: _program(process) for process in _ancestors()}
    clients = [process for process, name in names.items() if name == CLIENT]
    others = [process for process, name in names.items() if name not in SHELLS]
    client = next(filter(None, map(_identity, [*clients, *others])), None)
    if client is None:
        message = "the client process that runs this hook cannot be seen"
        raise ApprovalNeeded("client-unseen", message, "run it in a terminal of your own")
    return client


def is_below(client: str) -> bool:
    """Whether the process `pid:start` is an ancestor of ours; a number used again is not it."""
    return any(_identity(process) == client for process in _ancestors())


def _identity(process: int) -> str | None:
    start = _start(process)
    return f"{process}:{start}" if start else None


def _ancestors() -> Iterator[int]:
    process = os.getppid()
    seen: set[int] = set()
    while process > 0 and process not in seen:
        seen.add(process)
        yield process
        process = _parent(process)


def _parent(process: int) -> int:
    answer = _stat(process, 4) or _ps("ppid=", process)
    return int(answer) if answer.isdecimal() else 0


def _start(process: int) -> str:
    """Start time as one word: ticks since boot, or ps's date, which its locale must not change."""
    return _stat(process, 22) or "-".join(_ps("lstart=", process).split())


def _stat(process: int, field: int) -> str:
    """Return this field of /proc/PID/stat, numbered as in proc(5); "" without /proc."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except OSError:
        return ""
    # the name in brackets may hold spaces and brackets itself
    fields = stat.rpartition(")")[2].split()
    return fields[field - 3] if len(fields) > field - 3 else ""


def _evidence(process: int) -> str | None:
    name = _program(process)
    if name == CLIENT:
        return f"process {process} is {CLIENT}"
    mark = next((mark for mark in MARKS if f"\0{mark}=" in _environment(process)), None)
    return f"process {process} ({name}) carries {mark}" if mark else None


def _program(process: int) -> str:
    return os.path.basename(_name(process).removeprefix("-"))


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text(errors="replace").strip()
    except OSError:
        return _ps("comm=", process)


def _environment(process: int) -> str:
    """NAME=value pairs, each with a NUL before it; "" when we may not read it."""
    try:
        return "\0" + Path(f"/proc/{process}/environ").read_text(errors="replace")
    except OSError:
        # without /proc (macOS) ps adds the environment to the command line of our own processes
        return (
            ""
            if Path("/proc/self").exists()
            else " ".join(_ps("command=", process, "eww").split()).replace(" ", "\0")
        )


def _ps(column: str, process: int, *flags: str) -> str:
    words = ["ps", *flags, "-o", column, "-p", str(process)]
    same = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        return subprocess.run(words, capture_output=True, text=True, env=same).stdout.strip()
    except OSError:
        return ""
