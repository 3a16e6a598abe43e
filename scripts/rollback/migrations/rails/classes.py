"""Migration classes: their versions, and the method that goes forward."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rollback.migrations._files import Script, by_number
from rollback.migrations._ruby import Source
from rollback.migrations.rails.methods import operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations in the order of their versions."""
    scripts = [
        Script(match[1], path, tuple(_forward(text)))
        for path, text in files.items()
        if (match := re.search(r"(?:^|/)(\d+)_[^/]*\.rb$", path))
    ]
    return by_number(scripts)


def _forward(text: str) -> Iterator[Operation]:
    try:
        source = Source(text)
        method = next((name for name in ("up", "change") if name in source.methods), None)
        if source.broken or method is None:
            yield to.Opaque("a file that does not parse" if source.broken else "a file without up")
            return
        yield from list(operations(source, source.body(method)))
    except RecursionError:
        yield to.Opaque("a file that is nested too deeply")
