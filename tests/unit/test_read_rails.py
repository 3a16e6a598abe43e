"""ActiveRecord's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, judgement, rails

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("rails.rb")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_has_its_verdict(row):
    judged = judgement("rails", rails(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


def migration(body: str, method: str = "change", more: str = "") -> str:
    return f"class A < ActiveRecord::Migration[7.0]\n  {more}\n  def {method}\n    {body}\n  end\nend\n"


def read(text: str, path: str = "db/migrate/20260101_a.rb"):
    (script,) = migrations["rails"].read({path: text})
    return script


def test_the_version_is_the_number_of_the_file_and_the_order():
    files = {f"db/migrate/{number}_a.rb": migration("") for number in ("20260101", "9", "10")}
    files |= {"db/migrate/.keep": "", "db/migrate/notes.rb": ""}
    assert [script.id for script in migrations["rails"].read(files)] == ["9", "10", "20260101"]


@pytest.mark.parametrize(
    "body, code",
    [
        ("add_column :a, NAME, :string", "NAME"),
        ("add_column :a, :b, :string, **options", "**options"),
        ("add_column :a", "add_column :a"),
        ("add_index :a", "add_index :a"),
        ("execute File.read('x.sql')", "File.read('x.sql')"),
        ('execute "DROP TABLE #{name}"', "#{name}"),
        ("invented :a", "invented :a"),
        ("remove_column(:a, :b) unless gone?", "unless gone?"),
        ("revert OldMigration", "revert OldMigration"),
        ("create_table(:a) { |t| t.string :b; backfill }", "backfill"),
        ("User.all.each(&:save!)", "save!"),
    ],
)
def test_what_only_running_would_tell_is_unknown_and_names_its_line(body, code):
    judged = judgement("rails", {"db/migrate/1_a.rb": migration(body)})
    assert judged.verdict == "unknown"
    assert "line 4: " in judged.why
    assert code in judged.why


@pytest.mark.parametrize("text", ["", "class A; end", "class A\n  def change\n", "\0", "(" * 9000])
def test_a_file_without_a_method_that_goes_forward_is_unknown(text):
    assert judgement("rails", {"db/migrate/1_a.rb": text}).verdict == "unknown"


def test_only_the_way_forward_is_read():
    text = migration("drop_table :a", "down") + migration("add_column :a, :b, :text", "self.up")
    assert read(text).operations == (to.AddColumn("a", to.Column("b", "text")),)


def test_constants_of_the_class_are_their_values():
    assert read(migration("drop_table OLD", more="OLD = :orders")).operations == (
        to.DropTable("orders"),
    )
