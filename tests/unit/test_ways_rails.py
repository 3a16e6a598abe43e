"""How Rails reverses a migration, read without running it."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._native import Way
from rollback.verdicts import operations as to


def way(body: str) -> Way:
    text = f"class AddX < ActiveRecord::Migration[6.1]\n  {body}\nend\n"
    native = migrations["rails"].NATIVE
    assert native
    (read,) = native.ways({"db/migrate/007_add_x.rb": text}).values()
    return read


def change(body: str) -> Way:
    return way(f"def change\n    {body}\n  end")


@pytest.mark.parametrize(
    "body",
    [
        "def connection\n    Logs.connection\n  end\n  def change; drop_table(:a) { |t| }; end",
        "def down; LogRecord.connection.execute('DELETE FROM a'); end",
        "def down; ActiveRecord::Base.connected_to(database: :logs) { drop_table :a }; end",
        "def down; Logs::Order.establish_connection(:logs); drop_table :a; end",
    ],
)
def test_another_database_is_a_problem(body):
    assert way(body).problem == "it names a connection of its own"


@pytest.mark.parametrize("call", ["ActiveRecord::Base.connection", "connection"])
def test_the_connection_of_the_application_is_no_problem(call):
    assert way(f"# connected_to\n  def down; {call}.execute('DROP TABLE a'); end").problem == ""


def test_each_command_names_one_version():
    assert change("add_column :a, :b, :text").down == (
        "bin/rails",
        "db:migrate:down",
        "VERSION=7",
    )


@pytest.mark.parametrize(
    ("body", "reverse"),
    [
        ("add_column :a, :b, :text", (to.DropColumn("a", "b"),)),
        ("remove_column :a, :b, :text", (to.AddColumn("a", to.Column("b", "text")),)),
        ("create_table(:a) { |t| t.text :b }", (to.DropTable("a"),)),
        ("rename_column :a, :b, :c", (to.RenameColumn("a", "c", "b"),)),
        ("rename_table :a, :b", (to.RenameTable("b", "a"),)),
        (
            "add_column :a, :b, :text\n    add_column :a, :c, :text",
            (to.DropColumn("a", "c"), to.DropColumn("a", "b")),
        ),
        (
            "reversible { |d| d.up { execute 'A' }\n d.down { execute 'DELETE FROM a' } }",
            (to.Sql("DELETE FROM a", 4),),
        ),
        ("up_only { execute 'UPDATE a SET b = 1' }", (to.Harmless("only going forward"),)),
    ],
)
def test_the_opposite_of_a_change(body, reverse):
    assert (change(body).problem, change(body).operations) == ("", reverse)


@pytest.mark.parametrize(
    "body",
    [
        "execute 'UPDATE a SET b = 1'",
        "change_column :a, :b, :text",
        "remove_column :a, :b",
        "drop_table :a",
        "change_column_default :a, :b, 1",
        "reversible { |d| d.down { raise ActiveRecord::IrreversibleMigration } }",
    ],
)
def test_what_rails_refuses_to_reverse_is_named_with_its_line(body):
    assert change(body).problem.startswith("line 3: ")


def test_a_down_of_its_own_decides():
    up = "def up; drop_table :a; end\n  "
    assert way(f"{up}def down; create_table :a; end").operations == (
        to.CreateTable("a", (to.Column("id", "bigint", not_null=True, filled=True),)),
    )
    assert way(f"{up}def down; end").problem == "its down is empty"
    assert way(up).problem == "it has no down"
    raised = way(f"{up}def down; raise ActiveRecord::IrreversibleMigration; end").problem
    assert "IrreversibleMigration" in raised


def test_what_models_write_in_a_change_is_unknown():
    (written,) = change("Order.update_all(b: 1)").operations
    assert isinstance(written, to.Opaque)
