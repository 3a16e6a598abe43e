"""How Django reverses a migration, read without running it."""

from __future__ import annotations

import pytest
from test_read_django import migration

from rollback.migrations import migrations
from rollback.migrations._native import Way
from rollback.verdicts import operations as to

ORDER = "migrations.CreateModel('Order', [('note', models.TextField({}))])"


def ways(*operations: str, more: tuple[str, ...] = (), field: str = "") -> list[Way]:
    """Return the ways of shop's migrations 0001, 0002...; each depends on the one before."""
    names = [f"000{number}_m" for number in range(1, len(operations) + 2)]
    after = ["", *(f"dependencies = [('shop', '{name}')]" for name in names)]
    texts = [ORDER.format(field), *operations]
    files = {
        f"shop/migrations/{name}.py": migration(text, more[at] if more else after[at])
        for at, (name, text) in enumerate(zip(names, texts, strict=True))
    }
    native = migrations["django"].NATIVE
    assert native
    read = native.ways(files)
    return [read[path] for path in files]


def test_each_command_names_the_migration_below():
    first, second = ways("migrations.AddField('order', 'x', models.TextField(null=True))")
    assert first.down[-2:] == ("shop", "zero") and first.up[-2:] == ("shop", "0001_m")
    assert second.down[-2:] == ("shop", "0001_m") and second.up[-2:] == ("shop", "0002_m")


@pytest.mark.parametrize(
    ("operation", "reverse"),
    [
        (
            "migrations.AddField('order', 'x', models.TextField(null=True))",
            to.DropColumn("shop_order", "x", cascade=True),
        ),
        (
            "migrations.AddField('order', 'tags', models.ManyToManyField('Tag'))",
            to.DropTable("shop_order_tags", cascade=True),
        ),
        (
            "migrations.RenameField('order', 'note', 'remark')",
            to.RenameColumn("shop_order", "remark", "note"),
        ),
        ("migrations.RenameModel('Order', 'Sale')", to.RenameTable("shop_sale", "shop_order")),
        ("migrations.DeleteModel('Order')", to.CreateTable("shop_order")),
        ("migrations.RunSQL('UPDATE a SET b = 1', 'DELETE FROM a')", to.Sql("DELETE FROM a", 4)),
        ("HStoreExtension()", to.Drop("extension", "HStoreExtension")),
    ],
)
def test_the_reverse_of_an_operation(operation, reverse):
    assert ways(operation)[1].operations == (reverse,)


@pytest.mark.parametrize(
    ("field", "filled"),
    [("", False), ("blank=True", True), ("default='x'", True), ("db_default='x'", True)],
)
def test_a_removed_field_comes_back_with_a_value_where_django_has_one(field, filled):
    (added,) = ways("migrations.RemoveField('order', 'note')", field=field)[1].operations
    assert isinstance(added, to.AddColumn)
    assert (added.column.not_null, added.column.filled) == (True, filled)


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.RunPython(forward)",
        "migrations.RunSQL('UPDATE a SET b = 1')",
        "migrations.RunPython(forward, None)",
        "migrations.SeparateDatabaseAndState([migrations.RunPython(forward)])",
    ],
)
def test_what_django_refuses_to_reverse_is_named_with_its_line(operation):
    problem = ways(operation)[1].problem
    assert problem.startswith("line 4: Run") and "without reverse_" in problem


def test_a_reverse_that_only_running_would_tell_is_unknown():
    (code,) = ways("migrations.RunPython(forward, back)")[1].operations
    assert code == to.Opaque("line 4: RunPython reversed by back")
    (custom,) = ways("ours.Partition('order')")[1].operations
    assert isinstance(custom, to.Opaque)


def test_a_noop_that_the_author_wrote_is_no_problem():
    way = ways("migrations.RunPython(forward, migrations.RunPython.noop)")[1]
    assert way.problem == "" and [type(it) for it in way.operations] == [to.Harmless]


def test_two_that_follow_the_same_migration_are_not_reversed_alone():
    after = "dependencies = [('shop', '0001_m')]"
    _, left, right = ways("", "", more=("", after, after))
    assert "shop.0003_m" in left.problem and "shop.0002_m" in right.problem
