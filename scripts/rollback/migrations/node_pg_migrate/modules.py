"""Migration modules and SQL files: their names and their way up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tree_sitter import Node

from rollback.migrations._calls import Function, named, text
from rollback.migrations._files import Script, by_name, by_number
from rollback.migrations._javascript import Source
from rollback.migrations._modules import ENDINGS, Reader, modules
from rollback.migrations.node_pg_migrate import builder
from rollback.verdicts.operations import Operation, Sql

_MARK = r"^\s*--[\s-]*{}\s+migration"


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations in the order of their numbers; the id is the name without ending."""
    scripts = [
        Script(by_name(script.path) or script.id, script.path, script.operations)
        for script in modules(files, reader(files))
    ]
    plain = (
        Script(re.sub(r"\.up$", "", by_name(path) or path), path, (Sql(_up(content)),))
        for path, content in files.items()
        if path.endswith(".sql") and not path.endswith(".down.sql")
    )
    return by_number([*scripts, *plain])


def reader(files: Mapping[str, str]) -> Reader:
    """Return what reads an up() or a down(), with the short names of types in these files."""
    shorthands: dict[str, Any] = {}
    for path, content in files.items():
        if path.endswith(ENDINGS) and "shorthands" in content:
            shorthands |= _shorthands(Source(content))

    def operations(source: Source, function: Function) -> Iterator[Operation]:
        return builder.operations(source, function, shorthands)

    return operations


def down(path: str, files: Mapping[str, str]) -> str | None:
    """Return the SQL below "-- Down Migration", or of the file beside it that is named for it."""
    if path.endswith(".up.sql"):
        return files.get(path.removesuffix(".up.sql") + ".down.sql")
    content = files[path]
    up, start = (
        re.search(_MARK.format(word), content, re.IGNORECASE | re.MULTILINE)
        for word in ("up", "down")
    )
    if start is None:
        return None
    end = up.start() if up and up.start() > start.start() else None
    return content[start.start() : end]


def _up(content: str) -> str:
    """Return the part below "-- Up Migration", the whole file without that mark."""
    up, down = (
        re.search(_MARK.format(word), content, re.IGNORECASE | re.MULTILINE)
        for word in ("up", "down")
    )
    if up is None:
        return content
    end = down.start() if down and down.start() > up.start() else None
    return content[up.start() : end]


def _shorthands(source: Source) -> dict[str, Any]:
    """Return the file's own names of column types, as its `shorthands` has them."""
    waiting: list[Node] = [*named(source.root)]
    found: dict[str, Any] = {}
    while waiting:
        node = waiting.pop()
        if node.type in ("export_statement", "expression_statement", "lexical_declaration"):
            waiting += named(node)
            continue
        sides = ("left", "right") if node.type == "assignment_expression" else ("name", "value")
        left, right = (node.child_by_field_name(side) for side in sides)
        if left is not None and right is not None and text(left).endswith("shorthands"):
            value = source.value(right)
            found |= value if isinstance(value, dict) else {}
    return found
