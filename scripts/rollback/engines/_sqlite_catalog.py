"""Queries of SQLite's catalogue: columns, and what keeps one from being dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

COLUMNS = """
SELECT t.name AS "table", c.name AS "column", lower(c.type) AS type,
  c."notnull" = 0 AS nullable, c.dflt_value AS "default"
FROM sqlite_master t, pragma_table_xinfo(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.hidden <> 1
ORDER BY t.name, c.cid"""


def dependents(names: Sequence[tuple[str, str]], literal: Callable[[str], str]) -> str:
    """Return the query of `Engine.dependents`: indexes, and views by their text.

    A table goes with its indexes; views on it stay, and fail when they are read.
    """
    columns = [(literal(table), literal(column)) for table, column in names if column]
    listed = ", ".join(f"({table}, {column})" for table, column in columns) or "(NULL, NULL)"
    word = "'*[^a-z0-9_]' || lower({}) || '[^a-z0-9_]*'"
    text = "replace(lower(v.sql), '\"', ' ') || ' '"
    return f"""
WITH dropped("table", "column") AS (VALUES {listed})
SELECT d."table", d."column", 'index' AS kind, l.name, d."table" AS owner
FROM dropped d, pragma_index_list(d."table") l, pragma_index_info(l.name) i
WHERE i.name = d."column"
UNION SELECT d."table", d."column", 'view', v.name, '' FROM dropped d, sqlite_master v
WHERE v.type = 'view' AND {text} GLOB {word.format('d."table"')}
  AND {text} GLOB {word.format('d."column"')}"""
