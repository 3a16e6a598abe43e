"""SQLAlchemy's columns and types as they stand in a revision file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rollback.migrations._python import Call, Names, computed, dotted, literal, resolved
from rollback.verdicts.operations import AddConstraint, Column, Constraint

COLUMN = ("name", "type_")
_TYPES = {
    "AutoString": "varchar",  # of SQLModel
    "BigInteger": "bigint",
    "Boolean": "boolean",
    "Date": "date",
    "Double": "double precision",
    "Float": "double precision",
    "Integer": "integer",
    "Interval": "interval",
    "LargeBinary": "bytea",
    "NVARCHAR": "varchar",
    "Numeric": "numeric",
    "SmallInteger": "smallint",
    "String": "varchar",
    "Text": "text",
    "Time": "time",
    "Unicode": "varchar",
    "UnicodeText": "text",
    "Uuid": "uuid",
}
_SIZES = ("length", "precision", "scale")
_FILLING = ("Computed", "Identity", "Sequence")
_CONSTRAINTS: dict[str, Constraint] = {
    "CheckConstraint": "check",
    "ExcludeConstraint": "exclusion",
    "ForeignKeyConstraint": "foreign key",
    "PrimaryKeyConstraint": "primary key",
    "UniqueConstraint": "unique",
}


def column(node: ast.expr | None, names: Names) -> Column:
    """Return the column that a call of Column describes. Raises Computed."""
    node = resolved(node, names) if node else ast.Constant(None)
    if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] != "Column":
        raise computed(node)
    call = Call(node, names, COLUMN)
    further = {_name(item, names): item for item in node.args[1:]}
    type = call.given.get("type_")
    default = call.node_of("server_default")
    is_key = bool(call.value("primary_key", False))
    kind = "" if type is None or _name(type, names) == "ForeignKey" else type_name(type, names)
    restrictions: list[Constraint] = []
    if call.value("unique", False):
        restrictions.append("unique")
    if "ForeignKey" in further:
        restrictions.append("foreign key")
    return Column(
        call.text("name"),
        kind,
        not_null=is_key or not call.value("nullable", True),
        filled=_is_value(default)
        or bool(set(_FILLING) & further.keys())
        or (is_key and kind in ("integer", "bigint", "smallint")),
        restrictions=tuple(restrictions),
    )


def has_plain_index(node: ast.expr | None, names: Names) -> bool:
    node = resolved(node, names) if node else None
    return isinstance(node, ast.Call) and bool(Call(node, names, COLUMN).value("index", False))


def constraints(table: str, items: list[ast.expr], names: Names) -> Iterator[AddConstraint]:
    """Yield the constraints with a name among the arguments of create_table."""
    for item in items:
        kind = _CONSTRAINTS.get(_name(item, names))
        node = resolved(item, names)
        if kind and isinstance(node, ast.Call):
            name = Call(node, names).given.get("name")
            if name is not None:
                yield AddConstraint(table, kind, str(literal(name, names)))


def type_name(node: ast.expr, names: Names) -> str:
    """Return "varchar(20)"; "" for a type that is not SQLAlchemy's."""
    node = resolved(node, names)
    name = _name(node, names)
    known = _TYPES.get(name) or (name.lower().replace("_", " ") if name.isupper() else "")
    if not isinstance(node, ast.Call):
        return "timestamp" if name in ("DateTime", "TIMESTAMP") else known
    if name in ("Enum", "ENUM"):
        return _enum(node, names)
    call = Call(node, names, ("length",) if known.endswith("char") else _SIZES[1:])
    if name in ("DateTime", "TIMESTAMP"):
        zoned = call.value("timezone", bool(node.args and literal(node.args[0], names)))
        return "timestamp with time zone" if zoned else "timestamp"
    if name == "ARRAY" and node.args:
        return f"{type_name(node.args[0], names)}[]"
    if known not in ("varchar", "char", "numeric", "decimal"):
        return known
    sizes = [size for key in _SIZES if (size := call.value(key)) is not None]
    return f"{known}({','.join(map(str, sizes))})" if sizes else known


def _enum(node: ast.Call, names: Names) -> str:
    if node.args and all(isinstance(resolved(item, names), ast.Constant) for item in node.args):
        labels = (str(literal(item, names)) for item in node.args)
        return f"enum({', '.join(map(repr, labels))})"
    name = Call(node, names).given.get("name")
    return str(literal(name, names)) if name is not None else ""


def _is_value(node: ast.expr | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and node.value in (None, False))


def _name(node: ast.expr, names: Names) -> str:
    node = resolved(node, names)
    return dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
