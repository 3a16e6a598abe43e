"""What the calls on Schema and DB do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rollback.errors import Computed
from rollback.migrations._php import Call, Chain, Closure, Token, chain
from rollback.migrations.laravel.tables import statement
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_WRITES = {
    "decrement": "update",
    "delete": "delete",
    "increment": "update",
    "insert": "insert",
    "insertOrIgnore": "insert",
    "truncate": "truncate",
    "update": "update",
    "updateOrInsert": "merge",
    "upsert": "merge",
}
_FILTERS = ("orWhere", "where", "whereIn", "whereNotIn", "whereNotNull", "whereNull")
_RAW = ("delete", "insert", "statement", "unprepared", "update")
_HARMLESS = ("disableForeignKeyConstraints", "enableForeignKeyConstraints")


def in_order(parts: Iterable[tuple[Token, ...]]) -> Iterator[Operation]:
    """Yield what the statements of a method do, as far as it gets."""
    for part in parts:
        returns = part[0].text == "return"
        yield from operations(part[1:] if returns else part)
        if returns:
            return


def operations(part: tuple[Token, ...]) -> Iterator[Operation]:
    """Yield what a statement does; what cannot be read is Opaque."""
    if len(part) < 2:  # nothing, or a value
        return
    try:
        yield from list(_operations(chain(part)))
    except Computed as error:
        yield to.Opaque(error.what)


def _operations(calls: Chain) -> Iterator[Operation]:
    first = calls.calls[0]
    if calls.start == "Schema" and len(calls.calls) == 1:
        yield from _schema(first)
    elif calls.start == "DB" and first.name == "table":
        yield _write(calls)
    elif calls.start == "DB" and len(calls.calls) == 1 and first.name in _RAW:
        if len(first.values) != 1:  # values for its places
            raise first.computed()
        yield to.Sql(first.word(0), first.line)
    else:
        raise first.computed()


def _write(calls: Chain) -> to.Write:
    first, *others = calls.calls
    verbs = [_WRITES[call.name] for call in others if call.name in _WRITES]
    known = all(call.name in (*_WRITES, *_FILTERS) for call in others)
    if len(verbs) != 1 or not known:
        raise first.computed()
    return to.Write(verbs[0], first.word(0))


def _schema(call: Call) -> Iterator[Operation]:
    match f"Schema::{call.name}":
        case "Schema::create":
            table = call.word(0)
            parts = list(_in_closure(call, table))
            columns = tuple(part.column for part in parts if isinstance(part, to.AddColumn))
            yield to.CreateTable(table, columns)
            yield from (part for part in parts if not isinstance(part, to.AddColumn))
        case "Schema::table":
            yield from _in_closure(call, call.word(0))
        case "Schema::drop" | "Schema::dropIfExists":
            yield to.DropTable(call.word(0))
        case "Schema::rename":
            yield to.RenameTable(call.word(0), call.word(1))
        case "Schema::dropColumns":
            yield from (to.DropColumn(call.word(0), name) for name in call.words(1))
        case _ if call.name in _HARMLESS:
            yield to.Harmless(call.name)
        case _:
            raise call.computed()


def _in_closure(call: Call, table: str) -> Iterator[Operation]:
    closure = call.values[1] if len(call.values) > 1 else None
    if not isinstance(closure, Closure) or not closure.parameters:
        raise call.computed()
    own = closure.parameters[0]
    for part in closure.body:
        if [token.text for token in part[:2]] == [own, "->"] and part[3:4] and part[3].text == "=":
            yield to.Harmless(part[2].text)  # $table->engine = "InnoDB"
            continue
        try:
            calls = chain(part)
            if calls.start != own:
                raise calls.calls[0].computed()
            yield from list(statement(table, calls.calls))
        except Computed as error:
            yield to.Opaque(error.what)
