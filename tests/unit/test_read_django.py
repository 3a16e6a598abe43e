"""Django's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, django, judgement

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("django.py")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_operation_has_its_verdict(row):
    judged = judgement("django", django(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


def migration(operations: str, more: str = "") -> str:
    return (
        "from django.db import migrations, models\n"
        f"class Migration(migrations.Migration):\n    {more}\n    operations = [{operations}]\n"
    )


def scripts(**files: str):
    return migrations["django"].read(
        {f"shop/migrations/{name.lstrip('_')}.py": text for name, text in files.items()}
    )


def test_a_merged_branch_comes_after_what_it_depends_on():
    read = scripts(
        _0002_a=migration("", "dependencies = [('shop', '0003_b')]"),
        _0003_b=migration("", "dependencies = [('shop', '0001_initial'), ('auth', '0002_a')]"),
        _0001_initial=migration(""),
        __init__="",
    )
    assert [script.id for script in read] == ["shop.0001_initial", "shop.0003_b", "shop.0002_a"]


def test_a_squashed_migration_does_nothing_where_its_parts_have_run():
    squashed = migration(
        "migrations.DeleteModel('Tag')",
        "replaces = [('shop', '0001_initial'), ('shop', '0002_a')]",
    )
    parts = {"_0001_initial": migration(""), "_0002_a": migration("")}
    operations = {it.id: it.operations for it in scripts(**parts, _0001_squashed=squashed)}
    assert operations["shop.0001_squashed"] == ()
    (alone,) = scripts(_0001_squashed=squashed)
    assert alone.operations == (to.DropTable("shop_tag"),)


@pytest.mark.parametrize("model", ["{'managed': False}", "{'proxy': True}"])
def test_models_without_a_table_of_their_own_change_nothing(model):
    files = {
        "shop/migrations/0001_initial.py": migration(
            f"migrations.CreateModel('Report', [], options={model})"
        ),
        "shop/migrations/0002_a.py": migration(
            "migrations.AddField('report', 'a', models.TextField()), migrations.DeleteModel('Report')"
        ),
    }
    assert judgement("django", files).verdict == "expand"


def test_tables_and_columns_are_named_as_in_the_database():
    first = migration(
        "migrations.CreateModel('Order', [('buyer', models.ForeignKey('a.B', models.CASCADE)), "
        "('note', models.TextField(db_column='remark'))], options={'db_table': 'orders'})"
    )
    second = migration(
        "migrations.RemoveField('order', 'buyer'), migrations.RemoveField('order', 'note')"
    )
    removed = scripts(_0001_initial=first, _0002_a=second)[1].operations
    assert removed == (to.DropColumn("orders", "buyer_id"), to.DropColumn("orders", "remark"))


@pytest.mark.parametrize(
    "operations",
    ["*MORE", "make()", "migrations.RunSQL(open('x').read())", "migrations.AddField(*MORE)"],
)
def test_what_only_running_would_tell_is_unknown_and_names_its_line(operations):
    judged = judgement("django", {"shop/migrations/0001_a.py": migration(operations)})
    assert (judged.verdict, "line 4: " in judged.why) == ("unknown", True)


def test_a_field_of_another_package_is_known_by_its_null_only():
    field = "ext.PhoneField(max_length={}, null={})"
    first = f"migrations.CreateModel('Order', [('phone', {field.format(9, False)})])"
    verdicts = {}
    for size, null in ((9, True), (9, False), (8, False)):
        second = f"migrations.AlterField('order', 'phone', {field.format(size, null)})"
        files = {"s/m/0001.py": migration(first), "s/m/0002.py": migration(second)}
        verdicts[size, null] = judgement("django", files).verdict
    assert verdicts == {(9, True): "expand", (9, False): "expand", (8, False): "unknown"}


def test_an_application_is_called_by_its_label_and_not_by_its_folder():
    read = scripts(
        _0001_initial=migration("migrations.CreateModel('Tag', [])", "initial = True"),
        _0002_a=migration("", "dependencies = [('store', '0001_initial'), ('auth', '0001_x')]"),
        _0003_b=migration("", "dependencies = [('store', '0002_a')]"),
    )
    assert [script.id for script in read] == ["store.0001_initial", "store.0002_a", "store.0003_b"]
    assert read[0].operations[0].table == "store_tag"


@pytest.mark.parametrize("other", ["[('auth', '0001_initial')]", "[]"])
def test_an_application_without_a_sign_of_a_label_is_called_by_its_folder(other):
    read = scripts(
        _0001_initial=migration("", f"dependencies = {other}"),
        _0002_a=migration(
            "", "dependencies = [('shop', '0001_initial'), ('auth', '0001_initial')]"
        ),
    )
    assert [script.id for script in read] == ["shop.0001_initial", "shop.0002_a"]
