"""The closures of Schema::create and Schema::table: chains of calls on a Blueprint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rollback.migrations._php import Call
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

_TYPES = {
    "binary": "bytea",
    "boolean": "boolean",
    "char": "char",
    "date": "date",
    "dateTime": "timestamp",
    "dateTimeTz": "timestamp with time zone",
    "decimal": "numeric",
    "double": "double precision",
    "enum": "varchar(255)",
    "float": "double precision",
    "foreignId": "bigint",
    "foreignUlid": "char(26)",
    "foreignUuid": "uuid",
    "ipAddress": "inet",
    "json": "json",
    "jsonb": "jsonb",
    "longText": "text",
    "macAddress": "macaddr",
    "mediumText": "text",
    "string": "varchar",
    "text": "text",
    "time": "time",
    "timestamp": "timestamp",
    "timestampTz": "timestamp with time zone",
    "ulid": "char(26)",
    "uuid": "uuid",
    "year": "integer",
}
_WHOLE = {"big": "bigint", "medium": "integer", "small": "smallint", "tiny": "smallint"}
_SERIAL = re.compile(r"(?:(big|medium|small|tiny)I|i)ncrements")
_INTEGER = re.compile(r"(?:unsigned)?(?:(Big|Medium|Small|Tiny|big|medium|small|tiny))?[Ii]nteger")
_FILLING = ("always", "autoIncrement", "generatedAs", "storedAs", "useCurrent", "virtualAs")
_OF_A_COLUMN = (
    *_FILLING,
    "after",
    "cascadeOnDelete",
    "cascadeOnUpdate",
    "change",
    "charset",
    "collation",
    "comment",
    "constrained",
    "default",
    "first",
    "from",
    "index",
    "invisible",
    "noActionOnDelete",
    "nullable",
    "nullOnDelete",
    "on",
    "onDelete",
    "onUpdate",
    "primary",
    "references",
    "restrictOnDelete",
    "startingValue",
    "unique",
    "unsigned",
    "useCurrentOnUpdate",
)
_HARMLESS = ("charset", "collation", "comment", "engine", "renameIndex", "temporary")
_INDEXES = ("fullText", "index", "spatialIndex")
_DROPPED = {
    "dropDatetimes": ("created_at", "updated_at"),
    "dropRememberToken": ("remember_token",),
    "dropTimestamps": ("created_at", "updated_at"),
    "dropTimestampsTz": ("created_at", "updated_at"),
}
_SOFT = "deleted_at"  # unless a name is given
_TOGETHER = {
    "rememberToken": ("remember_token", "varchar(100)"),
    "softDeletes": (_SOFT, "timestamp"),
    "softDeletesDatetime": (_SOFT, "timestamp"),
    "softDeletesTz": (_SOFT, "timestamp with time zone"),
}
_OWN_NAMES = {
    "id": "id",
    "ipAddress": "ip_address",
    "macAddress": "mac_address",
    "ulid": "ulid",
    "uuid": "uuid",
}


def statement(table: str, calls: Sequence[Call]) -> Iterator[Operation]:
    """Yield what a chain of calls on the Blueprint does. Raises Computed."""
    first = calls[0]
    if kind := _type(first):
        if any(call.name not in _OF_A_COLUMN for call in calls[1:]):
            raise first.computed()
        yield from _column(table, calls, kind)
    elif columns := _several(first):
        yield from (to.AddColumn(table, column) for column in columns)
    elif first.name in _DROPPED:
        yield from (to.DropColumn(table, name) for name in _DROPPED[first.name])
    elif first.name in ("dropSoftDeletes", "dropSoftDeletesTz"):
        yield to.DropColumn(table, _word(first, _SOFT))
    elif first.name in ("dropColumn", "dropColumns"):
        names = [name for place in range(len(first.values)) for name in first.words(place)]
        yield from (to.DropColumn(table, name) for name in names)
    elif first.name == "dropConstrainedForeignId":
        yield to.DropConstraint(table, _named(table, [first.word(0)], "foreign"), "foreign key")
        yield to.DropColumn(table, first.word(0))
    elif first.name == "dropMorphs":
        yield from (to.DropColumn(table, f"{first.word(0)}_{end}") for end in ("id", "type"))
    elif first.name in _HARMLESS:
        yield to.Harmless(first.name)
    else:
        yield _change(table, first)


def _type(call: Call) -> str:
    """Return the type of the column that a call makes, "" where it makes none."""
    name = call.name
    if match := _INTEGER.fullmatch(name):
        return _WHOLE.get((match[1] or "").lower(), "integer")
    if match := _SERIAL.fullmatch(name):
        return _WHOLE.get(match[1] or "", "integer")
    if name == "id":
        return "bigint"
    kind = _TYPES.get(name.replace("unsignedDecimal", "decimal"), "")
    if kind in ("varchar", "char"):
        return f"{kind}({call.value(1, 255)})"
    if kind == "numeric":
        return f"numeric({call.value(1, 8)},{call.value(2, 2)})"
    return kind


def _column(table: str, calls: Sequence[Call], kind: str) -> Iterator[Operation]:
    first, words = calls[0], {call.name: call for call in calls[1:]}
    counts = first.name == "id" or bool(_SERIAL.fullmatch(first.name))
    name = _word(first, _OWN_NAMES.get(first.name))
    given = words.get("nullable")
    nullable = given is not None and given.value(0, True) is not False
    default = words.get("default")
    filled = counts or any(word in words for word in _FILLING)
    filled |= default is not None and default.values[:1] != (None,)
    column = Column(name, kind, not_null=not nullable, filled=filled)
    if "change" in words:
        yield from _changed(table, column, filled or default is not None)
    else:
        yield to.AddColumn(table, column)
    if "unique" in words:
        yield to.AddConstraint(
            table, "unique", _own(table, words["unique"], name, "unique"), (name,)
        )
    if {"constrained", "references"} & words.keys():
        yield to.AddConstraint(table, "foreign key", _named(table, [name], "foreign"), (name,))
    if "index" in words:
        index = _own(table, words["index"], name, "index")
        yield to.CreateIndex(index, table, False, (name,))


def _changed(table: str, column: Column, about_default: bool) -> Iterator[Operation]:
    """Yield what change() does: without nullable() a newer Laravel makes it NOT NULL."""
    yield to.SetType(table, column.name, column.type)
    yield (to.SetNotNull if column.not_null else to.DropNotNull)(table, column.name)
    if about_default:
        yield (to.SetDefault if column.filled else to.DropDefault)(table, column.name)


def _several(call: Call) -> list[Column]:
    """Return the columns of a call that makes some by names of its own."""
    name = call.name
    if name in _TOGETHER:
        own, kind = _TOGETHER[name]
        return [Column(own if name == "rememberToken" else _word(call, own), kind)]
    if name in ("datetimes", "timestamps", "timestampsTz", "nullableTimestamps"):
        kind = "timestamp with time zone" if name.endswith("Tz") else "timestamp"
        return [Column(own, kind) for own in ("created_at", "updated_at")]
    match = re.fullmatch(r"(nullable)?(?:(uuid|ulid|numeric))?[mM]orphs", name)
    if match is None:
        return []
    id = {"uuid": "uuid", "ulid": "char(26)"}.get((match[2] or "").lower(), "bigint")
    kinds = (("type", "varchar(255)"), ("id", id))
    return [
        Column(f"{call.word(0)}_{end}", kind, not_null=not match[1], filled=False)
        for end, kind in kinds
    ]


def _change(table: str, call: Call) -> Operation:
    """Return what a statement that adds no column does."""
    match call.name:
        case "renameColumn":
            return to.RenameColumn(table, call.word(0), call.word(1))
        case "unique":
            names = call.words(0)
            name = str(call.value(1) or _named(table, names, "unique"))
            return to.AddConstraint(table, "unique", name, tuple(names))
        case "primary":
            return to.AddConstraint(table, "primary key", "", tuple(call.words(0)))
        case "foreign":
            names = call.words(0)
            name = str(call.value(1) or _named(table, names, "foreign"))
            return to.AddConstraint(table, "foreign key", name, tuple(names))
        case _ if call.name in _INDEXES:
            names = call.words(0)
            name = str(call.value(1) or _named(table, names, call.name.lower()))
            return to.CreateIndex(name, table, False, tuple(names))
        case "dropIndex" | "dropFullText" | "dropSpatialIndex":
            end = call.name.removeprefix("drop").lower()
            return to.DropIndex(_gone(table, call, end), table)
        case "dropForeign":
            return to.DropConstraint(table, _gone(table, call, "foreign"), "foreign key")
        case "dropUnique":
            return to.DropConstraint(table, _gone(table, call, "unique"), "unique")
        case "dropPrimary":
            return to.DropConstraint(table, "", "primary key")
    raise call.computed()


def _word(call: Call, default: str | None) -> str:
    """Return the name that is given to a column, or the one that Laravel gives."""
    return call.word(0) if call.values or default is None else default


def _own(table: str, call: Call, column: str, end: str) -> str:
    given = call.value(0)
    return given if isinstance(given, str) else _named(table, [column], end)


def _gone(table: str, call: Call, end: str) -> str:
    """Return the name that is given, or that its columns make."""
    value = call.value(0)
    return value if isinstance(value, str) else _named(table, call.words(0), end)


def _named(table: str, columns: Sequence[str], end: str) -> str:
    return re.sub(r"[-.]", "_", f"{table}_{'_'.join(columns)}_{end}".lower())
