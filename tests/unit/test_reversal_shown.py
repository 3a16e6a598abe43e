"""What a person reads of databases before a run, and the order of their components."""

from __future__ import annotations

from test_present import plan

from rollback.commands import present
from rollback.flow import reversal
from rollback.flow.databases import Known
from rollback.flow.reversal_draft import Reversed
from rollback.model import FORWARD, REVERSE, Backup, Component, Database, Finding, Lost, Migration
from rollback.script import question

LOST = Lost(3, 0, ("refunds: 3 rows",))
ROWS = (
    Migration("3", "3_b.sql", "expand", "new table", "per-file", LOST),
    Migration("2", "2_a.sql", "contract", "orders.legacy is gone", "per-file"),
)
BACK = Database(
    "app",
    "dbmate",
    "db/migrations",
    "postgresql",
    ROWS,
    "reverse",
    "before-app",
    Backup("PostgreSQL", "backup/database-1.dump"),
    "shop at db.example.com",
)
AGAIN = Finding("note", "restore-migrates", "a restore applies migration 2, 3 again")


def test_the_plan_names_migrations_order_loss_and_backup():
    (line,) = [
        line
        for line in present.plan_lines(plan(databases=(BACK,)))
        if line.startswith("database: ")
    ]
    facts = ("shop at db.example.com", "3, 2", "before the application", "refunds: 3 rows")
    assert all(fact in line for fact in (*facts, "backup/database-1.dump"))


def test_what_goes_back_is_not_said_to_stay():
    assert not [
        line for line in present.plan_lines(plan(databases=(BACK,))) if line.startswith("schema: ")
    ]


def test_the_question_says_what_becomes_of_the_database_in_both_directions():
    planned = plan(databases=(BACK,), findings=(AGAIN,))
    execute, restore = (question.text(way, planned) for way in (FORWARD, REVERSE))
    assert "database: shop at db.example.com: reverses 3, 2" in execute
    assert "not touched" not in execute + restore
    assert "database: a restore applies migration 2, 3 again" in restore


def test_a_plan_without_reversals_keeps_its_components():
    apps = [Component("app", "platforms/x", stage=0)]
    row = Reversed(Known(None, BACK, None))  # type: ignore[arg-type]
    assert reversal.components([row], apps) == apps
