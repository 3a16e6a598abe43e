"""What a database says is applied: the migration tool's own table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Engine, Row
from rollback.migrations._table import Table
from rollback.model import Address
from rollback.shell import Shell

_APPLIED, _DIRTY = "rollback_applied", "rollback_dirty"  # columns of our query


class Place(Struct, frozen=True):
    """The table in one database: its SQL name, and the name that `exists` takes."""

    table: Table
    name: str
    path: str


class Applied(Struct, frozen=True):
    """`rows` are those of applied migrations by id, in the order in which they were applied.

    None where the table does not exist. `newest` is the only id that some tools keep.
    """

    rows: Mapping[str, Row] | None
    dirty: tuple[str, ...] = ()
    newest: str | None = None


def place(engine: Engine, table: Table, schema: str | None, name: str | None) -> Place:
    """Return the table under the names of the settings, else under the tool's own."""
    used = name or table.name
    path = f"{schema}.{used}" if schema else used
    return Place(table, engine.quoted(*path.split(".")), path)


def read(engine: Engine, address: Address, at: Place, shell: Shell) -> Applied:
    """Return what is applied. Raises what `Engine.read` raises."""
    ((found,),) = engine.read(address, [f"SELECT {engine.exists(at.path)} AS found"], shell)
    if not found["found"]:
        return Applied(None)
    table = at.table
    columns = ", ".join(f"t.{engine.quoted(name)}" for name in table.orders)
    order = f" ORDER BY {columns}" if columns else ""
    query = (
        f"SELECT t.*, {_condition(table.where, 'TRUE')} AS {_APPLIED}, "
        f"{_condition(table.dirty, 'FALSE')} AS {_DIRTY} FROM {at.name} t{order}"
    )
    (rows,) = engine.read(address, [query], shell)
    return _newest(table, rows) if table.newest_only else _every(table, rows)


def ids(
    applied: Applied, table: Table, known: Iterable[str], after: Mapping[str, Sequence[str]] = {}
) -> set[str]:
    """Return the ids of applied migrations; `known` are those of the releases' files.

    Of a tool that keeps only the newest id, the lower ones in the files are applied, too, and of
    one that keeps its heads those that they follow: `after` has these.
    """
    if table.heads:
        return _followed(applied.rows or {}, after)
    if table.label:  # applications of other packages keep their migrations in the same table
        labels = {id.partition(".")[0] for id in known}
        return {id for id in applied.rows or () if id.partition(".")[0] in labels}
    if applied.newest is None:
        return set(applied.rows or ())
    lower = {id for id in known if id.isdigit() and int(id) <= int(applied.newest)}
    return lower | {applied.newest}


def _followed(heads: Iterable[str], after: Mapping[str, Sequence[str]]) -> set[str]:
    every: set[str] = set()
    waiting = list(heads)
    while waiting:
        id = waiting.pop()
        if id not in every:
            every.add(id)
            waiting += after.get(id, ())
    return every


def _condition(text: str, default: str) -> str:
    return f"({text or default})"


def _every(table: Table, rows: Sequence[Row]) -> Applied:
    """A later row about the same migration, e.g. of its removal, decides."""
    applied: dict[str, Row] = {}
    dirty = []
    for row in rows:
        key = table.key(table.of(row))
        if row[_DIRTY]:
            dirty.append(key)
        applied.pop(key, None)
        if row[_APPLIED]:
            applied[key] = _plain(row)
    return Applied(applied, tuple(dirty))


def _newest(table: Table, rows: Sequence[Row]) -> Applied:
    found = [(table.key(row[table.id]), row) for row in rows]
    dirty = tuple(key for key, row in found if row[_DIRTY])
    return Applied({}, dirty, found[0][0] if found else "-1")


def _plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in (_APPLIED, _DIRTY)}
