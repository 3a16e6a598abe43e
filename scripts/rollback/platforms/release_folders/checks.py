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
    places = {(move.target.details["host"], move.target.details["path"]): move for move in moves}
    answers = shell.ask_all([command(host, QUESTION, path) for host, path in places])
    for move, answer in zip(places.values(), answers, strict=True):
        if not isinstance(answer, RollbackError):
            yield from _strays(move, answer.stdout)


def _strays(move: Move, text: str) -> Iterable[Check]:
    lines = text.splitlines()
    live = lines[0].rstrip("/").rpartition("/")[2] if lines else ""
    home = f"{move.target.details['path']}/releases/"
    found = [(match[1], match[2].removeprefix(home).split("/")[0]) for match in map(_CWD.search, lines[1:]) if match]
    strays = [f"{process} in {clean(release, 40)}" for process, release in found if release != live]
    if strays:
        yield Check(f"processes {move.target.app}", "unknown", f"still in another release: {', '.join(strays[:5])}")
