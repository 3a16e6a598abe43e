"""What PostgreSQL demands of rows: how it is read, dropped and made again."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.database_contracts import Row
from rollback.engines._postgresql_names import literal, quoted

_KINDS = """CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key'
    WHEN 'u' THEN 'unique' ELSE 'exclusion' END"""


def query(tables: Sequence[str]) -> str:
    """Return a query for what these tables demand; indexes of constraints are left out."""
    listed = ", ".join(map(literal, tables))
    return f"""
SELECT t.relname AS "table", x.kind, x.name, x.columns, x.definition FROM pg_class t
CROSS JOIN LATERAL (
  SELECT 'not null' AS kind, a.attname AS name, a.attname::text AS columns,
    '' AS definition
  FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnotnull AND a.attnum > 0
    AND NOT a.attisdropped
  UNION ALL
  SELECT {_KINDS}, k.conname, (SELECT string_agg(a.attname::text, ',') FROM unnest(k.conkey) n
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n), pg_get_constraintdef(k.oid)
  FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype IN ('c', 'f', 'u', 'x')
  UNION ALL
  SELECT 'unique index', i.relname, (SELECT string_agg(a.attname::text, ',') FROM unnest(u.indkey) n
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n), pg_get_indexdef(u.indexrelid)
  FROM pg_index u JOIN pg_class i ON i.oid = u.indexrelid
  WHERE u.indrelid = t.oid AND u.indisunique
    AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = u.indexrelid)
) x
WHERE t.relname IN ({listed}) AND t.relkind IN ('r', 'p') AND pg_table_is_visible(t.oid)
ORDER BY 1, 2, 3"""


def statements(row: Row) -> tuple[str, str, str]:
    """Return how the demand is dropped, how it is made again, and an expression: is it there?"""
    table, name = quoted(row["table"]), quoted(row["name"])
    of = f"to_regclass({literal(table)})"
    if row["kind"] == "not null":
        alter = f"ALTER TABLE {table} ALTER COLUMN {name}"
        known = f"attrelid = {of} AND attname = {literal(row['name'])} AND attnotnull"
        there = f"EXISTS (SELECT 1 FROM pg_attribute WHERE {known})"
        return f"{alter} DROP NOT NULL", f"{alter} SET NOT NULL", there
    if row["kind"] == "unique index":
        return f"DROP INDEX {name}", row["definition"], f"to_regclass({literal(name)}) IS NOT NULL"
    known = f"conrelid = {of} AND conname = {literal(row['name'])}"
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {row['definition']}",
        f"EXISTS (SELECT 1 FROM pg_constraint WHERE {known})",
    )
