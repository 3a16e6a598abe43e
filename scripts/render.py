#!/usr/bin/env python3
"""Step 5 of 8: may I read it?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.settings import project
from rollback.records import run
from rollback.flow import render


@click.command(
    cls=cli.Step,
    exits=(4,),
    examples=(
        "render.py",
        "render.py .rollback-checkpoint-20261124-040511 --restore",
        "render.py --json",
    ),
)
@click.argument("run_folder", required=False, metavar="[RUN]")
@click.option("--restore", is_flag=True, help="The way back instead.")
@cli.project_option
@cli.json_option
def main(run_folder: str | None, restore: bool, project_dir: Path | None, as_json: bool) -> None:
    """Show the script of a plan, as it will run, with its digest. Changes nothing."""
    folder = run.find(project.find(project_dir), run_folder, "summary")
    facts = render.show(folder, "restore" if restore else "execute")
    cli.show(facts, as_json, lambda: [facts["text"].rstrip("\n")])


if __name__ == "__main__":
    main()
