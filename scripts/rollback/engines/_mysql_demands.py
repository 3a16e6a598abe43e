"""What MySQL and MariaDB demand of rows: how it is read, dropped and made again.

A definition is NULL where this cannot tell all of it: it would not be made again as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.database_contracts import Row
from rollback.engines._mysql_client import SQL_MODE
from rollback.engines._mysql_script import literal

# GROUP_CONCAT cuts at 1,024 bytes where the server has not been told otherwise
_LONGEST = 1000
# MODIFY repeats the whole column: only plain ones, whose own CHECK it would not take away. Some
# servers give a timestamp that is NOT NULL a default; the system of a geometry is not told by all
_COLUMNS = """
SELECT c.table_name AS `table`, CASE
    WHEN EXISTS (SELECT 1 FROM information_schema.statistics s
      WHERE s.table_schema = c.table_schema AND s.table_name = c.table_name
      AND s.column_name = c.column_name AND s.index_name = 'PRIMARY') THEN 'primary key'
    WHEN c.is_nullable = 'NO' THEN 'not null' ELSE 'nullable' END AS kind, c.column_name AS name,
  c.column_name AS columns, IF(
    c.column_default IS NULL AND c.extra = '' AND coalesce(c.generation_expression, '') = ''
    AND c.data_type NOT REGEXP 'timestamp|geom|point|linestring|polygon'
    AND LOCATE('/*', c.column_type) = 0
    AND NOT EXISTS (SELECT 1 FROM information_schema.table_constraints k
      WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name
      AND k.constraint_name = CONVERT(c.column_name USING utf8mb4) COLLATE utf8mb4_general_ci
      AND k.constraint_type = 'CHECK'),
    CONCAT(c.column_type,
      coalesce(CONCAT(' CHARACTER SET ', c.character_set_name, ' COLLATE ', c.collation_name), ''),
      IF(c.column_comment = '', '', CONCAT(' COMMENT ', QUOTE(c.column_comment)))),
    NULL) AS definition
FROM information_schema.columns c
WHERE c.table_schema = DATABASE() AND c.table_name IN ({tables})
"""
# an index that a foreign key needs cannot go: the server refuses to drop it
_INDEXES = """
SELECT s.table_name AS `table`, 'unique' AS kind, s.index_name AS name,
  IF(COUNT(s.column_name) = COUNT(*),
    GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR ','), '') AS columns, IF(
    MAX(s.index_type) = 'BTREE' AND COUNT(s.column_name) = COUNT(*) AND MAX(s.index_comment) = ''
    /*M!100600 AND MAX(s.ignored) = 'NO' */ /*!80000 AND MIN(s.is_visible) = 'YES' */
    AND SUM(LENGTH(s.column_name) + 20) < {longest}
    AND NOT EXISTS (SELECT 1 FROM information_schema.key_column_usage k
      JOIN information_schema.statistics f ON f.table_schema = DATABASE()
      AND f.table_name = s.table_name AND f.index_name = s.index_name AND f.seq_in_index = 1
      WHERE k.referenced_table_name IS NOT NULL AND (
        k.table_schema = DATABASE() AND k.table_name = s.table_name
        AND k.column_name = f.column_name
        OR k.referenced_table_schema = DATABASE() AND k.referenced_table_name = s.table_name
        AND k.referenced_column_name = f.column_name)),
    CONCAT('UNIQUE INDEX `', s.index_name, '` (', GROUP_CONCAT(
      CONCAT('`', REPLACE(s.column_name, '`', '``'), '`',
        coalesce(CONCAT('(', s.sub_part, ')'), ''), IF(s.collation = 'D', ' DESC', ''))
      ORDER BY s.seq_in_index SEPARATOR ', '), ')'),
    NULL) AS definition
FROM information_schema.statistics s
WHERE s.table_schema = DATABASE() AND s.table_name IN ({tables})
  AND s.non_unique = 0 AND s.index_name <> 'PRIMARY'
