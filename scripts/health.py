#!/usr/bin/env python3
"""Step 7 of 8: is it healthy?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import health
from rollback.settings import project

RUN = "Check what this run moved, and write health.json into its folder."


@click.command(
    cls=cli.Step,
    exits=health.HELP,
    examples=("health.py production", "health.py --run .rollback-checkpoint-20261123-040511"),
)
@click.argument("environment", required=False)
@click.option("--run", metavar="RUN", help=RUN)
@cli.project_option
@cli.json_option
def main(environment: str | None, run: str | None, project_dir: Path | None, as_json: bool) -> int:
    """Check once the health endpoints and the platform's own view."""
    return health.answer(project.find(project_dir), environment, run).show(as_json)


if __name__ == "__main__":
    main()
