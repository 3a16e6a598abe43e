"""How Laravel reverses a migration, read without running it."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._computed import Computed
from rollback.migrations._native import FOLDER, Way
from rollback.verdicts import operations as to

UP = "public function up() { Schema::table('a', function ($t) { $t->string('b'); }); }"
DROP = "Schema::table('a', function (Blueprint $t) { $t->dropColumn('b'); });"


def way(down: str, up: str = UP, head: str = "return new class extends Migration") -> Way:
    native = migrations["laravel"].NATIVE
    assert native and not isinstance(native, Computed)
    text = f"<?php\n{head} {{\n{up}\n{down}\n}};"
    (read,) = native.ways({"database/migrations/2026_11_01_000000_b.php": text}).values()
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


OTHER, ANOTHER = "may be about another database", "which may name a connection"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("Schema::connection('logs')->dropIfExists('a');", OTHER),
        ("DB::connection('logs')->table('x')->delete();", OTHER),
        ("app('db')->connection('logs')->table('x')->delete();", OTHER),
        ("DB::usingConnection('logs', function () { Schema::drop('a'); });", OTHER),
        ("DB::setDefaultConnection('logs');", OTHER),
        ("Order::on('logs')->delete();", OTHER),
        ("$this->connection = 'logs'; Schema::drop('a');", "it names a connection of its own"),
    ],
)
def test_another_database_is_a_problem_in_up_and_in_down(body, problem):
    assert problem in way(f"function down() {{ {body} }}").problem
    assert problem in way(f"function down() {{ {DROP} }}", f"function up() {{ {body} }}").problem


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("return new class extends TenantMigration", f"extends TenantMigration, {ANOTHER}"),
        (
            "use App\\Base\\Migration;\nclass B extends Migration",
            f"App\\Base\\Migration, {ANOTHER}",
        ),
        ("use A\\B as Base; class C extends Base", f"extends A\\B, {ANOTHER}"),
        ("class C extends Migration { use ForTenants; } class D", f"uses ForTenants, {ANOTHER}"),
        ("class C extends \\Illuminate\\Database\\Migrations\\Migration", ""),
        ("use Illuminate\\Database\\Migrations\\Migration as M; class C extends M", ""),
        ("use App\\Order; $x = Order::class; return new class extends Migration", ""),
    ],
)
def test_what_the_class_takes_over_may_name_a_connection(head, problem):
    read = way(f"public function down() {{ {DROP} }}", head=head)
    assert problem in read.problem and bool(problem) is bool(read.problem)


@pytest.mark.parametrize(
    "body",
    [
        "if (DB::connection()->getDriverName() === 'pgsql') { DB::statement('SELECT 1'); }",
        "Schema::table('a', function ($t) { $t->foreign('b')->references('id')->on('c'); });",
        "DB::table('a')->where('b', 1)->each(function ($row) use ($x) { $row->touch(); });",
    ],
)
def test_the_connection_of_the_application_is_no_problem(body):
    assert way(f"function down() {{ {body} }}").problem == ""


@pytest.mark.parametrize(
    "down",
    [
        "return Schema::dropIfExists('a');",
        "Schema::dropIfExists('a'); return; Schema::drop('b');",
        "Schema::dropIfExists('a'); return true;",
        "return Schema::dropIfExists('a'); Schema::drop('b');",
    ],
)
def test_a_down_goes_as_far_as_its_return(down):
    read = way(f"function down() {{ {down} }}")
    assert (read.problem, read.operations) == ("", (to.DropTable("a"),))


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
