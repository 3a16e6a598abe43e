"""Find processes that still run in another release.

Finding none proves nothing, so it is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Check, Move
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.host import command
from rollback.shell import Shell
from rollback.text import clean

SCRIPT = (
    'cd -P -- "$1/releases" || exit 0; p=$(pwd -P); readlink ../current; '
    'ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F -- "-> $p/"; exit 0'
)
_CWD = re.compile(r"/proc/(\d+)/cwd -> (.*)")


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Report processes in other releases (Linux). A shell there looks the same: no verdict."""
    hosts = [(move.target.app, host) for move in moves for host in details.of(move.target).hosts]
    answers = shell.ask_all([command(host.name, SCRIPT, host.path) for _, host in hosts])
    for (app, host), answer in zip(hosts, answers, strict=True):
        if not isinstance(answer, RollbackError):
            yield from _in_other_releases(app, host.path, answer.stdout)


def _in_other_releases(app: str, path: str, report: str) -> Iterator[Check]:
    lines = report.splitlines()
    live = lines[0].rstrip("/").rpartition("/")[2] if lines else ""
    processes = [
        (match[1], match[2].removeprefix(f"{path}/releases/").split("/")[0])
        for match in map(_CWD.search, lines[1:])
        if match
    ]
    others = [f"{pid} in {clean(release, 40)}" for pid, release in processes if release != live]
    if others:
        detail = f"still running in another release: {', '.join(others[:5])}"
        yield Check(f"processes {app}", "unknown", detail)
