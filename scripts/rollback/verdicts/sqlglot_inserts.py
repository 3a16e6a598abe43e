"""What an INSERT does: adds rows, changes those that exist, or copies a table."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from rollback.verdicts import operations as to

# parts of a query that returns every row of its table once; newer versions add an underscore
_WHOLE = {"expressions", "from", "order"}


def operation(node: Any) -> to.Write:
    has_columns = isinstance(node.this, exp.Schema)
    table = node.this.this if has_columns else node.this
    columns = tuple(item.name for item in node.this.expressions) if has_columns else ()
    parts = {name.rstrip("_") for name, value in node.args.items() if value}
    conflict = node.args["conflict"].sql().upper() if "conflict" in parts else ""
    upsert = "UPDATE" in conflict or node.args.get("alternative") == "REPLACE"
    plain = not parts & {"conflict", "alternative", "ignore", "with"}
    source, selected = _copied(node.expression) if plain else ("", ())
    return to.Write("upsert" if upsert else "insert", table.name, columns, source, selected)


def _copied(query: Any) -> tuple[str, tuple[str, ...]]:
    """Return the table of which a query takes every row, and the columns; "" for another query."""
    if not isinstance(query, exp.Select):
        return "", ()
    parts = {name.rstrip("_") for name, value in query.args.items() if value}
    table = query.find(exp.Table)
    if not parts <= _WHOLE or table is None or not isinstance(table.parent, exp.From):
        return "", ()
    return table.name, tuple(map(_column, query.expressions))


def _column(item: Any) -> str:
    plain = item.this if isinstance(item, exp.Alias) else item
    if isinstance(plain, exp.Star):
        return "*"
    return plain.name if isinstance(plain, exp.Column) else ""
