"""What the methods of a QueryRunner do: mostly SQL, which `typeorm migration:generate` writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tree_sitter import Node

from rollback.errors import Computed
from rollback.migrations._calls import Call, Function
from rollback.migrations._javascript import Source, flat
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_HARMLESS = ("commitTransaction", "rollbackTransaction", "startTransaction")


def operations(source: Source, up: Function) -> Iterator[Operation]:
    """Yield what the statements of up() do; what cannot be read is Opaque."""
    runner = up.parameters[0] if up.parameters else ""
    for node in flat(up.body):
        try:
            yield from list(_statement(source, node, runner))
        except Computed as error:
            yield to.Opaque(error.what)


def _statement(source: Source, node: Node, runner: str) -> Iterator[Operation]:
    if source.assign(node) or (node.type == "return_statement" and not node.named_children):
        return
    call = source.call(node)
    if call.owner != runner:
        raise call.computed()
    match call.name:
        case "query" if len(call.values) == 1:
            yield to.Sql(call.word(0), call.line)
        case "dropTable":
            yield to.DropTable(_name(call, call.word(0)))
        case "renameTable":
            yield to.RenameTable(_name(call, call.word(0)), call.word(1))
        case "dropColumn":
            yield to.DropColumn(_name(call, call.word(0)), call.word(1))
        case "dropColumns":
            for name in call.words(1):
                yield to.DropColumn(_name(call, call.word(0)), name)
        case "renameColumn":
            yield to.RenameColumn(_name(call, call.word(0)), call.word(1), call.word(2))
        case "clearTable":
            yield to.Write("truncate", _name(call, call.word(0)))
        case _ if call.name in _HARMLESS:
            yield to.Harmless(call.name)
        case _:
            raise call.computed()


def _name(call: Call, table: Any) -> str:
    return str(table).removeprefix("public.")
