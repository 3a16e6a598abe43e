"""Programs of a script: looked up when it is written, each behind a readable variable."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from collections.abc import Iterable

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.script import functions, templating
from rollback.script.functions import Function
from rollback.text import clean

# what bash, or a program below it, sets or reads
_TAKEN = re.compile(
    r"BASH.*|LC_.*|R?UID|E?UID|PPID|PATH|ENV|HOME|IFS|LANG|PWD|SECONDS|RANDOM|TERM|TMPDIR|USER|SHELL|HOSTNAME|XDG_.*|\d.*"
)


class Tools:
    """Absolute paths for programs; the names of functions stay words.

    What a function reads as $DOCKER is the program docker. Raises Unreadable (tool-missing).
    """

    def __init__(self, project: Path, called: Iterable[Function] = ()) -> None:
        self._project = project
        self._names: dict[str, str] = {}
        for name in sorted({name for function in called for name in function.variables()}):
            if not _TAKEN.fullmatch(name) and name not in templating.frame_names():
                self._names[self._path(_program(name))] = name

    def words(self, command: Command) -> list[Any]:
        """Return the command for a template. Raises Unreadable (tool-missing)."""
        program, *rest = command.argv
        first = program if program in functions.known() else f'"${self._name(self._path(program))}"'
        return [templating.markup(first), *rest]

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"name": templating.markup(name), "path": path} for path, name in self._names.items()
        ]

    def _path(self, program: str) -> str:
        path = shutil.which(str(self._project / program) if os.sep in program else program)
        if path is None:
            raise Unreadable(
                "tool-missing",
                f"{clean(program)} is not on PATH",
                f"install {clean(program)}, or run this where it is installed",
            )
        return os.path.abspath(path)

    def _name(self, path: str) -> str:
        if path not in self._names:
            self._names[path] = self._free(
                re.sub(r"[^A-Z0-9]+", "_", os.path.basename(path).upper()).strip("_")
            )
        return self._names[path]

    def _free(self, name: str) -> str:
        if not name or _TAKEN.fullmatch(name) or name in templating.frame_names():
            name = f"TOOL_{name}"
        number = 1
        while (free := name if number == 1 else f"{name}_{number}") in self._names.values():
            number += 1
        return free


def _program(variable: str) -> str:
    """Return the program of a variable: PG_DUMP is pg_dump, DOCKER_COMPOSE docker-compose."""
    name = variable.lower()
    return name if shutil.which(name) else name.replace("_", "-")
