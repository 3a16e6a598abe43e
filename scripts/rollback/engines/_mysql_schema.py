"""The schema of a MySQL or MariaDB database in lines that compare."""

from __future__ import annotations

_HERE = "table_schema = DATABASE()"
_TABLES = f"""
SELECT IF(table_type = 'VIEW', 'view', 'table') AS kind, table_name AS name,
  CONCAT_WS(' ', engine, table_collation, (SELECT v.view_definition FROM information_schema.views v
    WHERE v.table_schema = t.table_schema AND v.table_name = t.table_name)) AS definition
FROM information_schema.tables t WHERE {_HERE}"""
_COLUMNS = f"""
SELECT 'column', CONCAT(table_name, '.', column_name), CONCAT_WS(' ', column_type, collation_name,
  IF(is_nullable = 'NO', 'NOT NULL', NULL), CONCAT('DEFAULT ', column_default), NULLIF(extra, ''),
  NULLIF(generation_expression, ''))
FROM information_schema.columns WHERE {_HERE}"""
_INDEXES = f"""
SELECT 'index', CONCAT(table_name, '.', index_name), CONCAT(IF(non_unique, '', 'unique '),
  index_type, ' (', GROUP_CONCAT(CONCAT_WS(' ', column_name, sub_part)
  ORDER BY seq_in_index SEPARATOR ', '), ')')
FROM information_schema.statistics WHERE {_HERE}
GROUP BY table_name, index_name, non_unique, index_type"""
_REFERENCES = """
SELECT 'foreign key', CONCAT(k.table_name, '.', k.constraint_name), CONCAT('(',
  GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') REFERENCES ',
  k.referenced_table_name, ' (',
  GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '),
  ') ON UPDATE ', r.update_rule, ' ON DELETE ', r.delete_rule)
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
  AND r.table_name = k.table_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL
GROUP BY k.table_name, k.constraint_name, k.referenced_table_name, r.update_rule, r.delete_rule"""
_TRIGGERS = """
SELECT 'trigger', trigger_name, CONCAT_WS(' ', action_timing, event_manipulation, 'ON',
  event_object_table, action_statement)
FROM information_schema.triggers WHERE trigger_schema = DATABASE()"""
_ROUTINES = """
SELECT LOWER(routine_type), routine_name, CONCAT_WS(' ', dtd_identifier, routine_definition)
FROM information_schema.routines WHERE routine_schema = DATABASE()"""
_EVERY = (_TABLES, _COLUMNS, _INDEXES, _REFERENCES, _TRIGGERS, _ROUTINES)
CATALOGUE = " UNION ALL ".join(_EVERY)
