"""Answers cached for the life of a shell: a plan asks Compose once. Never written."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from rollback.shell import Shell


class Memory:
    """`definitions` and `resolved` map side, source and variables to Compose's answer.

    `existing` holds the names of the engine's networks and volumes.
    """

    def __init__(self) -> None:
        self.definitions: dict[Any, Any] = {}
        self.resolved: dict[Any, Any] = {}
        self.existing: tuple[set[str], set[str]] | None = None


_KNOWN: WeakKeyDictionary[Shell, Memory] = WeakKeyDictionary()


def of(shell: Shell) -> Memory:
    return _KNOWN.setdefault(shell, Memory())
