#!/usr/bin/env python3
"""Step 6 of 8: do it, after a person said yes to exactly this."""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import execute as act


@click.command(
    cls=cli.Step,
    exits=act.EXITS,
    examples=(
        "execute.py",
        "execute.py .rollback-checkpoint-20261124-040511 --reason 'checkout fails'",
    ),
)
@act.options
def main(run_folder: str | None, project_dir: Path | None, as_json: bool, **how: object) -> int:
    """Run rollback.sh of a plan once it is approved, read back what is live, look at health, write it down."""
    return act.main("execute", run_folder, project_dir, as_json, how)


if __name__ == "__main__":
    main()
