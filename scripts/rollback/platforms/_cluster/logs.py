"""Logs of the pods of workloads, as kubectl prints them."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import RollbackError, Unreadable
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.workloads import WorkloadName
from rollback.shell import Shell, last_line

MOST_BYTES = 4_000_000  # of each container
MOST_PODS = 50


def of_workloads(
    location: Location, names: Sequence[WorkloadName], seconds: int, shell: Shell
) -> list[str]:
    """Return the lines of the last seconds, of all containers. Raises Unreadable (logs-unreadable).

    A pod that cannot tell yet is left out. kubectl prints an error of its own for it among the
    lines, so only those count that carry a pod's name.
    """
    selectors = list(dict.fromkeys(name.selector for name in names if name.selector))
    words = ("--all-containers", "--ignore-errors", "--prefix", "--tail=-1")
    limits = (f"--max-log-requests={MOST_PODS}", f"--limit-bytes={MOST_BYTES}")
    since = f"--since={seconds}s"
    commands = [
        kubectl(location, "logs", f"--selector={selector}", since, *words, *limits, timeout=30)
        for selector in selectors
    ]
    lines: list[str] = []
    for answer in shell.ask_all(commands):
        if isinstance(answer, RollbackError):
            raise answer
        if answer.status:
            message = f"logs: {last_line(answer.stderr)}"
            raise Unreadable("logs-unreadable", message, "check that you may read pods/log")
        lines += _of_pods(answer.stdout)
    return lines


def _of_pods(text: str) -> list[str]:
    """Return the lines without the prefix, "[pod/NAME/CONTAINER] "."""
    marked = (line.partition("] ") for line in text.splitlines() if line.startswith("[pod/"))
    return [line for _, _, line in marked]
