#!/usr/bin/env python3
"""Step 4 of 8: what are we about to change?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import checkpoint
from rollback.settings import project


@click.command(
    cls=cli.Step,
    exits=(4,),
    examples=("checkpoint.py", "checkpoint.py .rollback-checkpoint-20261124-040511 --json"),
)
@click.argument("run_folder", required=False, metavar="[RUN]")
@cli.project_option
@cli.json_option
def main(run_folder: str | None, project_dir: Path | None, as_json: bool) -> int:
    """Show what a plan saved of the live state, with the digest that an approval is bound to."""
    return checkpoint.answer(project.find(project_dir), run_folder).show(as_json)


if __name__ == "__main__":
    main()
