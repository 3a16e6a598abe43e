"""What one shell was told already, for as long as it lives: so that a plan asks Compose once. Never written."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from rollback.shell import Shell


class Memory:
    """`definitions`, `resolved`: side, source (and variables) -> answer; `existing`: names of the engine's networks and volumes."""

    def __init__(self) -> None:
        self.definitions: dict[Any, Any] = {}
        self.resolved: dict[Any, Any] = {}
        self.existing: tuple[set[str], set[str]] | None = None


_KNOWN: WeakKeyDictionary[Shell, Memory] = WeakKeyDictionary()


def of(shell: Shell) -> Memory:
    return _KNOWN.setdefault(shell, Memory())
