#!/usr/bin/env python3
"""Step 1: find out what deploys this project, and which tool migrates its database."""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.detection import model
from rollback.settings import project
from rollback.flow import detect


@click.command(
    cls=cli.Step,
    examples=("detect.py", "detect.py --project ~/shop --json", "detect.py --write-settings"),
)
@cli.project_option
@cli.json_option
@cli.clear_cache_option
@click.option(
    "--write-settings",
    is_flag=True,
    help="Leave a commented settings file from what was found; never overwrites.",
)
def main(project_dir: Path | None, as_json: bool, clear_cache: bool, write_settings: bool) -> None:
    """Find out what deploys this project, and which tool migrates its database."""
    root = project.find(project_dir)
    found = detect.run(root, again=clear_cache)
    if write_settings:
        from rollback.settings import draft

        cli.say(f"written: {draft.write(root, found)}; complete and commit it")
    where = ("--project", root) if project_dir else ()
    cli.show(
        model.document(found),
        as_json,
        lambda: model.lines(found, cli.command("history", *where)),
    )


if __name__ == "__main__":
    main()
