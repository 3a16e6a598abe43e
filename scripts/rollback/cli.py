"""What every script's command line shares: options, output, exit codes."""

from __future__ import annotations

import functools
import json
import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from rollback import VERSION, screen
from rollback.errors import Interrupted, RollbackError, Usage

EXIT_CODES = {
    0: "done, or already there",
    1: "a bug of ours",
    2: "usage, settings, or a choice is needed",
    3: "nothing to roll back to",
    4: "approval needed, refused or invalid",
    5: "a step failed",
    6: "blocked by findings",
    7: "a health check fails after the switch",
    8: "deadline reached, resumable",
    9: "another run holds the lock",
    10: "the live state is not what the plan saw, or the plan expired",
    11: "switched and proven, but no health check could run",
    12: "the platform cannot be read",
    69: "packages or a needed tool not installed",
    130: "interrupted, resumable",
}

project_option = click.option(
    "--project",
    "project_dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The project. Default: the git root, else the working directory.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
clear_cache_option = click.option(
    "--clear-cache", is_flag=True, help="Ignore the cache and read again."
)
app_option = click.option(
    "--app", "apps", metavar="NAME", multiple=True, help="Only this application (repeatable)."
)
reason_option = click.option(
    "--reason", metavar="TEXT", help="The reason, for the audit and the summary."
)


def with_options(command: Callable[..., Any], options: Sequence[Any]) -> Callable[..., Any]:
    """Add these options to the command, in this order."""
    return functools.reduce(lambda inner, option: option(inner), reversed(options), command)


class Step(click.Command):
    """A command whose failures say what to do next and exit with the code of their kind.

    `exits` are its exit codes; as a mapping they have texts of their own in --help.
    """

    def __init__(
        self,
        *args: Any,
        exits: Iterable[int] | Mapping[int, str] = (),
        examples: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        texts = {**EXIT_CODES, **(exits if isinstance(exits, Mapping) else {})}
        codes = "\n".join(
            f"  {code:3}  {texts[code]}" for code in sorted({0, 1, 2, 69, 130, *exits})
        )
        shown = "\n".join(f"  {example}" for example in examples)
        kwargs["epilog"] = (
            f"\b\nExamples:\n{shown}\n\n\b\nExit codes:\n{codes}"
            if shown
            else f"\b\nExit codes:\n{codes}"
        )
        super().__init__(*args, **kwargs)
        click.version_option(VERSION, prog_name="deployment-rollback")(self)

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        words = list(sys.argv[1:] if args is None else args)
        # what a plan of 1,000 workloads reads lives until its end: looking for garbage in it
        # again and again took a fifth of its time
        gc.set_threshold(50_000)
        for stream in (
            sys.stdout,
            sys.stderr,
        ):  # a locale without the characters must not stop a rollback
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        try:
            status = super().main(words, standalone_mode=False, obj=words, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except Exception as error:
            fail(_typed(error), "--json" in words)
        except KeyboardInterrupt:
            fail(
                Interrupted(
                    "interrupted", "interrupted; nothing was changed by this script", "run it again"
                ),
                "--json" in words,
            )
        sys.exit(status if isinstance(status, int) else 0)


def heard(words: Iterable[str]) -> None:
    """Read these words as if on the command line: with --json, errors are JSON, too."""
    context = click.get_current_context(silent=True)
    if context and isinstance(context.obj, list):
        context.obj.extend(words)


def _typed(error: Exception) -> RollbackError:
    if isinstance(error, RollbackError):
        return error
    if isinstance(error, click.ClickException):
        return Usage("usage", error.format_message(), f"see {Path(sys.argv[0]).name} --help")
    if isinstance(error, click.Abort):
        return Interrupted(
            "interrupted", "interrupted; nothing was changed by this script", "run it again"
        )
    return _bug(error)


def _bug(error: Exception) -> RollbackError:
    """Write a bug's traceback to a private file and print only its path."""
    import platform
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="deployment-rollback-", suffix=".log", delete=False
    ) as log:
        log.write(
            f"deployment-rollback {VERSION}, Python {platform.python_version()}, "
            f"{platform.platform()}\n"
        )
        log.write("".join(traceback.format_exception(error)))
    return RollbackError(
        "bug", f"unexpected {type(error).__name__}: this is a bug", f"report it with {log.name}"
    )


def fail(error: RollbackError, as_json: bool) -> NoReturn:
    """Print an error in the requested form and exit with its code."""
    if as_json:
        document = {
            "code": error.code,
            "message": error.message,
            "fix": error.fix,
            "exit": error.exit_code,
        }
        _print(json.dumps({"error": document}), sys.stdout)
    else:
        say(f"error: {error.message}", *([f"  fix: {error.fix}"] if error.fix else ()))
    sys.exit(error.exit_code)


def show(facts: Any, as_json: bool, lines: Callable[[], Iterable[str]]) -> None:
    """Print data on stdout: one JSON document, or lines for a person."""
    _print(json.dumps(facts) if as_json else _laid_out(lines(), sys.stdout), sys.stdout)


def say(*lines: str) -> None:
    """Print progress on stderr."""
    _print(_laid_out(lines, sys.stderr), sys.stderr)


def _laid_out(lines: Iterable[str], stream: TextIO) -> str:
    try:
        return screen.text(lines, stream.fileno())
    except (OSError, ValueError):  # a stream without a descriptor
        return "\n".join(filter(None, lines))


def _print(text: str, stream: TextIO) -> None:
    """Print; a reader that left (`| head`) neither stops a rollback nor hides its exit code."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def command(script: str, *words: object) -> str:
    """Return the command line of the next step: absolute, quoted, ready to paste."""
    import shlex

    root = Path(__file__).parents[2]
    return shlex.join(["python3", str(root / "scripts" / f"{script}.py"), *map(str, words)])
