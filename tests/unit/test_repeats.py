"""Statements that a restore would run a second time on rows that stayed as they left them."""

from __future__ import annotations

import pytest

from rollback.verdicts.postgresql.repeats import statements


@pytest.mark.parametrize(
    ("sql", "repeats"),
    [
        ("UPDATE a SET b = 1", True),
        ("UPDATE a SET b = c || 'x'", True),
        ("UPDATE a SET b = coalesce(b, 'x')", True),
        ("UPDATE a SET b = coalesce(b || 'x', 'y')", False),
        ("UPDATE a SET b = lower(b)", True),
        ("UPDATE a SET b = lower(b) || 'x'", False),
        ("UPDATE a SET b = b || '!'", False),
        ("UPDATE a SET b = a.b + 1", False),
        ("UPDATE a SET b = c, c = b", False),
        ("UPDATE a SET b = (SELECT max(b) + 1 FROM a)", False),
        ("INSERT INTO a VALUES (1)", False),
        ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", True),
        ("INSERT INTO a AS t (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET b = excluded.b", True),
        ("INSERT INTO a AS t (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET c = t.c + 1", False),
        ("DELETE FROM a WHERE b = 1", True),
        ("DELETE FROM a", False),
        ("TRUNCATE a", False),
        ("ALTER TABLE a ADD b int", True),
    ],
)
def test_a_statement_that_reads_what_it_wrote_does_more_a_second_time(sql, repeats):
    (statement,) = statements(f"-- é\n{sql};\n")
    assert (statement.text, statement.repeats) == (sql, repeats)
