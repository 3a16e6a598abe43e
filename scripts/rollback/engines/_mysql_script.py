"""SQL that no transaction holds together: each statement with a way to see whether it took effect.

templates/functions/mysql.sh reads the lines that begin with `MARK`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rollback.reversal import effects
from rollback.verdicts import dialect
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

MARK = "-- rollback: "
DELIMITER = ";;rollback;;"  # what ends a statement on its way to the client

_TOKEN = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`"
    r"|(?P<code>/\*M?!.*?\*/)|(?P<comment>/\*.*?\*/|(?:--(?=\s)|#)[^\n]*)|(?P<end>;)|.",
    re.DOTALL,
)
# repeated, these come to the same
_REPEATABLE = (to.SetType, to.SetNotNull, to.DropNotNull, to.SetDefault, to.DropDefault)
_PROGRAM = re.compile(
    r"\s*CREATE\s[^;]*?\b(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)\b", re.IGNORECASE | re.DOTALL
)
# seen by the tables and columns that they name
_NAMED = (
    to.CreateTable,
    to.DropTable,
    to.RenameTable,
    to.AddColumn,
    to.DropColumn,
    to.RenameColumn,
)


def statements(sql: str) -> list[str]:
    """Return the statements, without those that are comments only."""
    parts, current, code = list[str](), "", False
    for token in _TOKEN.finditer(sql + ";"):
        if token["end"]:
            parts += [current.strip()] if code else []
            current, code = "", False
        else:
            current += token[0]
            code = code or (token["comment"] is None and not token[0].isspace())
    return parts


def refusal(sql: str) -> str:
    """Return why this SQL cannot run a statement at a time, or ""."""
    for statement in statements(sql):
        plain = _TOKEN.sub(lambda token: "''" if len(token[0]) > 1 else token[0], statement)
        if re.search(r"['\"`]", plain.replace("''", "")):
            return "a quote in it does not end"
        if _PROGRAM.match(statement) and re.search(r"\bBEGIN\b", plain, re.IGNORECASE):
            return "it makes a stored program (BEGIN ... END)"
        if re.match(r"(?:USE|LOCK|DELIMITER)\b", plain.lstrip(), re.IGNORECASE):
            return f"it has {plain.split()[0].upper()}"
    if DELIMITER in sql or re.search(rf"^{MARK}|^\s*delimiter\b", sql, re.I | re.M):
        return f'a line of it begins with "{MARK.strip()}" or "delimiter"'
    return ""


def script(sql: str) -> str:
    """Return the statements, each below a line with its number, its kind and its look.

    session: it is about the session, and run by every start. again: it may be repeated. look: a
    query prints "after" once it took effect, "before" while it did not. unknown: nobody can see.
    """
    parts = []
    for number, statement in enumerate(statements(sql), 1):
        parts.append(f"{MARK}{number} {_kind(dialect.read(statement, 'mysql'))}\n{statement}\n;\n")
    return "".join(parts)


def _kind(operations: Sequence[Operation]) -> str:
    if all(isinstance(it, to.Harmless) and it.what == "set" for it in operations):
        return "session"
    if all(isinstance(it, (to.Harmless, *_REPEATABLE)) for it in operations):
        return "again"
    if effects.changes_nothing(operations):
        return "again"
    conditions = list(_conditions(operations))
    names = [name for operation in operations for name in _touched(operation)]
    if not conditions or None in conditions or len(set(names)) < len(names):
        return "unknown"
    after = " AND ".join(f"({condition})" for condition in conditions)
    before = " AND ".join(f"NOT ({condition})" for condition in conditions)
    words = f"WHEN {after} THEN 'after' WHEN {before} THEN 'before' ELSE 'between'"
    return f"look SELECT CASE {words} END"


def _touched(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Return the names that come or go: one that does both looks the same before and after."""
    match operation:
        case to.CreateTable(table) | to.DropTable(table):
            return ((table, ""),)
        case to.RenameTable(table, new):
            return (table, ""), (new, "")
        case to.AddColumn(table, column):
            return ((table, column.name),)
        case to.DropColumn(table, name):
            return ((table, name),)
        case to.RenameColumn(table, name, new):
            return (table, name), (table, new)
    return ()


def _conditions(operations: Sequence[Operation]) -> Iterator[str | None]:
    """Yield what holds once the statement took effect; None: that cannot be seen."""
    for (table, column), present in effects.named(operations).items():
        yield ("" if present else "NOT ") + exists(table, column)
    new = {it.table for it in operations if isinstance(it, to.CreateTable)}
    for operation in operations:
        if isinstance(operation, to.CreateIndex) and operation.table in new:
            continue
        if not isinstance(operation, (to.Harmless, *_NAMED, *_REPEATABLE)):
            yield _condition(operation)


def _condition(operation: Operation) -> str | None:
    match operation:
        case to.CreateIndex(name, table) if name:
            return _index(table, name)
        case to.DropIndex(name, table) if table:
            return f"NOT {_index(table, name)}"
        case to.AddConstraint(table, kind, name) if name or kind == "primary key":
            return _constraint(table, "PRIMARY" if kind == "primary key" else name)
        case to.DropConstraint(table, name, kind) if name or kind == "primary key":
            return f"NOT {_constraint(table, 'PRIMARY' if kind == 'primary key' else name)}"
        case to.Create("view", name):
            return exists(name)
        case to.Drop("view", name):
            return f"NOT {exists(name)}"
    return None


def literal(text: str) -> str:
    """Return a text as SQL, whatever the server takes a backslash for."""
    if "\\" in text:
        return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"
    return f"'{text.replace(chr(39), chr(39) * 2)}'"


def exists(table: str, column: str = "") -> str:
    """Return an expression: is this table, or this column of it, in reach?"""
    known = _in_schema(table)
    if column:
        return _seen("columns", f"{known} AND column_name = {literal(column)}")
    return _seen("tables", known)


def _index(table: str, name: str) -> str:
    return _seen("statistics", f"{_in_schema(table)} AND index_name = {literal(name)}")


def _constraint(table: str, name: str) -> str:
    named = f"{_in_schema(table)} AND constraint_name = {literal(name)}"
    return _seen("table_constraints", named)


def _seen(view: str, condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM information_schema.{view} WHERE {condition})"


def _in_schema(table: str) -> str:
    schema, _, name = table.rpartition(".")
    of = literal(schema) if schema else "DATABASE()"
    return f"table_schema = {of} AND table_name = {literal(name)}"
