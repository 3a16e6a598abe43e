"""The changes of a plan in a few words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rollback.model import InfrastructureChange

_WORDS = {"forget": "let go of"}


def counted(changes: Sequence[InfrastructureChange]) -> str:
    """Return "replace 1, update 2"."""
    kinds = Counter(
        "replace" if len(row.actions) > 1 else _WORDS.get(row.actions[0], row.actions[0])
        for row in changes
    )
    return ", ".join(f"{word} {number}" for word, number in sorted(kinds.items()))
