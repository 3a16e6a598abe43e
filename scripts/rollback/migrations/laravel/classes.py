"""Migration classes: their names and their up()."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rollback.detection.files import folder, inside
from rollback.migrations._files import Script, by_name, by_number
from rollback.migrations._php import method, tokens
from rollback.migrations.laravel.schema import in_order
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the classes in the order of their names; the id is the name without ending.

    Laravel takes the files of a folder and none below it: such a folder is one of its own.
    """
    named = [path for path in files if re.search(r"_[^/]*\.php$", path)]
    places = {folder(path) for path in named}
    return by_number(
        Script(by_name(path) or path, path, tuple(_forward(files[path])))
        for path in named
        if not any(inside(place, folder(path)) for place in places - {folder(path)})
    )


def _forward(text: str) -> Iterator[Operation]:
    try:
        up = method(tokens(text), "up")
        if up is None:
            yield to.Opaque("a file without up")
            return
        yield from in_order(up)
    except RecursionError:
        yield to.Opaque("a file that is nested too deeply")
