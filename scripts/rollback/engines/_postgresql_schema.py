"""The schema of a PostgreSQL database in lines that compare, whatever order it was made in."""

from __future__ import annotations

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _name(of: str, visible: str) -> str:
    """Return a name, with its schema where the search path does not lead there."""
    return f"CASE WHEN {visible} THEN {of} ELSE n.nspname || '.' || {of} END"


def _own(catalogue: str, oid: str) -> str:
    """Return a condition: no extension has made it."""
    return f"""NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '{catalogue}'::regclass
    AND x.objid = {oid} AND x.deptype = 'e')"""


_RELATIONS = f"""
SELECT c.*, {_name("c.relname", "pg_table_is_visible(c.oid)")} AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_own("pg_class", "c.oid")}"""
_TABLES = """
SELECT 'table' AS kind, r.name, concat_ws(' ', CASE r.relkind WHEN 'r' THEN ''
  WHEN 'f' THEN 'foreign' ELSE 'partitioned ' || pg_get_partkeydef(r.oid) END,
  CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
  CASE WHEN r.relrowsecurity THEN 'row level security' END,
  pg_get_expr(r.relpartbound, r.oid)) AS definition
FROM relations r WHERE r.relkind IN ('r', 'p', 'f')"""
_COLUMNS = """
SELECT 'column', r.name || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
  || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE '
    || (SELECT collname FROM pg_collation l WHERE l.oid = a.attcollation) ELSE '' END
  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
  || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
  || CASE a.attgenerated WHEN '' THEN coalesce(' DEFAULT ' || pg_get_expr(e.adbin, e.adrelid), '')
    ELSE ' GENERATED ' || pg_get_expr(e.adbin, e.adrelid) END
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef e ON e.adrelid = r.oid AND e.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped"""
_CONSTRAINTS = """
SELECT 'constraint', r.name || '.' || k.conname, pg_get_constraintdef(k.oid, true)
FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype <> 'n'"""
_INDEXES = """
SELECT 'index', r.name, pg_get_indexdef(r.oid, 0, true)
  || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM relations r JOIN pg_index i ON i.indexrelid = r.oid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = r.oid)"""
_SEQUENCES = """
SELECT 'sequence', r.name, concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
  s.seqmin, s.seqmax, CASE WHEN s.seqcycle THEN 'cycle' END)
FROM relations r JOIN pg_sequence s ON s.seqrelid = r.oid"""
_VIEWS = """
SELECT CASE r.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, r.name,
  pg_get_viewdef(r.oid, true)
FROM relations r WHERE r.relkind IN ('v', 'm')"""
_TRIGGERS = """
SELECT 'trigger', r.name || '.' || g.tgname, pg_get_triggerdef(g.oid, true)
FROM relations r JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal"""
_POLICIES = """
SELECT 'policy', r.name || '.' || p.polname, concat_ws(' ', p.polcmd::text,
  pg_get_expr(p.polqual, r.oid), pg_get_expr(p.polwithcheck, r.oid))
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid"""
_TYPES = f"""
SELECT CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END,
  {_name("t.typname", "pg_type_is_visible(t.oid)")},
  coalesce((SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e
    WHERE e.enumtypid = t.oid), concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
    (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k
    WHERE k.contypid = t.oid)))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_OURS} AND t.typtype IN ('e', 'd') AND {_own("pg_type", "t.oid")}"""
_FUNCTIONS = f"""
SELECT 'function', {_name("p.proname", "pg_function_is_visible(p.oid)")}
  || '(' || pg_get_function_identity_arguments(p.oid) || ')',
  concat_ws(' ', pg_get_function_result(p.oid), l.lanname, p.prosrc)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE {_OURS} AND {_own("pg_proc", "p.oid")}"""
_EXTENSIONS = "SELECT 'extension', extname, '' FROM pg_extension"
_EVERY = " UNION ALL ".join(
    [
        *(_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES, _SEQUENCES, _VIEWS),
        *(_TRIGGERS, _POLICIES, _TYPES, _FUNCTIONS, _EXTENSIONS),
    ]
)
CATALOGUE = f"""
WITH relations AS ({_RELATIONS})
SELECT kind, name::text AS name, definition FROM ({_EVERY}) every_object(kind, name, definition)"""
