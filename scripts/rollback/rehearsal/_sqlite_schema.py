"""The schema of a SQLite database in lines that compare, whatever order it was made in."""

from __future__ import annotations


def _bare(text: str) -> str:
    """Return an expression for a text without blanks: statements are kept as they were written."""
    for blank in ("' '", "char(9)", "char(10)", "char(13)"):
        text = f"replace({text}, {blank}, '')"
    return text


_OF_TABLES = "t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
# checks are counted: no part of the catalogue has them but the text of the table
_CHECKS = f"""
SELECT 'table' AS kind, t.name AS name, ((length({_bare("t.sql")})
  - length(replace(upper({_bare("t.sql")}), 'CHECK(', ''))) / 6) || ' checks'
  || CASE WHEN upper(t.sql) LIKE '%AUTOINCREMENT%' THEN ', autoincrement' ELSE '' END AS definition
FROM sqlite_master t WHERE {_OF_TABLES}"""
_COLUMNS = f"""
SELECT 'column', t.name || '.' || c.name, lower(c.type)
  || CASE WHEN c."notnull" THEN ' NOT NULL' ELSE '' END
  || coalesce(' DEFAULT ' || c.dflt_value, '')
  || CASE WHEN c.pk THEN ' PRIMARY KEY ' || c.pk ELSE '' END
  || CASE WHEN c.hidden THEN ' GENERATED' ELSE '' END
FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE {_OF_TABLES} AND c.hidden <> 1"""
_REFERENCES = f"""
SELECT 'foreign key', t || ' (' || group_concat("from", ', ') || ')', 'REFERENCES ' || "table"
  || coalesce(' (' || group_concat("to", ', ') || ')', '')
  || ' ON UPDATE ' || on_update || ' ON DELETE ' || on_delete
FROM (SELECT t.name AS t, k.* FROM sqlite_master t, pragma_foreign_key_list(t.name) k
  WHERE {_OF_TABLES} ORDER BY t.name, k.id, k.seq) GROUP BY t, id"""
_INDEXED = """(SELECT group_concat(coalesce(x.name, 'expression')
    || CASE WHEN x.desc THEN ' DESC' ELSE '' END
    || CASE x.coll WHEN 'BINARY' THEN '' ELSE ' COLLATE ' || x.coll END, ', ')
  FROM pragma_index_xinfo(l.name) x WHERE x.key)"""
_INDEXES = f"""
SELECT 'index', CASE l.origin WHEN 'c' THEN l.name ELSE t.name || ' (' || {_INDEXED} || ')' END,
  CASE WHEN l."unique" THEN 'unique ' ELSE '' END || t.name || ' (' || {_INDEXED} || ')'
  || CASE WHEN l.partial THEN ' WHERE' ELSE '' END
  || CASE WHEN i.sql LIKE '%(%(%' OR l.partial
    THEN substr({_bare("i.sql")}, instr(upper({_bare("i.sql")}), '(')) ELSE '' END
FROM sqlite_master t, pragma_index_list(t.name) l
LEFT JOIN sqlite_master i ON i.type = 'index' AND i.name = l.name WHERE {_OF_TABLES}"""
_OTHERS = f"""
SELECT type, name, {_bare("sql")} FROM sqlite_master WHERE type IN ('view', 'trigger')"""
CATALOGUE = " UNION ALL ".join([_CHECKS, _COLUMNS, _REFERENCES, _INDEXES, _OTHERS])
