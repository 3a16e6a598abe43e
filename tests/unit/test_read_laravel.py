"""Laravel's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, judgement, laravel

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("laravel.php")


def operations(text: str) -> tuple[to.Operation, ...]:
    (script,) = migrations["laravel"].read({"database/migrations/1_a.php": text})
    return script.operations


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_has_its_verdict(row):
    judged = judgement("laravel", laravel(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


@pytest.mark.parametrize(
    "text",
    [
        "<?php class A extends Migration { public function up() { Schema::drop('a'); } }",
        "<?php\nreturn new class extends Migration {\n function up(): void { \\Schema::drop('a'); } };",
        '<?php class A { // function up() { x }\n public function up() { Schema::drop("a"); }\n'
        " public function down() { Schema::create('a', function ($t) {}); } }",
        "<?php class A { /** the way up() { */ public function up() { # so\n Schema::drop('a'); return; } }",
        "<?php class A { public function up() { Illuminate\\Support\\Facades\\Schema::drop('a'); } }",
    ],
)
def test_up_is_read_in_every_class(text):
    assert operations(text) == (to.DropTable("a"),)


@pytest.mark.parametrize(
    "text, name",
    [
        (r"'it\'s'", "it's"),
        (r'"a\$b"', "a$b"),
        ("'a;}b'", "a;}b"),
        ('"a // b"', "a // b"),
        ("'a -- { ( ['", "a -- { ( ["),
    ],
)
def test_text_is_text(text, name):
    assert operations(f"<?php class A {{ function up() {{ Schema::drop({text}); }} }}") == (
        to.DropTable(name),
    )


def test_the_order_is_that_of_the_names():
    files = {
        f"database/migrations/{name}.php": "<?php class A { function up() {} }"
        for name in ("2026_01_02_000000_b", "2026_01_01_000000_a", "2025_12_31_235959_c")
    }
    ids = [script.id for script in migrations["laravel"].read({**files, "README.md": ""})]
    assert ids == ["2025_12_31_235959_c", "2026_01_01_000000_a", "2026_01_02_000000_b"]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("dropSoftDeletes('removed_at')", "removed_at"),
        ("dropSoftDeletesTz('removed_at')", "removed_at"),
        ("dropSoftDeletes()", "deleted_at"),
        ("dropRememberToken()", "remember_token"),
        ("dropConstrainedForeignId('b_id')", "b_id"),
        ("softDeletes('removed_at', 3)", "removed_at"),
        ("softDeletesDatetime()", "deleted_at"),
        ("rememberToken()", "remember_token"),
        ("uuid()", "uuid"),
        ("ulid('key')", "key"),
        ("ipAddress()", "ip_address"),
        ("macAddress()", "mac_address"),
        ("foreignUlid('b_id')", "b_id"),
        ("id('key')", "key"),
    ],
)
def test_columns_have_the_names_that_are_given_or_those_of_laravel(call, name):
    text = f"Schema::table('a', function ($t) {{ $t->{call}; }});"
    *_, operation = operations(f"<?php class A {{ function up() {{ {text} }} }}")
    column = getattr(operation, "column", "")
    assert getattr(column, "name", column) == name


@pytest.mark.parametrize(
    ("made", "dropped"),
    [
        ("fullText('b')", "dropFullText(['b'])"),
        ("spatialIndex('b')", "dropSpatialIndex(['b'])"),
        ("index('b')", "dropIndex(['b'])"),
        ("string('b')->index('own')", "dropIndex('own')"),
    ],
)
def test_an_index_is_dropped_by_the_name_under_which_it_is_made(made, dropped):
    text = f"Schema::table('a', function ($t) {{ $t->{made}; $t->{dropped}; }});"
    *_, create, drop = operations(f"<?php class A {{ function up() {{ {text} }} }}")
    assert isinstance(create, to.CreateIndex) and isinstance(drop, to.DropIndex)
    assert create.name == drop.name


@pytest.mark.parametrize(
    "body, code",
    [
        ("Schema::drop($name);", "$name"),
        ('Schema::drop("{$name}s");', "$name"),
        ("Schema::table('a', $columns);", "$columns"),
        ("Schema::table('a', function ($t) { $t->invented('b'); });", "invented"),
        ("Schema::table('a', function ($t) { $t->string('b')->invented(); });", "invented"),
        ("Schema::table('a', function ($t) { $t->dropColumn($names); });", "$names"),
        ("Schema::table('a', function ($t) { $other->dropColumn('b'); });", "$other"),
        ("Schema::table('a', function ($t) { $t->foreignIdFor(User::class); });", "User"),
        (
            "Schema::table('a', function ($t) { foreach ($x as $y) { $t->string($y); } });",
            "foreach",
        ),
        ("Schema::connection('other')->drop('a');", "connection"),
        ("DB::statement(file_get_contents('x.sql'));", "file_get_contents"),
        ("DB::statement('DROP TABLE ' . $name);", "$name"),
        ("User::query()->update(['a' => 1]);", "User"),
        ("$this->move();", "$this"),
        ("if (true) { Schema::drop('a'); }", "if"),
        ("Artisan::call('db:seed');", "Artisan"),
        ("$x = 1;", "$x"),
    ],
)
def test_what_only_running_tells_is_unknown_and_named(body, code):
    (operation,) = operations(f"<?php class A {{\n function up() {{\n {body} }} }}")
    assert isinstance(operation, to.Opaque)
    assert operation.what.startswith("line 3: ") and code in operation.what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<?php",
        "<?php class A { function down() {} }",
        "function up(",
        "function up() {",
        "function up() { Schema::drop('a",
    ],
)
def test_a_file_without_a_whole_up_is_no_error(text):
    assert all(isinstance(it, to.Opaque) for it in operations(text))


def test_hostile_files_take_no_time():
    parts = ("(" * 50000, "'" * 50001, "/*" * 50000, "<<<A\n" * 20000, "a->" * 50000)
    deep = f"Schema::drop({'[' * 5000}{']' * 5000});"
    for text in (*parts, deep):
        operations(f"<?php class A {{ function up() {{ {text}")
