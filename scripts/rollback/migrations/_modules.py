"""Folders of JavaScript or TypeScript modules that export up() and down()."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rollback.migrations._calls import Function, line, text
from rollback.migrations._files import Script
from rollback.migrations._javascript import Source, flat
from rollback.migrations._native import EMPTY_DOWN, NO_DOWN, Way
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

ENDINGS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
Commands = tuple[tuple[str, ...], tuple[str, ...]]  # down, up
Reader = Callable[[Source, Function], Iterator[Operation]]


def modules(files: Mapping[str, str], operations: Reader) -> list[Script]:
    """Return the modules in the order of their names, with what their up() does."""
    named = {path: path.rpartition("/")[2] for path in files if _is_module(path)}
    return [
        Script(named[path], path, tuple(_forward(files[path], operations)))
        for path in sorted(named, key=named.__getitem__)
    ]


def way(content: str, operations: Reader, commands: Commands) -> Way:
    """Return how a module is reversed by these commands, as its down() says."""
    try:
        source = Source(content)
        down, up = source.exported("down"), source.exported("up")
        if source.broken:
            return Way(problem="its file does not parse")
        if down is None:
            return Way(problem=NO_DOWN)
        thrown = next((node for node in flat(down.body) if node.type == "throw_statement"), None)
        if thrown is not None:
            return Way(problem=f"line {line(thrown)}: {text(thrown)[:60]}")
        done = tuple(operations(source, down))
        if not done and up and list(operations(source, up)):
            return Way(problem=EMPTY_DOWN)
        return Way(*commands, operations=done)
    except RecursionError:
        return Way(*commands, operations=(to.Opaque("a file that is nested too deeply"),))


def _is_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.endswith(ENDINGS) and not name.startswith("index.") and ".d." not in name


def _forward(content: str, operations: Reader) -> Iterator[Operation]:
    try:
        source = Source(content)
        up = source.exported("up")
        if source.broken or up is None:
            yield to.Opaque("a file that does not parse" if source.broken else "a file without up")
            return
        yield from list(operations(source, up))
    except RecursionError:
        yield to.Opaque("a file that is nested too deeply")
