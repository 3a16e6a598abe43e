"""The options of plan.py, and what they ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click
from msgspec import Struct

from rollback import cli
from rollback.commands import words
from rollback.flow.plan import Request
from rollback.model import PlanLevel
from rollback.settings import project
from rollback.settings.switches import switches

WITH_DB = "Level: application and database: applied migrations are reversed, after a backup."
DRILL = "Only say whether it could be done now, how far and how long; writes no run folder."
BADGE = "With --drill: print the JSON of a badge."
FULL = "Level: application, database, configuration and infrastructure, in one plan."
ACCEPT_LOSS = "With --with-db: the reversal may lose the rows and values that the plan counts."
DRILL_BACKUP = "With --with-db: the backup counts once it was restored into a scratch database."
ACCEPT_SCHEMA = "Go back although the old code may not run on the schema that it meets; audited."
_OPTIONS = (
    click.argument(
        "words",
        nargs=-1,
        metavar="[environment] [previous|VERSION|RELEASE-ID|history|status|restore]",
    ),
    cli.project_option,
    click.option("--with-db", is_flag=True, help=WITH_DB),
    click.option("--full", is_flag=True, help=FULL),
    cli.app_option,
    click.option("--force", is_flag=True, help="Same as --clear-cache; never an approval."),
    click.option("--dry-run", is_flag=True, help="Make a plan that cannot be executed."),
    click.option("--drill", is_flag=True, help=DRILL),
    click.option("--badge", is_flag=True, help=BADGE),
    cli.clear_cache_option,
    cli.reason_option,
    click.option("--accept-schema", metavar="WHY", help=ACCEPT_SCHEMA),
    click.option("--accept-loss", is_flag=True, help=ACCEPT_LOSS),
    click.option("--drill-backup", is_flag=True, help=DRILL_BACKUP),
    *(click.option(f"--{name}", is_flag=True, help=text) for name, text in switches().items()),
    click.option("--abandon", metavar="RUN", help="Close an unfinished run; audited."),
    click.option(
        "--args-stdin", is_flag=True, help="Read the words from standard input (used by SKILL.md)."
    ),
    cli.json_option,
)


class Call(Struct, frozen=True):
    """One call of plan.py. `request` still lacks the environment and release in `words`."""

    request: Request
    words: tuple[str, ...] = ()
    abandon: str | None = None
    drill: bool = False
    badge: bool = False
    from_stdin: bool = False
    as_json: bool = False


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    return cli.with_options(command, _OPTIONS)


def read(options: Mapping[str, Any]) -> Call:
    """Build a call from option values. Raises Usage for cut arguments or a missing project."""
    if options["args_stdin"]:
        options = _from_stdin(options)
    request = Request(
        project=project.find(options["project_dir"]),
        level=_level(options),
        apps=tuple(options["apps"]),
        refresh=options["force"] or options["clear_cache"],
        dry_run=options["dry_run"],
        reason=options["reason"],
        accept_schema=options["accept_schema"],
        accept_loss=options["accept_loss"],
        drill_backup=options["drill_backup"],
        options=tuple(name for name in switches() if options[name.replace("-", "_")]),
    )
    return Call(
        request,
        tuple(options["words"]),
        abandon=options["abandon"],
        drill=options["drill"] or options["badge"],
        badge=options["badge"],
        from_stdin=options["args_stdin"],
        as_json=options["as_json"] or options["badge"],
    )


def _level(options: Mapping[str, Any]) -> PlanLevel:
    if options["full"]:
        return "full"
    return "with-db" if options["with_db"] else "app"


def _from_stdin(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options from standard input as if they were on the command line."""
    text = sys.stdin.read(65536) if sys.stdin else ""
    cli.heard(text.split())
    command = click.get_current_context().command
    typed = command.make_context("plan.py", words.from_stdin(text)).params
    return {
        **typed,
        "args_stdin": True,
        "project_dir": typed["project_dir"] or options["project_dir"],
        "as_json": typed["as_json"] or options["as_json"],
    }
