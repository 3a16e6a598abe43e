#!/usr/bin/env python3
"""Step 1: find out what deploys this project, and which tool migrates its database."""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli, detection, project
from rollback.flow import detect


@click.command(cls=cli.Step, examples=("detect.py", "detect.py --project ~/shop --json"))
@cli.project_option
@cli.json_option
@cli.clear_cache_option
def main(project_dir: Path | None, as_json: bool, clear_cache: bool) -> None:
    """Find out what deploys this project, and which tool migrates its database."""
    found = detect.run(project.find(project_dir), again=clear_cache)
    cli.show(detection.document(found), as_json, lambda: detection.lines(found, cli.command("history")))


if __name__ == "__main__":
    main()
