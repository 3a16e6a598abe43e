#!/usr/bin/env python3
"""Take a rollback back: the way that was saved in the same breath as the plan."""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import execute


@click.command(
    cls=cli.Step,
    exits=execute.EXITS,
    examples=(
        "restore.py",
        "restore.py .rollback-checkpoint-20261124-040511 --reason 'checkout fails'",
    ),
)
@execute.options
def main(run_folder: str | None, project_dir: Path | None, as_json: bool, **how: object) -> int:
    """Run restore.sh: undo what the run began. Approved like the rollback itself; never expires."""
    return execute.main("restore", run_folder, project_dir, as_json, how)


if __name__ == "__main__":
    main()
