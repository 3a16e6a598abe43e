"""What shows that a tool's own command changed the schema, though its table does not say so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rollback.engines import postgresql
from rollback.migrations import migrations
from rollback.reversal import applied, effects
from rollback.reversal.sql import Statements
from rollback.verdicts import dialect

ADD, DROP = "ALTER TABLE a ADD b int;", "ALTER TABLE a DROP b;"
TABLE, NO_TABLE = "CREATE TABLE t (b int);", "DROP TABLE t;"
FUNCTIONS = Path(__file__).parents[2] / "templates/functions/_native.sh"


@pytest.mark.parametrize(
    ("sql", "tells"),
    [
        (ADD, True),
        (DROP, True),
        (DROP + ADD, False),
        (ADD + DROP, False),
        (DROP + ADD + "ALTER TABLE a DROP c;", True),
        (NO_TABLE, True),
        (NO_TABLE + TABLE, False),
        (NO_TABLE + TABLE + "ALTER TABLE t ADD c int;", False),
        ("ALTER TABLE a RENAME b TO c;", True),
        ("ALTER TABLE a RENAME TO b; CREATE TABLE a (i int);", True),
        ("UPDATE a SET b = 1;", False),
        ("ALTER TABLE a ALTER b TYPE text;", False),
    ],
)
def test_only_a_name_that_comes_or_goes_shows_that_sql_ran(sql, tells):
    assert effects.tells(dialect.read(sql, "postgresql")) is tells


SCRIPT = """set -euo pipefail
trim() { TRIMMED=$1; }
state=applied
read_it() { case $2 in counts) ;; *) printf '%s, a.b present\\n' "$state" ;; esac; }
down() { echo ran; }
. "$1"
migrate read_it connection counts proof "$2" 'absent, a.b present' down
"""


@pytest.mark.programs
@pytest.mark.parametrize(("mark", "runs"), [("DELETE FROM migrations;", False), ("", True)])
def test_a_column_that_is_dropped_and_made_again_does_not_stop_the_tool(mark, runs):
    words = ["bash", "-c", SCRIPT, "bash", str(FUNCTIONS), mark]
    done = subprocess.run(words, capture_output=True, text=True)
    assert ("ran" in done.stdout, "killed start" in done.stderr) == (runs, not runs)
    assert ("run this again: DELETE FROM migrations;" in done.stderr) is not runs


def test_a_row_that_only_lags_behind_is_corrected_in_the_words_of_its_tool():
    laravel = migrations["laravel"].TABLE
    assert laravel
    rows = Statements(postgresql, applied.place(postgresql, laravel, None, "done"))
    assert rows.by_hand("1_a", {"id": 3, "migration": "1_a", "batch": 2}) == (
        """DELETE FROM "done" WHERE "migration" = '1_a';""",
        """INSERT INTO "done" ("id", "migration", "batch") VALUES ('3', '1_a', '2');""",
    )
