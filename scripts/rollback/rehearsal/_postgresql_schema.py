"""The schema of a PostgreSQL database in lines that compare, whatever order it was made in."""

from __future__ import annotations

# a definition is written as the session's settings say: every reading has these
SETTINGS = """SET LOCAL ROLE NONE;
SET LOCAL search_path = pg_catalog;
SET LOCAL quote_all_identifiers = off;
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = hex;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = postgres;
"""

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _own(catalogue: str, oid: str) -> str:
    """Return a condition: no extension has made it."""
    return f"""NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '{catalogue}'::regclass
    AND x.objid = {oid} AND x.deptype = 'e')"""


_RELATIONS = f"""
SELECT c.*, n.nspname || '.' || c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_own("pg_class", "c.oid")}"""

# kind, name, definition, and what has them: FROM and WHERE
_SCHEMAS = ("'schema'", "n.nspname", "''", f"pg_namespace n WHERE {_OURS}")
_TABLES = (
    "CASE r.relkind WHEN 'c' THEN 'type' ELSE 'table' END",
    "r.name",
    """concat_ws(' ', CASE r.relkind WHEN 'f' THEN 'foreign'
    WHEN 'p' THEN 'partitioned ' || pg_get_partkeydef(r.oid) END,
  CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
  CASE WHEN r.relrowsecurity THEN 'row level security' END,
  CASE WHEN r.relforcerowsecurity THEN 'forced' END,
  (SELECT 'child of ' || string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
    FROM pg_inherits h WHERE h.inhrelid = r.oid),
  pg_get_expr(r.relpartbound, r.oid))""",
    "relations r WHERE r.relkind IN ('r', 'p', 'f', 'c')",
)
_COLUMNS = (
    "'column'",
    "r.name || '.' || a.attname",
    """format_type(a.atttypid, a.atttypmod)
  || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE '
    || (SELECT collname FROM pg_collation l WHERE l.oid = a.attcollation) ELSE '' END
  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
  || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
  || CASE a.attgenerated WHEN '' THEN coalesce(' DEFAULT ' || pg_get_expr(e.adbin, e.adrelid), '')
    ELSE ' GENERATED ' || pg_get_expr(e.adbin, e.adrelid) END""",
    """relations r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef e ON e.adrelid = r.oid AND e.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped""",
)
_CONSTRAINTS = (
    "'constraint'",
    "r.name || '.' || k.conname",
    "pg_get_constraintdef(k.oid, true)",
    "relations r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype <> 'n'",
)
_INDEXES = (
    "'index'",
    "r.name",
    "pg_get_indexdef(r.oid, 0, true) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END",
    """relations r JOIN pg_index i ON i.indexrelid = r.oid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k
  WHERE k.conindid = r.oid AND k.contype IN ('p', 'u', 'x'))""",
)
_SEQUENCES = (
    "'sequence'",
    "r.name",
    """concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
  s.seqmin, s.seqmax, CASE WHEN s.seqcycle THEN 'cycle' END)""",
    "relations r JOIN pg_sequence s ON s.seqrelid = r.oid WHERE true",
)
_VIEWS = (
    "CASE r.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END",
    "r.name",
    "concat_ws(' ', array_to_string(r.reloptions, ', '), pg_get_viewdef(r.oid, true))",
    "relations r WHERE r.relkind IN ('v', 'm')",
)
_RULES = (
    "'rule'",
    "r.name || '.' || w.rulename",
    "pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text",
    "relations r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'",
)
_TRIGGERS = (
    "'trigger'",
    "r.name || '.' || g.tgname",
    "pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'O' THEN '' ELSE g.tgenabled::text END",
    "relations r JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal",
)
_POLICIES = (
    "'policy'",
    "r.name || '.' || p.polname",
    """concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
  p.polcmd, (SELECT 'for ' || string_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END,
    ', ' ORDER BY o) FROM unnest(p.polroles) o),
  pg_get_expr(p.polqual, r.oid), pg_get_expr(p.polwithcheck, r.oid))""",
    "relations r JOIN pg_policy p ON p.polrelid = r.oid WHERE true",
)
_TYPES = (
    "CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END",
    "n.nspname || '.' || t.typname",
    """CASE t.typtype WHEN 'e' THEN (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
    FROM pg_enum e WHERE e.enumtypid = t.oid)
  ELSE concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
    CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || t.typdefault,
    (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k
      WHERE k.contypid = t.oid AND k.contype <> 'n')) END""",
    f"""pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_OURS} AND t.typtype IN ('e', 'd') AND {_own("pg_type", "t.oid")}""",
)
_FUNCTIONS = (
    "CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END",
    "n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'",
    """CASE p.prokind WHEN 'a' THEN format_type(p.prorettype, NULL)
  ELSE pg_get_functiondef(p.oid) END""",
    f"""pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_OURS} AND {_own("pg_proc", "p.oid")}""",
)
_EXTENSIONS = ("'extension'", "x.extname", "''", "pg_extension x WHERE true")
_EVERY = (
    *(_SCHEMAS, _TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES, _SEQUENCES, _VIEWS, _RULES),
    *(_TRIGGERS, _POLICIES, _TYPES, _FUNCTIONS, _EXTENSIONS),
)


def catalogue(names: str = "") -> str:
    """Return a query for {kind, name, definition}; `names` is a query for those that it reads.

    To write a definition down takes a lock of its table: others may hold one of any other table.
    """
    parts = [
        f"SELECT {kind} AS kind, ({name})::text AS name, {definition} AS definition\nFROM {place}"
        + (f" AND ({name})::text IN ({names})" if names else "")
        for kind, name, definition, place in _EVERY
    ]
    return f"WITH relations AS ({_RELATIONS})\n{' UNION ALL '.join(parts)}"
