"""Migration classes: their names and their up()."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rollback.migrations._files import Script, by_name, by_number
from rollback.migrations._php import method, tokens
from rollback.migrations.laravel.schema import operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the classes in the order of their names; the id is the name without ending."""
    return by_number(
        Script(by_name(path) or path, path, tuple(_forward(text)))
        for path, text in files.items()
        if path.endswith(".php")
    )


def _forward(text: str) -> Iterator[Operation]:
    try:
        up = method(tokens(text), "up")
        if up is None:
            yield to.Opaque("a file without up")
            return
        for part in up:
            yield from operations(part)
    except RecursionError:
        yield to.Opaque("a file that is nested too deeply")
