"""Answers kept for the life of a shell: a plan asks for each once. Never written."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from rollback.platforms.vercel.client import Project
from rollback.shell import Shell


class Memory:
    """`projects`: id -> the project as `targets` read it last. `readings`: of a move, by its id."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.readings: dict[str, Any] = {}


_KNOWN: WeakKeyDictionary[Shell, Memory] = WeakKeyDictionary()


def of(shell: Shell) -> Memory:
    return _KNOWN.setdefault(shell, Memory())
