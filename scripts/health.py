#!/usr/bin/env python3
"""Step 7 of 8: is it well?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click
from msgspec import to_builtins

from rollback import cli
from rollback.settings import project
from rollback.flow import checkup

EXITS = {"healthy": 0, "unhealthy": 7, "unknown": 11}


@click.command(
    cls=cli.Step,
    exits=(3, 7, 11, 12),
    examples=("health.py production", "health.py --run .rollback-checkpoint-20261123-040511"),
)
@click.argument("environment", required=False)
@click.option(
    "--run",
    "which",
    metavar="RUN",
    help="Look at what this run moved, and leave health.json in its folder.",
)
@cli.project_option
@cli.json_option
def main(
    environment: str | None, which: str | None, project_dir: Path | None, as_json: bool
) -> int:
    """Look once at the health endpoints and at the platform's own view."""
    root = project.find(project_dir)
    report = checkup.of_run(root, which) if which else checkup.of_environment(root, environment)
    cli.show(
        to_builtins(report), as_json, lambda: [f"health: {report.verdict}", *checkup.lines(report)]
    )
    return EXITS[report.verdict]


if __name__ == "__main__":
    main()
