"""Options of --with-db where no database changes: the plan says so."""

from __future__ import annotations

import shutil

import pytest
from database_site import CHANNEL, LEGACY, releases

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


def nothing(plan) -> list[str]:
    return [row["message"] for row in plan["findings"] if row["code"] == "nothing-to-reverse"]


def test_a_release_without_migrations_is_said_to_change_no_database(site):
    releases(site)
    plan = site.plan("--with-db")
    assert nothing(plan) == [
        "--with-db changes no database: no applied migration came with this release"
    ]
    assert [step["part"] for step in plan["steps"]] == ["app"] * len(plan["steps"])
    assert nothing(site.plan()) == []
    assert site.execute(plan)["outcome"] == "done"


def test_a_migration_that_is_not_applied_is_said_to_change_no_database(site):
    releases(site, _2_channel=CHANNEL)
    site.sql("DELETE FROM schema_migrations WHERE version = '2'; SELECT 1")
    (message,) = nothing(site.plan("--with-db"))
    assert "no applied migration" in message


def test_a_project_without_migrations_is_said_to_change_no_database(site):
    releases(site)
    shutil.rmtree(site.project / "db")
    site.git("commit", "-qam", "no database")
    (message,) = nothing(site.plan("--with-db", "--clear-cache"))
    assert "no files of a migration tool" in message


def test_a_reversal_says_nothing_of_the_kind(site):
    releases(site, _2_legacy=LEGACY)
    assert nothing(site.plan("--with-db")) == []


@pytest.mark.parametrize("option", ["--accept-loss", "--drill-backup"])
def test_an_option_of_a_reversal_needs_one(site, option):
    releases(site, _2_channel=CHANNEL)
    plan = site.plan(option, check=6)
    assert site.codes(plan) == ["option-unsupported"]
    (finding,) = [row for row in plan["findings"] if row["level"] == "blocker"]
    assert option in finding["message"] and "--with-db" in finding["fix"]
    assert site.codes(site.plan(option, "--with-db")) == []
