"""Laravel's own commands: `php artisan migrate:rollback` that is shown one file only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rollback.migrations._native import EMPTY_DOWN, FOLDER, NO_DOWN, Way

if TYPE_CHECKING:
    from rollback.migrations._files import Script
    from rollback.migrations._php import Token

HOME = "artisan"

_ARTISAN = ("php", "artisan")
# It walks through so many rows of its table, newest first, and passes over each without a file.
# Only one file is shown to it: no count and no batch decides what goes back.
_EVERY = "--step=1000000"
_ASK = r"""
use Illuminate\Database\Console\Migrations\RollbackCommand;
try {
    require "vendor/autoload.php";
    $app = require "bootstrap/app.php";
    $app->make(Illuminate\Contracts\Console\Kernel::class)->bootstrap();
    $switch = "prohibitedFromRunning"; // since Laravel 11
    if ((new ReflectionClass(RollbackCommand::class))->getStaticPropertyValue($switch, false)) {
        throw new Exception("the application prohibits migrate:rollback");
    }
    $connection = $app->make("db")->connection();
    if ($connection->getTablePrefix() !== "") {
        throw new Exception("the names of its tables get a prefix, which no file shows");
    }
    echo $connection->getPdo()->query($argv[1])->fetchColumn(), PHP_EOL;
} catch (Throwable $error) {
    fwrite(STDERR, get_class($error) . ": " . $error->getMessage() . PHP_EOL);
    exit(1);
}
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.laravel.classes import read

    return {script.path: _way(script, files[script.path]) for script in read(files)}


def _way(script: Script, text: str) -> Way:
    from rollback.migrations._php import tokens
    from rollback.verdicts import operations as to

    file = f"{FOLDER}/{script.path.rpartition('/')[2]}"
    commands = (
        (*_ARTISAN, "migrate:rollback", "--force", _EVERY, "--path", file),
        (*_ARTISAN, "migrate", "--force", "--path", file),
    )
    try:
        return _by_down(script, tokens(text), commands)
    except RecursionError:
        return Way(*commands, operations=(to.Opaque("a file that is nested too deeply"),))


def _by_down(
    script: Script, every: list[Token], commands: tuple[tuple[str, ...], tuple[str, ...]]
) -> Way:
    from rollback.migrations._php import code, method
    from rollback.migrations.laravel import connections
    from rollback.migrations.laravel.schema import in_order

    down = method(every, "down")
    if down is None:  # Laravel takes it out of its table all the same
        return Way(problem=NO_DOWN)
    if another := connections.another(every):
        return Way(problem=another)
    thrown = next((part for part in down if any(token.text == "throw" for token in part)), None)
    if thrown is not None:
        whole = code(thrown)
        return Way(problem=f"line {whole.line}: {whole.text[:60]}")
    done = tuple(in_order(down))
    if not done and script.operations:
        return Way(problem=EMPTY_DOWN)
    return Way(*commands, operations=done)


def ask(query: str) -> tuple[str, ...]:
    return ("php", "-r", _ASK, query)
