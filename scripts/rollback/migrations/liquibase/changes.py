"""What each change of a change set does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from rollback.migrations.liquibase.rollbacks import Change, Plain
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Constraint, Operation

_TYPES = {
    "blob": "bytea",
    "bool": "boolean",
    "clob": "text",
    "currency": "numeric",
    "datetime": "timestamp",
    "int": "integer",
    "nclob": "text",
    "number": "numeric",
    "nvarchar": "varchar",
    "longvarchar": "text",
}
_HARMLESS = (
    "alterSequence",
    "empty",
    "output",
    "setColumnRemarks",
    "setTableRemarks",
    "stop",
    "tagDatabase",
)
_WRITES = {
    "delete": "delete",
    "insert": "insert",
    "loadData": "insert",
    "loadUpdateData": "merge",
    "update": "update",
}
_FILLED = ("defaultValue", "defaultValueBoolean", "defaultValueComputed", "defaultValueDate")
_FILLING = (*_FILLED, "defaultValueNumeric", "defaultValueSequenceNext", "generationType")
Values = Mapping[str, Plain]


def operations(
    change: Change, properties: Mapping[str, str], file: str | None
) -> Iterator[Operation]:
    """Yield what a change does; `file` is the text of the file that it names."""
    known = _Filled(change, properties)
    try:
        yield from list(_operations(change, known, file))
    except KeyError as error:
        yield to.Opaque(f"{change.name}: {error.args[0]}")


class _Filled:
    """The values of a change, with those of its ${properties}."""

    def __init__(self, change: Change, properties: Mapping[str, str]) -> None:
        self.change, self.properties = change, properties
        self.values = change.values

    def name(self, *keys: str) -> str:
        """Return the value of the first of these that is given. Raises KeyError."""
        given = next((self.values[key] for key in keys if key in self.values), None)
        text = self.fill(str(given)) if given is not None else ""
        if not text or "${" in text:
            raise KeyError(text or keys[0])
        return text

    def table(self, key: str = "tableName") -> str:
        schema = self.fill(str(self.values.get("schemaName", "")))
        if schema in ("", "public") or "${" in schema:
            return self.name(key)
        return f"{schema}.{self.name(key)}"

    def names(self, key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.fill(str(self.values.get(key, ""))).split(","))

    def fill(self, text: str) -> str:
        return re.sub(
            r"\$\{([\w.-]+)\}", lambda match: self.properties.get(match[1], match[0]), text
        )

    def type(self, given: Plain | None) -> str:
        """Return a type as the rules know it, "" where it is a property with several values."""
        text = self.fill(str(given or "")).lower().removeprefix("java.sql.types.").strip()
        if "${" in text:
            return ""
        base, bracket, size = text.partition("(")
        return f"{_TYPES.get(base.strip(), base.strip())}{bracket}{size}"

    def columns(self) -> Iterator[Column]:
        for row in self.change.columns:
            yield self._column(row)

    def _column(self, row: Values) -> Column:
        restrictions: list[Constraint] = []
        if _is(row, "unique"):
            restrictions.append("unique")
        if "foreignKeyName" in row or "references" in row or "referencedTableName" in row:
            restrictions.append("foreign key")
        if _is(row, "primaryKey"):
            restrictions.append("primary key")
        filled = _is(row, "autoIncrement") or any(key in row for key in _FILLING)
        filled |= _is(row, "computed")
        not_null = _is(row, "primaryKey") or str(row.get("nullable", "")).lower() == "false"
        name = self.fill(str(row.get("name", "")))
        return Column(name, self.type(row.get("type")), not_null, filled, tuple(restrictions))


def _is(row: Values, key: str) -> bool:
    return str(row.get(key, "")).lower() == "true"


def _operations(change: Change, it: _Filled, file: str | None) -> Iterator[Operation]:
    if change.name in _HARMLESS:
        yield to.Harmless(change.name)
    elif change.name in ("sql", "sqlFile"):
        text = change.text if change.name == "sql" else file
        yield to.Sql(it.fill(text)) if text else to.Opaque(f"{change.name}: no such text")
    elif word := _WRITES.get(change.name):
        columns = tuple(column.name for column in it.columns()) if word == "update" else ()
        yield to.Write(word, it.table(), columns)
    elif reader := _READERS.get(change.name):
        yield from reader(it)
    else:
        yield to.Opaque(change.name)


def _create_table(it: _Filled) -> Iterator[Operation]:
    yield to.CreateTable(it.table(), tuple(it.columns()))


def _add_column(it: _Filled) -> Iterator[Operation]:
    for column in it.columns():
        yield to.AddColumn(it.table(), column)


def _drop_column(it: _Filled) -> Iterator[Operation]:
    names = [column.name for column in it.columns()] or [it.name("columnName")]
    yield from (to.DropColumn(it.table(), name) for name in names)


def _not_null(it: _Filled) -> Iterator[Operation]:
    if "defaultNullValue" in it.values:
        yield to.Write("update", it.table(), (it.name("columnName"),))
    yield to.SetNotNull(it.table(), it.name("columnName"))


def _foreign_key(it: _Filled) -> Iterator[Operation]:
    table, columns = it.name("baseTableName"), it.names("baseColumnNames")
    yield to.AddConstraint(table, "foreign key", it.name("constraintName"), columns)


def _constraint(kind: Constraint) -> Callable[[_Filled], Iterator[Operation]]:
    def read(it: _Filled) -> Iterator[Operation]:
        name = str(it.values.get("constraintName", ""))
        yield to.AddConstraint(it.table(), kind, name, it.names("columnNames"))

    return read


def _dropped(
    kind: Constraint, table: str = "tableName"
) -> Callable[[_Filled], Iterator[Operation]]:
    def read(it: _Filled) -> Iterator[Operation]:
        name = str(it.values.get("constraintName", ""))
        yield to.DropConstraint(it.table(table), name, kind)

    return read


def _index(it: _Filled) -> Iterator[Operation]:
    names = tuple(column.name for column in it.columns())
    name = str(it.values.get("indexName", ""))
    yield to.CreateIndex(name, it.table(), _is(it.values, "unique"), names)


def _view(it: _Filled) -> Iterator[Operation]:
    name = it.table("viewName")
    yield (to.Replace if _is(it.values, "replaceIfExists") else to.Create)("view", name)


_READERS: dict[str, Callable[[_Filled], Iterator[Operation]]] = {
    "addAutoIncrement": lambda it: iter([to.SetDefault(it.table(), it.name("columnName"))]),
    "addColumn": _add_column,
    "addDefaultValue": lambda it: iter([to.SetDefault(it.table(), it.name("columnName"))]),
    "addForeignKeyConstraint": _foreign_key,
    "addNotNullConstraint": _not_null,
    "addPrimaryKey": _constraint("primary key"),
    "addUniqueConstraint": _constraint("unique"),
    "createIndex": _index,
    "createSequence": lambda it: iter([to.Create("sequence", it.name("sequenceName"))]),
    "createTable": _create_table,
    "createView": _view,
    "dropAllForeignKeyConstraints": _dropped("foreign key", "baseTableName"),
    "dropColumn": _drop_column,
    "dropDefaultValue": lambda it: iter([to.DropDefault(it.table(), it.name("columnName"))]),
    "dropForeignKeyConstraint": _dropped("foreign key", "baseTableName"),
    "dropIndex": lambda it: iter([to.DropIndex(it.name("indexName"))]),
    "dropNotNullConstraint": lambda it: iter([to.DropNotNull(it.table(), it.name("columnName"))]),
    "dropPrimaryKey": _dropped("primary key"),
    "dropProcedure": lambda it: iter([to.Drop("procedure", it.name("procedureName"))]),
    "dropSequence": lambda it: iter([to.Drop("sequence", it.name("sequenceName"))]),
    "dropTable": lambda it: iter([to.DropTable(it.table())]),
    "dropUniqueConstraint": _dropped("unique"),
    "dropView": lambda it: iter([to.Drop("view", it.table("viewName"))]),
    "modifyDataType": lambda it: iter(
        [to.SetType(it.table(), it.name("columnName"), it.type(it.values.get("newDataType")))]
    ),
    "renameColumn": lambda it: iter(
        [to.RenameColumn(it.table(), it.name("oldColumnName"), it.name("newColumnName"))]
    ),
    "renameSequence": lambda it: iter(
        [to.Rename("sequence", it.name("oldSequenceName"), it.name("newSequenceName"))]
    ),
    "renameTable": lambda it: iter(
        [to.RenameTable(it.table("oldTableName"), it.name("newTableName"))]
    ),
    "renameView": lambda it: iter(
        [to.Rename("view", it.name("oldViewName"), it.name("newViewName"))]
    ),
}
