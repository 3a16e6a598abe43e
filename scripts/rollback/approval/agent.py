"""Detect an agent session: our own and each readable ancestor's environment and name.

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

MARKS = ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID")
CLIENT = "claude"


def client_above() -> str | None:
    """Return the evidence of an agent client above this process, or None."""
    mark = next((mark for mark in MARKS if mark in os.environ), None)
    if mark:
        return f"{mark} is set"
    return next(filter(None, map(_evidence, _ancestors())), None)


def _ancestors() -> Iterator[int]:
    process = os.getppid()
    seen: set[int] = set()
    while process > 0 and process not in seen:
        seen.add(process)
        yield process
        process = _parent(process)


def _parent(process: int) -> int:
    try:
        # the name in brackets may hold spaces and brackets itself
        return int(
            Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[1]
        )
    except (OSError, ValueError, IndexError):
        answer = _ps("ppid=", process)
        return int(answer) if answer.isdecimal() else 0


def _evidence(process: int) -> str | None:
    name = os.path.basename(_name(process).removeprefix("-"))
    if name == CLIENT:
        return f"process {process} is {CLIENT}"
    mark = next((mark for mark in MARKS if f"\0{mark}=" in _environment(process)), None)
    return f"process {process} ({name}) carries {mark}" if mark else None


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
    try:
        return subprocess.run(
            ["ps", *flags, "-o", column, "-p", str(process)], capture_output=True, text=True
        ).stdout.strip()
    except OSError:
        return ""
