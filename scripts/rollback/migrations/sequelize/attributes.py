"""Sequelize's attributes: a type, or an object with type and options."""

from __future__ import annotations

import re
from typing import Any

from rollback.migrations._calls import Call, Code
from rollback.verdicts.operations import Column, Constraint

_TYPES = {
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "BOOLEAN": "boolean",
    "CITEXT": "citext",
    "DATE": "timestamp with time zone",
    "DATEONLY": "date",
    "DECIMAL": "numeric",
    "DOUBLE": "double precision",
    "FLOAT": "double precision",
    "INTEGER": "integer",
    "JSON": "json",
    "JSONB": "jsonb",
    "MEDIUMINT": "integer",
    "REAL": "real",
    "SMALLINT": "smallint",
    "STRING": "varchar(255)",
    "TEXT": "text",
    "TIME": "time",
    "TINYINT": "smallint",
    "UUID": "uuid",
}
_SIZED = {"STRING": "varchar", "DECIMAL": "numeric", "CHAR": "char"}
_TYPE = re.compile(r"(?:\w+\.)*([A-Z]+)(?:\((\d+)(?:, *(\d+))?\))?(?:\.UNSIGNED)?")


def attribute(call: Call, name: str, given: Any) -> tuple[Column, dict[str, Any]]:
    """Return the column that this attribute describes, and its options. Raises Computed."""
    if isinstance(given, Code) and not _TYPE.fullmatch(given.text):
        call.known(given)
    options = given if isinstance(given, dict) else {"type": given}
    is_key = bool(call.known(options.get("primaryKey", False)))
    counts = bool(call.known(options.get("autoIncrement", False)))
    nullable = call.known(options.get("allowNull", True))
    restrictions: list[Constraint] = ["unique"] if options.get("unique") else []
    if "references" in options:
        restrictions.append("foreign key")
    column = Column(
        name,
        _type(options.get("type")),
        not_null=is_key or nullable is False,
        filled=counts or options.get("defaultValue") is not None,
        restrictions=tuple(restrictions),
    )
    return column, options


def _type(given: Any) -> str:
    """Return "varchar(20)"; "" for a type that is not known, an enum among them."""
    match = _TYPE.fullmatch(given.text) if isinstance(given, Code) else None
    if match is None:
        return given.lower() if isinstance(given, str) else ""
    kind, *sizes = match.groups()
    if kind in _SIZED and sizes[0]:
        return f"{_SIZED[kind]}({','.join(size for size in sizes if size)})"
    return _TYPES.get(kind, "")
