"""The models of one application while its migrations are read."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from rollback.migrations.django.fields import Field
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Constraint, Operation


class Model(Struct):
    """`named` says that it names its table; tables of unmanaged and proxy models do not change."""

    name: str
    table: str
    named: bool = False
    managed: bool = True
    fields: dict[str, Field] = {}
    constraints: dict[str, Constraint] = {}
    together: set[tuple[str, ...]] = set()

    def columns(self, names: list[str]) -> tuple[str, ...]:
        """Return the columns of fields; a field that is not known keeps its name."""
        fields = (self.fields.get(name) for name in names)
        return tuple(
            field.column if field else name for name, field in zip(names, fields, strict=True)
        )

    def further_table(self, name: str, field: Field) -> str:
        """Return the table that a field is, "" where another model is it."""
        return "" if field.through else field.table or f"{self.table}_{name}"


class Application:
    """Models by their name in lower case. `label` begins the names of their tables."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.models: dict[str, Model] = {}

    def model(self, name: str) -> Model:
        """Return a model; one that was never seen is made up, without fields."""
        key = name.rpartition(".")[2].lower()
        return self.models.setdefault(key, Model(name, f"{self.label}_{key}"))

    def rename_model(self, old: str, new: str) -> Iterator[Operation]:
        model = self.model(old)
        del self.models[old.lower()]
        self.models[new.lower()] = model
        model.name = new
        if not model.named:
            yield from self.rename_table(new, f"{self.label}_{new.lower()}")

    def rename_table(self, name: str, table: str) -> Iterator[Operation]:
        model = self.model(name)
        tables = {model.table: table} if model.table != table else {}
        before = {
            key: model.further_table(key, field)
            for key, field in model.fields.items()
            if not field.column
        }
        model.table = table
        for key, old in before.items():
            new = model.further_table(key, model.fields[key])
            tables |= {old: new} if old != new else {}
        yield from (to.RenameTable(old, new) for old, new in tables.items())


def added(model: Model, name: str, field: Field) -> Iterator[Operation]:
    model.fields[name] = field
    if field.column:
        yield to.AddColumn(model.table, field.as_column())
    elif table := model.further_table(name, field):
        yield to.CreateTable(table)


def removed(model: Model, name: str) -> Iterator[Operation]:
    field = model.fields.pop(name, None)
    if field is None or field.column:
        yield to.DropColumn(model.table, field.column if field else name)
    elif table := model.further_table(name, field):
        yield to.DropTable(table)


def renamed(model: Model, old: str, new: str) -> Iterator[Operation]:
    field = model.fields.pop(old, None)
    if field is None:
        yield to.RenameColumn(model.table, old, new)
        return
    column = field.column.replace(old, new, 1) if field.column in (old, f"{old}_id") else ""
    if column and not field.named:
        yield to.RenameColumn(model.table, field.column, column)
        field = replace(field, column=column)
    elif not field.column and (table := model.further_table(old, field)):
        after = model.further_table(new, field)
        yield from [to.RenameTable(table, after)] if table != after else []
    model.fields[new] = field


def altered(model: Model, name: str, new: Field) -> Iterator[Operation]:
    """Yield what changes in the column; what only Python knows (choices, default) does not."""
    old = model.fields.get(name)
    model.fields[name] = new
    where = f"{model.table}.{new.column or name}"
    if old is None:
        yield to.Opaque(f"{where}: what it was before is not known")
    elif bool(old.column) != bool(new.column) or old.is_key != new.is_key:
        yield to.Opaque(f"{where} becomes another kind of field")
    elif new.column:
        yield from _changes(model.table, old, new)


def _changes(table: str, old: Field, new: Field) -> Iterator[Operation]:
    column = new.column
    if old.column != column:
        yield to.RenameColumn(table, old.column, column)
    yield from _changed_type(table, old, new)
    if old.not_null != new.not_null:
        yield (to.SetNotNull if new.not_null else to.DropNotNull)(table, column)
    if old.filled != new.filled:
        yield (to.SetDefault if new.filled else to.DropDefault)(table, column)
    if new.unique and not old.unique:
        yield to.AddConstraint(table, "unique", columns=(column,))
    if old.unique and not new.unique:
        yield to.DropConstraint(table, f"on {column}", "unique")
    if new.checked and not old.checked:
        yield to.AddConstraint(table, "check")
    if new.refers and new.refers != old.refers:
        yield to.AddConstraint(table, "foreign key", columns=(column,))


def _changed_type(table: str, old: Field, new: Field) -> Iterator[Operation]:
    if old.type and new.type:
        if old.type != new.type:
            yield to.SetType(table, new.column, new.type, old.type)
    elif old.kind != new.kind:
        yield to.SetType(table, new.column, "")
