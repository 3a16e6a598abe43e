"""Queries of PostgreSQL's catalogue: columns, and what depends on tables and columns."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.engines._postgresql_names import literal

COLUMNS = """
SELECT c.relname AS "table", a.attname AS "column",
  format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
  pg_get_expr(e.adbin, e.adrelid) AS "default"
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND a.attnum > 0
  AND NOT a.attisdropped
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
ORDER BY c.relname, a.attnum"""
# of each kind: its own row, joined to the dependency `d` on the table `t`; an owner is a table
_KINDS = """
  SELECT CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind,
    v.relname AS name, '' AS owner
  FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class
  WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND v.oid <> t.oid
  UNION ALL
  SELECT 'foreign key', k.conname, o.relname
  FROM pg_constraint k JOIN pg_class o ON o.oid = k.conrelid
  WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid AND k.contype = 'f'
    AND k.conrelid <> t.oid
  UNION ALL
  SELECT 'function', p.proname, '' FROM pg_proc p
  WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
  UNION ALL
  SELECT 'trigger', g.tgname, t.relname FROM pg_trigger g
  WHERE d.classid = 'pg_trigger'::regclass AND g.oid = d.objid AND d.refobjsubid > 0
  UNION ALL
  SELECT 'policy', p.polname, o.relname FROM pg_policy p JOIN pg_class o ON o.oid = p.polrelid
  WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    AND (d.refobjsubid > 0 OR o.oid <> t.oid)
  UNION ALL
  SELECT 'table', c.relname, '' FROM pg_class c
  WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'p', 'f')
"""


def dependents(names: Sequence[tuple[str, str]]) -> str:
    """Return a query for what a drop of these tables and columns is refused for."""
    tables = ", ".join(literal(table) for table in sorted({table for table, _ in names}))
    return f"""
SELECT DISTINCT t.relname AS "table", coalesce(a.attname, '') AS "column", x.kind, x.name, x.owner
FROM pg_class t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
CROSS JOIN LATERAL ({_KINDS}) x
WHERE t.relname IN ({tables}) AND t.relkind IN ('r', 'p') AND pg_table_is_visible(t.oid)
  AND d.deptype = 'n' ORDER BY 1, 2, 3, 4"""
