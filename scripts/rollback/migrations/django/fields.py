"""Django's model fields as they stand in a migration, and the columns that they are."""

from __future__ import annotations

import ast

from msgspec import Struct

from rollback.migrations._python import Call, Names, computed, dotted
from rollback.verdicts.operations import Column, Constraint

_TYPES = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "CICharField": "citext",
    "CIEmailField": "citext",
    "CITextField": "citext",
    "CharField": "varchar",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "DecimalField": "numeric",
    "DurationField": "interval",
    "EmailField": "varchar",
    "FileField": "varchar",
    "FilePathField": "varchar",
    "FloatField": "double precision",
    "GenericIPAddressField": "inet",
    "ImageField": "varchar",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "NullBooleanField": "boolean",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SlugField": "varchar",
    "SmallAutoField": "smallint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "URLField": "varchar",
    "UUIDField": "uuid",
}
_LENGTHS = {
    "EmailField": 254,
    "FileField": 100,
    "FilePathField": 100,
    "ImageField": 100,
    "SlugField": 50,
    "URLField": 200,
}
_WITHOUT_TYPE = (
    "blank",
    "choices",
    "db_column",
    "db_default",
    "db_index",
    "default",
    "editable",
    "help_text",
    "null",
    "unique",
    "validators",
    "verbose_name",
)
_FIRST = {"ForeignKey": "to", "OneToOneField": "to", "ManyToManyField": "to", "ArrayField": "base"}


class Field(Struct, frozen=True):
    """`column` is empty for a field that is a table of its own; `refers` names the other model
    where a foreign key makes sure of it.

    `type` is empty where the class is not Django's; then `kind` is all that tells of a change.
    `named` says that the field names its column.
    """

    column: str
    type: str
    kind: str
    named: bool = False
    not_null: bool = True
    filled: bool = False
    unique: bool = False
    checked: bool = False
    refers: str = ""
    is_key: bool = False
    table: str = ""  # of a field that is a table of its own, where it names one
    through: bool = False
    given: bool = False  # rows that exist get a value from Python when it is added

    def as_column(self, again: bool = False) -> Column:
        """Return the column; `again`: as Django adds it to a table that has rows."""
        restrictions: list[Constraint] = ["unique"] if self.unique else []
        if self.refers:
            restrictions.append("foreign key")
        return Column(
            self.column,
            self.type,
            not_null=self.not_null,
            filled=self.filled or (again and self.given),
            restrictions=tuple(restrictions),
        )


def field(name: str, node: ast.expr | None, names: Names) -> Field:
    """Return the field that this call describes. Raises Computed."""
    if not isinstance(node, ast.Call):
        raise computed(node or ast.Constant(None))
    kind = dotted(node.func).rpartition(".")[2]
    call = Call(node, names, (_FIRST.get(kind, "verbose_name"),))
    if call.is_open:
        raise computed(node)
    if kind == "ManyToManyField":
        table = str(call.value("db_table") or "")
        return Field("", "", kind, table=table, through="through" in call.given)
    is_reference = kind in ("ForeignKey", "OneToOneField")
    is_key = bool(call.value("primary_key", False))
    column = call.value("db_column") or (f"{name}_id" if is_reference else name)
    target = ast.unparse(call.given["to"]).lower() if is_reference and "to" in call.given else "?"
    is_enforced = is_reference and call.value("db_constraint", True)
    default = call.node_of("db_default")
    return Field(
        str(column),
        _type(kind, call),
        f"reference to {target}" if is_reference else _kind(call),
        named="db_column" in call.given,
        not_null=not call.value("null", kind == "NullBooleanField"),
        filled=default is not None or kind == "GeneratedField" or kind.endswith("AutoField"),
        unique=bool(call.value("unique", False)) or kind == "OneToOneField",
        checked=kind.startswith("Positive"),
        refers=target if is_enforced else "",
        is_key=is_key,
        given=_is_given(kind, call),
    )


def _is_given(kind: str, call: Call) -> bool:
    """Whether Django has a value for rows that exist (`effective_default` of its editor)."""
    empty = _TYPES.get(kind) in ("varchar", "text", "citext", "bytea")
    return (
        "default" in call.given
        or bool(call.value("auto_now", False) or call.value("auto_now_add", False))
        or (empty and bool(call.value("blank", False)))
    )


def _kind(call: Call) -> str:
    """Return the class and those arguments that may concern its type."""
    arguments = [
        f"{name}={ast.unparse(node)}"
        for name, node in sorted(call.given.items())
        if name not in _WITHOUT_TYPE
    ]
    return f"{call.name}({', '.join(arguments)})"


def _type(kind: str, call: Call) -> str:
    base = _TYPES.get(kind, "")
    if kind == "DecimalField":
        return f"numeric({call.value('max_digits')},{call.value('decimal_places')})"
    if kind == "ArrayField":
        node = call.node_of("base") or call.node_of("base_field")
        inner = field("", node, call.names).type
        return f"{inner}[]" if inner else ""
    if base != "varchar":
        return base
    length = call.value("max_length", _LENGTHS.get(kind))
    return f"varchar({length})" if length else "varchar"
