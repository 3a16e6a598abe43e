"""A query for what a database has other than expected, in SQL that several engines read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rollback.database_contracts import Row

MESSAGE = "the schema would not be the expected one"
NAMES = "SELECT e.name FROM expected e"  # for a catalogue that reads no more than it has to


def query(catalogue: str, expected: Sequence[Row], literal: Callable[[str], str]) -> str:
    """Return a query for one line per object that differs.

    `expected` are rows of the catalogue; without a definition the object must not be there.
    """
    rows = ",\n".join(
        f"({literal(row['kind'])}, {literal(row['name'])}, {_definition(row, literal)})"
        for row in expected
    )
    return f"""WITH expected(kind, name, definition) AS (VALUES
{rows}), live AS ({catalogue})
SELECT e.kind || ' ' || e.name || CASE WHEN e.definition IS NULL THEN ' is still there'
  WHEN l.name IS NULL THEN ' is missing'
  ELSE ' is ' || substr(l.definition, 1, 200) || ', expected ' || substr(e.definition, 1, 200)
  END AS line
FROM expected e LEFT JOIN live l ON l.kind = e.kind AND l.name = e.name
WHERE coalesce(l.name || ' ' || l.definition, '') <> coalesce(e.name || ' ' || e.definition, '')"""


def _definition(row: Row, literal: Callable[[str], str]) -> str:
    text = row["definition"]
    return "NULL" if text is None else literal(text)
