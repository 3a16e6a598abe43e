"""What the operations of a Django migration do to the database."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from rollback.errors import Computed
from rollback.migrations._python import Call, Names, computed, literal
from rollback.migrations.django import models
from rollback.migrations.django.fields import field
from rollback.migrations.django.models import Application, Model
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Constraint, Operation

_MODEL = "model_name"
_KINDS: dict[str, Constraint] = {
    "CheckConstraint": "check",
    "ExclusionConstraint": "exclusion",
    "UniqueConstraint": "unique",
}


def operations(node: ast.expr, names: Names, app: Application) -> Iterator[Operation]:
    """Yield what one operation does, and change the models as it does."""
    try:
        yield from list(_read(node, names, app))
    except Computed as error:
        yield to.Opaque(error.what)


def _read(node: ast.expr, names: Names, app: Application) -> Iterator[Operation]:
    if not isinstance(node, ast.Call):
        raise computed(node)
    name = Call(node, names).name
    if name.endswith("Extension"):
        yield to.Create("extension", name)
        return
    if name not in _READERS:
        raise computed(node)
    signature, read = _READERS[name]
    call = Call(node, names, signature)
    model = app.model(call.text(signature[0])) if signature[:1] in _ABOUT_A_MODEL else None
    changes = list(read(call, app))
    if model is None or model.managed:
        yield from changes


def _create_model(call: Call, app: Application) -> Iterator[Operation]:
    model = app.model(call.text("name"))
    options = _options(call)
    model.managed = literal(options.get("managed", ast.Constant(True)), call.names)
    model.managed &= not literal(options.get("proxy", ast.Constant(False)), call.names)
    if "db_table" in options:
        model.table, model.named = str(literal(options["db_table"], call.names)), True
    tables = []
    listed = call.node_of("fields")
    for item in listed.elts if isinstance(listed, ast.List | ast.Tuple) else []:
        if isinstance(item, ast.Tuple) and len(item.elts) == 2:
            name = str(literal(item.elts[0], call.names))
            model.fields[name] = field(name, item.elts[1], call.names)
            if not model.fields[name].column:
                tables.append(model.further_table(name, model.fields[name]))
    for item in getattr(options.get("constraints"), "elts", []):
        _constraint(model, item, call.names)
    if "unique_together" in options:
        model.together = _together(literal(options["unique_together"], call.names))
    columns = tuple(item.as_column() for item in model.fields.values() if item.column)
    yield to.CreateTable(model.table, columns)
    yield from (to.CreateTable(table) for table in tables if table)


def _options(call: Call) -> dict[str, ast.expr]:
    node = call.node_of("options")
    if not isinstance(node, ast.Dict):
        return {}
    return {
        str(key.value): value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def _delete_model(call: Call, app: Application) -> Iterator[Operation]:
    model = app.model(call.text("name"))
    del app.models[model.name.lower()]
    for name, item in model.fields.items():
        if not item.column and (table := model.further_table(name, item)):
            yield to.DropTable(table)
    yield to.DropTable(model.table)


def _add_field(call: Call, app: Application) -> Iterator[Operation]:
    name = call.text("name")
    added = field(name, call.node_of("field"), call.names)
    yield from models.added(app.model(call.text(_MODEL)), name, added)


def _alter_field(call: Call, app: Application) -> Iterator[Operation]:
    name = call.text("name")
    altered = field(name, call.node_of("field"), call.names)
    yield from models.altered(app.model(call.text(_MODEL)), name, altered)


def _alter_table(call: Call, app: Application) -> Iterator[Operation]:
    model, table = app.model(call.text("name")), call.value("table")
    model.named = bool(table)
    yield from app.rename_table(model.name, str(table or f"{app.label}_{model.name.lower()}"))


def _alter_options(call: Call, app: Application) -> Iterator[Operation]:
    if managed := _options(call).get("managed"):
        app.model(call.text("name")).managed = bool(literal(managed, call.names))
    yield to.Harmless("options of a model")


def _alter_order(call: Call, app: Application) -> Iterator[Operation]:
    table = app.model(call.text("name")).table
    if call.value("order_with_respect_to"):
        yield to.AddColumn(table, to.Column("_order", "integer", not_null=True))
    else:
        yield to.DropColumn(table, "_order")


def _alter_unique(call: Call, app: Application) -> Iterator[Operation]:
    model = app.model(call.text("name"))
    before, model.together = model.together, _together(call.value("unique_together"))
    for names in sorted(before - model.together):
        yield to.DropConstraint(model.table, f"on {', '.join(names)}", "unique")
    for names in sorted(model.together - before):
        yield to.AddConstraint(model.table, "unique", columns=model.columns(list(names)))


def _together(value: Any) -> set[tuple[str, ...]]:
    """Return the groups of fields; a single group may stand without a list around it."""
    groups = value or []
    if groups and isinstance(groups[0], str):
        groups = [groups]
    return {tuple(group) for group in groups}


def _constraint(model: Model, node: ast.expr | None, names: Names) -> Operation:
    """Return what adds this constraint, and remember its kind."""
    if not isinstance(node, ast.Call):
        raise computed(node or ast.Constant(None))
    call = Call(node, names)
    name, kind = call.text("name"), _KINDS.get(call.name)
    if kind is None:
        raise computed(node)
    model.constraints[name] = kind
    distinct = call.value("nulls_distinct") is not False
    fields = list(call.value("fields", [])) if distinct else []
    return to.AddConstraint(model.table, kind, name, model.columns(fields))


def _add_constraint(call: Call, app: Application) -> Iterator[Operation]:
    yield _constraint(app.model(call.text(_MODEL)), call.node_of("constraint"), call.names)


def _remove_constraint(call: Call, app: Application) -> Iterator[Operation]:
    model, name = app.model(call.text(_MODEL)), call.text("name")
    yield to.DropConstraint(model.table, name, model.constraints.pop(name, ""))


def _run_sql(call: Call, app: Application) -> Iterator[Operation]:
    node = call.node_of("sql")
    if not (isinstance(node, ast.Attribute) and node.attr == "noop"):
        value = call.value("sql")
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str):  # a pair of statement and parameters
                raise computed(call.node)
            yield to.Sql(text, call.line)
    _apply(call, app)


def _run_python(call: Call, app: Application) -> Iterator[Operation]:
    code = call.node_of("code")
    if not (isinstance(code, ast.Attribute) and code.attr == "noop"):
        raise computed(call.node)
    return iter(())


def _separate(call: Call, app: Application) -> Iterator[Operation]:
    before = deepcopy(app)
    for item in listed(call, "database_operations"):
        yield from operations(item, call.names, before)
    _apply(call, app)


def _apply(call: Call, app: Application) -> None:
    """Change the models by `state_operations`: nothing of them reaches the database."""
    for item in listed(call, "state_operations"):
        list(operations(item, call.names, app))


def listed(call: Call, name: str) -> list[ast.expr]:
    """Return the calls that an argument lists. Raises Computed."""
    node = call.node_of(name)
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return []
    if not isinstance(node, ast.List | ast.Tuple):
        raise computed(node)
    return node.elts


def _add_index(call: Call, app: Application) -> Iterator[Operation]:
    yield to.CreateIndex("", app.model(call.text(_MODEL)).table, unique=False)


def _harmless(call: Call, app: Application) -> Iterator[Operation]:
    yield to.Harmless(call.name)


def _remove_field(call: Call, app: Application) -> Iterator[Operation]:
    yield from models.removed(app.model(call.text(_MODEL)), call.text("name"))


def _rename_field(call: Call, app: Application) -> Iterator[Operation]:
    names = call.text("old_name"), call.text("new_name")
    yield from models.renamed(app.model(call.text(_MODEL)), *names)


def _rename_model(call: Call, app: Application) -> Iterator[Operation]:
    yield from app.rename_model(call.text("old_name"), call.text("new_name"))


_Reader = Callable[[Call, Application], Iterator[Operation]]
_FIELD = (_MODEL, "name", "field")
_ABOUT_A_MODEL = (("name",), (_MODEL,), ("old_name",))
_READERS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "AddConstraint": ((_MODEL, "constraint"), _add_constraint),
    "AddConstraintNotValid": ((_MODEL, "constraint"), _add_constraint),
    "AddField": (_FIELD, _add_field),
    "AddIndex": ((_MODEL, "index"), _add_index),
    "AddIndexConcurrently": ((_MODEL, "index"), _add_index),
    "AlterField": (_FIELD, _alter_field),
    "AlterIndexTogether": (("name", "index_together"), _harmless),
    "AlterModelManagers": (("name", "managers"), _harmless),
    "AlterModelOptions": (("name", "options"), _alter_options),
    "AlterModelTable": (("name", "table"), _alter_table),
    "AlterModelTableComment": (("name", "table_comment"), _harmless),
    "AlterOrderWithRespectTo": (("name", "order_with_respect_to"), _alter_order),
    "AlterUniqueTogether": (("name", "unique_together"), _alter_unique),
    "CreateModel": (("name", "fields", "options", "bases", "managers"), _create_model),
    "DeleteModel": (("name",), _delete_model),
    "RemoveConstraint": ((_MODEL, "name"), _remove_constraint),
    "RemoveField": ((_MODEL, "name"), _remove_field),
    "RemoveIndex": ((_MODEL, "name"), _harmless),
    "RemoveIndexConcurrently": ((_MODEL, "name"), _harmless),
    "RenameField": ((_MODEL, "old_name", "new_name"), _rename_field),
    "RenameIndex": ((_MODEL, "new_name", "old_name"), _harmless),
    "RenameModel": (("old_name", "new_name"), _rename_model),
    "RunPython": (("code", "reverse_code"), _run_python),
    "RunSQL": (("sql", "reverse_sql", "state_operations"), _run_sql),
    "SeparateDatabaseAndState": (("database_operations", "state_operations"), _separate),
    "ValidateConstraint": ((_MODEL, "name"), _harmless),
}
