"""How Rails reverses each migration: its `down`, or the opposite of its `change`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from rollback.errors import Computed, Irreversible
from rollback.migrations import _inverse
from rollback.migrations._calls import Call
from rollback.migrations._native import ANOTHER_DATABASE, EMPTY_DOWN, NO_DOWN, Way
from rollback.migrations._ruby import Source
from rollback.migrations.rails import columns
from rollback.migrations.rails.methods import BODIES, operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

_CONNECTS = re.compile(
    r"^(?!\s*#).*(?:\b(?:establish_connection|connected_to|connects_to)\b"
    r"|\b(?!Base\b)[A-Z]\w*\.connection\b)",
    re.MULTILINE,
)
# ActiveRecord's CommandRecorder has no inverse for these, whatever they are given
_ONE_WAY = ("change_column", "execute")
_KNOWN_BY_OPTIONS = {"change_column_default": ("from", "to")}


def read(files: Mapping[str, str]) -> Mapping[str, Way]:
    """Return path -> how the migration is reversed."""
    found = {}
    for path, text in files.items():
        if match := re.search(r"(?:^|/)(\d+)_[^/]*\.rb$", path):
            found[path] = _way(match[1].lstrip("0") or "0", text)
    return found


def _way(version: str, text: str) -> Way:
    try:
        source = Source(text)
        if "connection" in source.methods or _CONNECTS.search(text):
            return Way(problem=ANOTHER_DATABASE)
        done = _reversal(source)
    except (Computed, RecursionError) as error:
        done = [to.Opaque(str(error) or "a file that is nested too deeply")]
    except Irreversible as error:
        return Way(problem=str(error))
    return Way(_command("down", version), _command("up", version), tuple(done))


def _command(way: str, version: str) -> tuple[str, ...]:
    return ("bin/rails", f"db:migrate:{way}", f"VERSION={version}")


def _reversal(source: Source) -> list[Operation]:
    """Return what reversing the migration does. Raises Irreversible, Computed."""
    if source.broken:
        raise Irreversible("its file does not parse")
    if "down" in source.methods:
        body = source.body("down")
        _refuse_raise(source, body)
        done = list(operations(source, body))
        if not done and "up" in source.methods and source.body("up"):
            raise Irreversible(EMPTY_DOWN)
        return done
    if "change" not in source.methods:
        raise Irreversible(NO_DOWN)
    return _backwards(source, source.body("change"))


def _refuse_raise(source: Source, body: list[Node]) -> None:
    for node in body:
        try:
            call = source.call(node)
        except Computed:
            continue
        if call.owner is None and call.name == "raise":
            raise Irreversible(f"line {call.line}: {call.text[:60]}")


def _backwards(source: Source, body: list[Node]) -> list[Operation]:
    parts = [list(_statement(source, node)) for node in body]
    return [operation for part in reversed(parts) for operation in part]


def _statement(source: Source, node: Node) -> Iterator[Operation]:
    try:
        call = source.call(node)
        yield from list(_opposite(source, node, call))
    except Computed as error:
        yield to.Opaque(error.what)


def _opposite(source: Source, node: Node, call: Call) -> Iterator[Operation]:
    if call.owner is not None:  # nothing of a change records what models write
        yield to.Opaque(call.computed().what)
    elif call.name == "up_only":
        yield to.Harmless("only going forward")
    elif call.name in BODIES and call.block is not None:
        yield from _backwards(source, call.block.body)
    elif call.name == "reversible" and call.block is not None:
        yield from _down_of(source, call.block.body)
    else:
        _refuse(call)
        if call.name == "remove_column":
            yield to.AddColumn(call.word(0), columns.column(call, call.word(1), call.word(2)))
        else:
            yield from _inverse.inverse(operations(source, [node]), _unknown)


def _down_of(source: Source, body: list[Node]) -> Iterator[Operation]:
    for node in body:
        direction = source.call(node)
        if direction.name == "down" and direction.block is not None:
            _refuse_raise(source, direction.block.body)
            yield from operations(source, direction.block.body)
        elif direction.name != "up":
            raise direction.computed()


def _refuse(call: Call) -> None:
    """Raise Irreversible for what ActiveRecord refuses to reverse."""
    typeless = call.name == "remove_column" and len(call.values) < 3 and not call.is_open
    typeless |= call.name == "remove_columns" and "type" not in call.options
    rowless = call.name == "drop_table" and call.block is None
    untold = any(name not in call.options for name in _KNOWN_BY_OPTIONS.get(call.name, ()))
    if call.name in _ONE_WAY or typeless or rowless or untold:
        raise Irreversible(f"line {call.line}: {call.text[:60]}")


def _unknown(table: str, name: str) -> Column | None:
    return None