GROUP BY s.table_name, s.index_name
"""
_FOREIGN_KEYS = """
SELECT k.table_name AS `table`, 'foreign key' AS kind, k.constraint_name AS name,
  GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ',') AS columns, IF(
    MAX(k.referenced_table_schema) = DATABASE()
    AND SUM(LENGTH(k.column_name) + LENGTH(k.referenced_column_name) + 20) < {longest},
    CONCAT('CONSTRAINT `', k.constraint_name, '` FOREIGN KEY (',
      GROUP_CONCAT(CONCAT('`', REPLACE(k.column_name, '`', '``'), '`')
        ORDER BY k.ordinal_position SEPARATOR ', '),
      ') REFERENCES `', REPLACE(MAX(k.referenced_table_name), '`', '``'), '` (',
      GROUP_CONCAT(CONCAT('`', REPLACE(k.referenced_column_name, '`', '``'), '`')
        ORDER BY k.ordinal_position SEPARATOR ', '),
      ') ON DELETE ', MAX(r.delete_rule), ' ON UPDATE ', MAX(r.update_rule)),
    NULL) AS definition
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name
  AND r.constraint_name = k.constraint_name
WHERE k.table_schema = DATABASE() AND k.table_name IN ({tables})
  AND k.referenced_table_name IS NOT NULL
GROUP BY k.table_name, k.constraint_name
"""
# MySQL tells the text of a check with backslashes that its own parser does not read
_CHECKS = """
SELECT k.table_name AS `table`, 'check' AS kind, k.constraint_name AS name, '' AS columns,
  coalesce(/*M! (
    SELECT CONCAT('CONSTRAINT `', c.constraint_name, '` CHECK (', c.check_clause, ')')
    FROM information_schema.check_constraints c
    WHERE c.constraint_schema = k.table_schema AND c.table_name = k.table_name
    AND c.constraint_name = k.constraint_name AND c.level = 'Table'), */ NULL) AS definition
FROM information_schema.table_constraints k
WHERE k.table_schema = DATABASE() AND k.table_name IN ({tables}) AND k.constraint_type = 'CHECK'
"""
_NAMES = ("`table`", "kind", "name", "columns", "definition")
_ONE = "COLLATE utf8mb4_bin"  # views of information_schema have several: UNION would refuse them
_DROPPED = {"check": "CONSTRAINT", "foreign key": "FOREIGN KEY", "unique": "INDEX"}
# a definition reads as under the mode in which it was read; a restore invents no value, and no row
# that breaks a demand passes because the server does not look
_SESSION = (
    f"SET SESSION sql_mode = '{SQL_MODE},STRICT_ALL_TABLES', "
    "/*M! SESSION check_constraint_checks = 1, */ SESSION foreign_key_checks = 1;\n"
)
_SEEN = {"check": "constraint_name", "foreign key": "constraint_name", "unique": "index_name"}


def query(tables: Sequence[str]) -> str:
    """Return a query for what these tables demand."""
    listed = ", ".join(map(literal, tables))
    parts = (_COLUMNS, _INDEXES, _FOREIGN_KEYS, _CHECKS)
    every = ", ".join(f"CONVERT({name} USING utf8mb4) {_ONE} AS {name}" for name in _NAMES)
    texts = [part.format(tables=listed, longest=_LONGEST) for part in parts]
    return "\nUNION ALL ".join(f"SELECT {every} FROM ({text}) p" for text in texts) + (
        "\nORDER BY 1, 2, 3"
    )


def statements(row: Row) -> tuple[str, str, str]:
    """Return how the demand is dropped, how it is made again, and an expression: is it there?"""
    name, kind, definition = str(row["name"]), str(row["kind"]), str(row["definition"])
    alter = f"{_SESSION}ALTER TABLE {_quoted(row['table'])}"
    if kind == "not null":
        modify = f"{alter} MODIFY COLUMN {_quoted(name)} {definition}"
        there = _seen("columns", row, f"column_name = {literal(name)} AND is_nullable = 'NO'")
        return f"{modify} NULL", f"{modify} NOT NULL", there
    view = "statistics" if kind == "unique" else "table_constraints"
    there = _seen(view, row, f"{_SEEN[kind]} = {literal(name)}")
    return f"{alter} DROP {_DROPPED[kind]} {_quoted(name)}", f"{alter} ADD {definition}", there


def _seen(view: str, row: Row, condition: str) -> str:
    of = f"table_schema = DATABASE() AND table_name = {literal(str(row['table']))}"
    return f"EXISTS (SELECT 1 FROM information_schema.{view} WHERE {of} AND {condition})"


def _quoted(name: object) -> str:
    return f"`{str(name).replace('`', '``')}`"
