"""How Django reverses each migration of an application: the command, and what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy

from msgspec.structs import replace

from rollback.errors import Computed, Irreversible
from rollback.migrations import _inverse
from rollback.migrations._native import Way
from rollback.migrations._python import Call, Names, computed
from rollback.migrations.django import classes
from rollback.migrations.django.classes import File
from rollback.migrations.django.models import Application
from rollback.migrations.django.operations import listed, operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

_MIGRATE = ("python3", "manage.py", "migrate", "--no-input")
_FAKE = "manage.py migrate --fake"
_CODE = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}
_SIGNATURES = {
    "RunPython": ("code", "reverse_code"),
    "RunSQL": ("sql", "reverse_sql", "state_operations"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
}


def read(files: Mapping[str, str]) -> Mapping[str, Way]:
    """Return path -> how the migration is reversed, for the migrations of applications."""
    ordered = classes.migrations(files)
    left_out = classes.replaced(ordered)
    apps: dict[str, Application] = {}
    found = {}
    for file in ordered:
        app = apps.setdefault(file.app, Application(file.app))
        if file.id in left_out:
            found[file.path] = Way(problem="it is one of a squashed migration and its parts")
        else:
            found[file.path] = _way(file, ordered, app)
    return found


def _way(file: File, every: Sequence[File], app: Application) -> Way:
    if file.broken:
        return Way(problem="its file does not parse")
    try:
        done = _backwards(file.listed(), file.names, app)
    except Computed as error:
        done = [to.Opaque(error.what)]
    except Irreversible as error:
        return Way(problem=str(error))
    below = next(iter(file.ids("dependencies")), "")
    if beside := _beside(file, below, every):
        return Way(
            problem=f"Django would reverse {beside} with it: both follow {below or 'nothing'}"
        )
    target = below.rpartition(".")[2] or "zero"
    name = file.id.rpartition(".")[2]
    down, up = ((file.app, id) for id in (target, name))
    marks = (f"{_FAKE} {' '.join(down)}", f"{_FAKE} {' '.join(up)}")
    return Way((*_MIGRATE, *down), (*_MIGRATE, *up), tuple(done), marks=marks)


def _beside(file: File, below: str, every: Sequence[File]) -> str:
    """Return a migration that follows the same one: `migrate` takes back all of those, or ""."""
    for other in every:
        after = other.ids("dependencies")
        follows = below in after if below else not after
        if follows and other is not file and other.app == file.app and file.id not in after:
            return other.id
    return ""


def _backwards(nodes: Sequence[ast.expr], names: Names, app: Application) -> list[Operation]:
    """Return what reversing these operations does, and change the models as going forward does.

    Raises Irreversible.
    """
    parts = [list(_one(node, names, app)) for node in nodes]
    return [_cascading(operation) for part in reversed(parts) for operation in part]


def _cascading(operation: Operation) -> Operation:
    """Django drops tables and columns with CASCADE: views on them go without a word."""
    if isinstance(operation, to.DropTable | to.DropColumn):
        return replace(operation, cascade=True)
    return operation


def _one(node: ast.expr, names: Names, app: Application) -> Iterator[Operation]:
    call = Call(node, names) if isinstance(node, ast.Call) else None
    before = deepcopy(app)
    done = list(operations(node, names, app))
    if call and call.name in _SIGNATURES:
        yield from _special(Call(call.node, names, _SIGNATURES[call.name]), before)
    else:
        yield from _inverse.inverse(done, lambda table, name: _column(before, table, name))


def _special(call: Call, before: Application) -> Iterator[Operation]:
    """Read operations whose reverse is written out."""
    if call.name == "SeparateDatabaseAndState":
        try:
            yield from _backwards(listed(call, "database_operations"), call.names, before)
        except Computed as error:
            yield to.Opaque(error.what)
        return
    argument = _CODE[call.name]
    node = call.node_of(argument)
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        if call.is_open:
            yield to.Opaque(computed(call.node).what)
            return
        raise Irreversible(f"line {call.line}: {call.name} without {argument}")
    if isinstance(node, ast.Attribute) and node.attr == "noop":
        yield to.Harmless(f"{call.name} that is reversed by nothing")
    elif call.name == "RunPython":
        yield to.Opaque(f"line {call.line}: RunPython reversed by {ast.unparse(node)}")
    else:
        yield from _sql(call, argument)


def _sql(call: Call, argument: str) -> Iterator[Operation]:
    try:
        value = call.value(argument)
    except Computed as error:
        yield to.Opaque(error.what)
        return
    for text in value if isinstance(value, list) else [value]:
        yield (
            to.Sql(text, call.line)
            if isinstance(text, str)
            else to.Opaque(computed(call.node).what)
        )


def _column(app: Application, table: str, name: str) -> Column | None:
    """Return a column as Django adds it again."""
    for model in app.models.values():
        for field in model.fields.values():
            if model.table == table and field.column == name:
                return field.as_column(again=True)
    return None
