#!/usr/bin/env python3
"""Step 2 of 8: what could we go back to?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path
from typing import Any

import click

from rollback import cli
from rollback.commands import present
from rollback.settings import project
from rollback.errors import Usage
from rollback.flow import history, record


@click.command(
    cls=cli.Step,
    exits=(3, 12),
    examples=("history.py production", "history.py staging --record --verdict good"),
)
@click.argument("environment", required=False)
@cli.project_option
@cli.app_option
@cli.clear_cache_option
@click.option(
    "--record",
    "recording",
    is_flag=True,
    help="Write what is live now into the ledger; for deploy scripts.",
)
@click.option(
    "--verdict",
    type=click.Choice(["good", "failed"]),
    help="With --record; default: what the health checks say.",
)
@cli.json_option
def main(
    environment: str | None,
    project_dir: Path | None,
    apps: tuple[str, ...],
    clear_cache: bool,
    as_json: bool,
    **ledger: Any,
) -> None:
    """Show the releases of an environment, newest first."""
    if ledger["verdict"] and not ledger["recording"]:
        raise Usage(
            "verdict-without-record",
            "--verdict says what to record, and without --record nothing is recorded",
            "add --record",
        )
    where = history.place(project.find(project_dir), environment, clear_cache)
    if ledger["recording"]:
        facts = record.record(where, apps, ledger["verdict"])
        cli.show(facts, as_json, lambda: record.lines(facts))
        return
    facts = history.remembered(where, apps, clear_cache)
    cli.show(
        facts,
        as_json,
        lambda: [
            *present.history_lines(facts),
            f"next: {cli.command('plan', where.environment.name)}",
        ],
    )


if __name__ == "__main__":
    main()
