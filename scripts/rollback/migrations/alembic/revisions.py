"""Revision files: their ids, their order, and the statements of upgrade()."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from rollback.errors import Computed
from rollback.migrations._files import Script, in_order
from rollback.migrations._python import (
    Call,
    Names,
    assigned,
    computed,
    dotted,
    literal,
    parsed,
    resolved,
)
from rollback.migrations.alembic.operations import operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

# their results are only used, they change nothing
_PURE = (
    "Column",
    "ENUM",
    "Enum",
    "MetaData",
    "Table",
    "column",
    "from_engine",
    "get_bind",
    "get_context",
    "inspect",
    "table",
    "text",
)


class Revision(Struct):
    """A revision file; `below` are those that it revises, `needs` those that it depends on."""

    id: str
    path: str
    module: ast.Module | None
    names: Names = {}
    below: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def body(self, name: str) -> list[ast.stmt] | None:
        """Return the statements of upgrade() or downgrade(); None without such a function."""
        functions = self.module.body if self.module else []
        return next(
            (it.body for it in functions if isinstance(it, ast.FunctionDef) and it.name == name),
            None,
        )

    def operations(self, name: str) -> tuple[Operation, ...]:
        if self.module is None:
            return (to.Opaque("a file that does not parse"),)
        body = self.body(name)
        if body is None:
            return (to.Opaque(f"a file without {name}()"),)
        return tuple(_Body(dict(self.names)).read(body))


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the revisions of a folder, each after those it revises."""
    every = revisions(files)
    scripts = [
        Script(it.id, it.path, it.operations("upgrade"), (*it.below, *it.needs)) for it in every
    ]
    return in_order(scripts, {script.id: script.after for script in scripts})


def revisions(files: Mapping[str, str]) -> list[Revision]:
    found = []
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        module = parsed(text)
        if module is None:
            found.append(Revision(path.rpartition("/")[2], path, None))
            continue
        names = dict(assigned(module.body))
        if "revision" in names and "down_revision" in names:
            id = str(literal(names["revision"], names))
            ids = (tuple(_ids(names, name)) for name in ("down_revision", "depends_on"))
            found.append(Revision(id, path, module, names, *ids))
    return found


def _ids(names: Names, name: str) -> list[str]:
    try:
        value = literal(names[name], names) if name in names else None
    except Computed:
        return []
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item]


class _Body:
    """Statements in order; `batches` are the names that stand for a batch of one table."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.batches: dict[str, str] = {}

    def read(self, body: list[ast.stmt]) -> Iterator[Operation]:
        for statement in body:
            try:
                yield from list(self._statement(statement))
            except Computed as error:
                yield to.Opaque(error.what)

    def _statement(self, statement: ast.stmt) -> Iterator[Operation]:
        match statement:
            case ast.Pass() | ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom():
                return
            case ast.Return(None):
                return
            case ast.Expr(ast.Call() as call):
                yield from self._call(call)
            case ast.With([ast.withitem(ast.Call() as call, target)], body):
                yield from self._with(call, target, body)
            case ast.Assign([ast.Name(name)], value) if self._is_pure(value):
                self.names[name] = value
            case _:
                raise computed(statement)

    def _is_pure(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            return dotted(node.func).rpartition(".")[2] in _PURE
        try:
            literal(node, self.names)
        except Computed:
            return False
        return True

    def _call(self, node: ast.Call) -> Iterator[Operation]:
        if not isinstance(node.func, ast.Attribute):
            raise computed(node)
        owner = dotted(node.func.value)
        if owner == "op" or owner.endswith(".op"):
            yield from operations(node, self.names)
        elif owner in self.batches:
            yield from operations(node, self.names, self.batches[owner])
        else:
            yield from self._of_object(node, node.func)

    def _of_object(self, node: ast.Call, function: ast.Attribute) -> Iterator[Operation]:
        """Read execute() of a connection, create() and drop() of an enum."""
        target = resolved(function.value, self.names)
        if not isinstance(target, ast.Call):
            raise computed(node)
        kind = dotted(target.func).rpartition(".")[2]
        if kind == "get_bind" and function.attr == "execute":
            call = ast.Call(ast.Attribute(ast.Name("op"), "execute"), node.args[:1], [])
            if len(node.args) + len(node.keywords) != 1:
                raise computed(node)
            yield from operations(ast.copy_location(call, node), self.names)
        elif kind in ("Enum", "ENUM") and function.attr in ("create", "drop"):
            change = to.Create if function.attr == "create" else to.Drop
            yield change("type", Call(target, self.names).text("name"))
        else:
            raise computed(node)

    def _with(
        self, call: ast.Call, target: ast.expr | None, body: list[ast.stmt]
    ) -> Iterator[Operation]:
        name = dotted(call.func).rpartition(".")[2]
        if name == "batch_alter_table" and isinstance(target, ast.Name):
            batch = Call(call, self.names, ("table_name", "schema"))
            schema = batch.value("schema")
            table = batch.text("table_name")
            self.batches[target.id] = f"{schema}.{table}" if schema else table
        elif name != "autocommit_block":
            raise computed(call)
        yield from self.read(body)
