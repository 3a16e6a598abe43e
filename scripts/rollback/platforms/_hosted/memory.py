"""Answers kept for the life of a shell: a plan asks for each once. Never written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from rollback.shell import Shell

Answer = TypeVar("Answer")
_KNOWN: WeakKeyDictionary[Shell, dict[tuple[str, str], Any]] = WeakKeyDictionary()


def keep(shell: Shell, kind: str, id: str, answer: Answer) -> Answer:
    """Keep the newest answer of a kind ("site", "releases") about what has this id."""
    _KNOWN.setdefault(shell, {})[kind, id] = answer
    return answer


def once(shell: Shell, kind: str, id: str, read: Callable[[], Answer]) -> Answer:
    """Return what was kept last, else read it."""
    known = _KNOWN.setdefault(shell, {})
    if (kind, id) not in known:
        known[kind, id] = read()
    answer: Answer = known[kind, id]
    return answer
