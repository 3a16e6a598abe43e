"""Configuration compared by key; what the adapters share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rollback.model import ConfigChange


def changes(
    before: Mapping[str, str], after: Mapping[str, str], restored: bool = True
) -> Iterator[ConfigChange]:
    """Yield the keys that differ; the texts are compared and go no further."""
    for key in sorted({*before, *after}):
        if key not in before:
            yield ConfigChange(key, "added", restored)
        elif key not in after:
            yield ConfigChange(key, "removed", restored)
        elif before[key] != after[key]:
            yield ConfigChange(key, "changed", restored)
