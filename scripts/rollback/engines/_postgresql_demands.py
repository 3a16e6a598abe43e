"""What PostgreSQL demands of rows: how it is read, dropped and made again."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.database_contracts import Row
from rollback.engines._postgresql_names import literal, quoted

_KINDS = """CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key'
    WHEN 'u' THEN 'unique' ELSE 'exclusion' END"""


# what a definition leaves out would not come back: comments, tablespaces, marks of the index, that
# a foreign key is not looked after. Some cannot be dropped: a foreign key needs their index
_ONLY_DEFINED = """NOT EXISTS (SELECT 1 FROM pg_description d WHERE d.objoid IN (k.oid, i.oid)
      AND d.classoid IN ('pg_constraint'::regclass, 'pg_class'::regclass))
    AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conindid = i.oid AND f.contype = 'f'
      AND f.oid IS DISTINCT FROM k.oid)
    AND NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O')
    AND coalesce(u.indisvalid AND NOT u.indisreplident AND NOT u.indisclustered
      AND i.reltablespace = 0, true)"""
# a table with children or parents: "ON ONLY" would make less than there was
_ALONE = """t.relkind = 'r' AND NOT t.relhassubclass AND NOT EXISTS (
    SELECT 1 FROM pg_inherits h WHERE h.inhrelid = t.oid)"""
# no statement drops the NOT NULL of an identity or of a replica identity; from version 18 on
# NOT NULL is a constraint with a name and properties of its own
_COLUMNS = """
  SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_index u
      WHERE u.indrelid = t.oid AND u.indisprimary AND a.attnum = ANY (u.indkey)) THEN 'primary key'
    WHEN a.attnotnull THEN 'not null' ELSE 'nullable' END AS kind, a.attname AS name,
    a.attname::text AS columns,
    CASE WHEN a.attidentity = '' AND NOT EXISTS (SELECT 1 FROM pg_index u
        WHERE u.indrelid = t.oid AND u.indisreplident AND a.attnum = ANY (u.indkey))
      AND NOT EXISTS (SELECT 1 FROM pg_constraint k
        WHERE k.conrelid = t.oid AND k.contype = 'n' AND a.attnum = ANY (k.conkey)
        AND NOT (k.convalidated AND NOT k.connoinherit
          AND k.conname = t.relname || '_' || a.attname || '_not_null'))
    THEN '' END AS definition
  FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"""
_CONSTRAINTS = f"""
  SELECT {_KINDS}, k.conname, (SELECT string_agg(a.attname::text, ',') FROM unnest(k.conkey) n
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n),
    CASE WHEN {_ONLY_DEFINED} THEN pg_get_constraintdef(k.oid) END
  FROM pg_constraint k
  LEFT JOIN pg_index u ON u.indexrelid = k.conindid AND k.contype IN ('u', 'x')
  LEFT JOIN pg_class i ON i.oid = u.indexrelid
  WHERE k.conrelid = t.oid AND k.contype IN ('c', 'f', 'u', 'x')"""
# the columns of INCLUDE are none of what is unique; an expression has no column
_INDEXES = f"""
  SELECT 'unique index', i.relname, CASE WHEN u.indexprs IS NULL THEN (
      SELECT string_agg(a.attname::text, ',')
      FROM unnest(u.indkey) WITH ORDINALITY n (attnum, place)
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.attnum
      WHERE n.place <= u.indnkeyatts) END,
    CASE WHEN {_ONLY_DEFINED} AND pg_table_is_visible(i.oid) THEN pg_get_indexdef(i.oid) END
  FROM pg_index u JOIN pg_class i ON i.oid = u.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
  WHERE u.indrelid = t.oid AND u.indisunique AND k.oid IS NULL"""


def query(tables: Sequence[str]) -> str:
    """Return a query for what these tables demand; indexes of constraints are left out."""
    listed = ", ".join(map(literal, tables))
    return f"""
SELECT t.relname AS "table", x.kind, x.name, x.columns,
  CASE WHEN {_ALONE} THEN x.definition END AS definition FROM pg_class t
CROSS JOIN LATERAL ({_COLUMNS}
  UNION ALL {_CONSTRAINTS}
  UNION ALL {_INDEXES}
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
        known = f"u.indrelid = {of} AND i.relname = {literal(row['name'])}"
        there = f"SELECT 1 FROM pg_index u JOIN pg_class i ON i.oid = u.indexrelid WHERE {known}"
        return f"DROP INDEX {name}", row["definition"], f"EXISTS ({there})"
    known = f"conrelid = {of} AND conname = {literal(row['name'])}"
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {row['definition']}",
        f"EXISTS (SELECT 1 FROM pg_constraint WHERE {known})",
    )
