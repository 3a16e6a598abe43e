"""How Laravel reverses a migration, read without running it."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._computed import Computed
from rollback.migrations._native import FOLDER, Way
from rollback.verdicts import operations as to

UP = "public function up() { Schema::table('a', function ($t) { $t->string('b'); }); }"
DROP = "Schema::table('a', function (Blueprint $t) { $t->dropColumn('b'); });"


def way(down: str, up: str = UP, path: str = "database/migrations/2026_11_01_000000_b.php") -> Way:
    native = migrations["laravel"].NATIVE
    assert native and not isinstance(native, Computed)
    text = f"<?php\nreturn new class extends Migration {{\n{up}\n{down}\n}};"
    (read,) = native.ways({path: text}).values()
    return read


def test_one_file_is_shown_to_the_tool_and_no_count_decides():
    read = way(f"public function down(): void {{ {DROP} }}")
    file = f"{FOLDER}/2026_11_01_000000_b.php"
    assert read.down[:4] == ("php", "artisan", "migrate:rollback", "--force")
    assert read.up == ("php", "artisan", "migrate", "--force", "--path", file)
    assert read.down[-2:] == ("--path", file)
    assert read.operations == (to.DropColumn("a", "b"),)
    assert read.names == ("2026_11_01_000000_b.php",) * 2


@pytest.mark.parametrize(
    ("down", "problem"),
    [
        ("", "it has no down"),
        ("public function down() {}", "its down is empty"),
        ("public function down() { // later\n }", "its down is empty"),
        (f"public function down() {{ return; {DROP} }}", "its down is empty"),
        ("public function down() { throw new Exception('no'); }", "line 4: throw new Exception"),
        (f"public function down() {{ if ($x) {{ throw $e; }} {DROP} }}", "line 4: if"),
        (
            f"protected $connection = 'other'; function down() {{ {DROP} }}",
            "it names a connection of its own",
        ),
        (
            f"function getConnection() {{ return 'other'; }} function down() {{ {DROP} }}",
            "it names a connection of its own",
        ),
    ],
)
def test_what_cannot_go_back_is_a_problem(down, problem):
    assert way(down).problem.startswith(problem)


def test_a_migration_that_does_nothing_needs_no_down_that_does_something():
    assert way("function down() {}", up="function up() {}").problem == ""


def test_a_down_that_only_running_would_tell_is_unknown():
    (unknown,) = way("function down() { $this->helper(); }").operations
    assert isinstance(unknown, to.Opaque)
    assert isinstance(way(f"function down() {{ {'(' * 500} }}").operations[0], to.Opaque)


def test_a_folder_below_is_one_of_its_own():
    text = "<?php class A { function up() {} }"
    own, below = "database/migrations/1_a.php", "database/migrations/tenant/1_b.php"
    read = migrations["laravel"].read
    files = {own: text, below: text, "database/migrations/helpers.php": text}
    assert [script.path for script in read(files)] == [own]
    assert [script.path for script in read({below: text})] == [below]
