"""Rows of a tool's table that are in neither release: which keep a rollback away."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.engines import sqlite
from rollback.flow import database_findings
from rollback.flow.databases import Answer, Asked
from rollback.flow.trees import Trees
from rollback.migrations import migrations
from rollback.model import Address, Instance
from rollback.reversal import applied
from rollback.reversal.applied import Applied

FILES = Trees(old={"1_a": "1_a.php", "3_b": "3_b.php"}, new={"1_a": "1_a.php", "5_c": "5_c.php"})


def found(tool: str, *ids: str, files: Trees = FILES) -> list[tuple[str, str]]:
    table = migrations[tool].TABLE
    assert table
    at = applied.place(sqlite, table, None, None)
    address = Address("sqlite", "SHOP_URL", "shop", "shop.db")
    rows = Applied({id: {"migration": id} for id in ids})
    answer = Answer("sqlite", sqlite, address, Instance("shop", "3", 0), at, rows)
    asked = Asked(Path(), reverse=True)
    findings = database_findings.odd(answer, files, set(ids), asked)
    return [(finding.level, finding.message.rpartition(": ")[2]) for finding in findings]


@pytest.mark.parametrize("tool", ["laravel", "django"])
def test_rows_of_packages_and_of_pruned_files_are_told_and_keep_nothing_away(tool):
    assert found(tool, "vendor", "1_a", "9_pruned", "3_b", "5_c") == [("note", "9_pruned, vendor")]


def test_what_was_applied_after_the_older_release_may_be_anything():
    ids = ("vendor", "3_b", "2_other", "1_a", "0_newer", "5_c", "0_newest")
    assert found("laravel", *ids) == [("note", "2_other, vendor"), ("blocker", "0_newer, 0_newest")]


def test_where_the_older_release_has_no_migration_every_row_may_be_anything():
    files = Trees(old={}, new={"5_c": "5_c.php"})
    assert found("laravel", "vendor", "5_c", files=files) == [("blocker", "vendor")]


def test_a_tool_that_keeps_files_of_all_its_rows_has_no_such_rows():
    assert found("knex", "vendor", "1_a", "3_b") == [("blocker", "vendor")]
