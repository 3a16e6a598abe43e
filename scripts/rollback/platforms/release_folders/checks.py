"""Processes that still run in another release. Their absence proves nothing, so it is not reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rollback.errors import RollbackError
from rollback.model import Check, Move
from rollback.platforms.release_folders.host import command
from rollback.shell import Shell
from rollback.text import clean

QUESTION = 'cd -P -- "$1/releases" || exit 0; p=$(pwd -P); readlink ../current; ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F -- "-> $p/"; exit 0'
_CWD = re.compile(r"/proc/(\d+)/cwd -> (.*)")


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Only Linux tells; elsewhere there is nothing to say. A shell that stands in an old folder looks the same, hence never a verdict."""
    hosts = [
        (move.target.app, host)
        for move in moves
        for host in move.target.details.get("hosts", [move.target.details])
    ]
    answers = shell.ask_all([command(host["host"], QUESTION, host["path"]) for _, host in hosts])
    for (app, host), answer in zip(hosts, answers, strict=True):
        if not isinstance(answer, RollbackError):
            yield from _strays(app, host["path"], answer.stdout)


def _strays(app: str, path: str, text: str) -> Iterable[Check]:
    lines = text.splitlines()
    live = lines[0].rstrip("/").rpartition("/")[2] if lines else ""
    found = [
        (match[1], match[2].removeprefix(f"{path}/releases/").split("/")[0])
        for match in map(_CWD.search, lines[1:])
        if match
    ]
    strays = [f"{process} in {clean(release, 40)}" for process, release in found if release != live]
    if strays:
        yield Check(
            f"processes {app}", "unknown", f"still in another release: {', '.join(strays[:5])}"
        )
