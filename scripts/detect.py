#!/usr/bin/env python3
"""Step 1 of 8: what deploys this project, and which tool migrates its database?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import detect

SETTINGS = "Write commented settings from what was found; never overwrites."


@click.command(
    cls=cli.Step,
    examples=("detect.py", "detect.py --project ~/shop --json", "detect.py --write-settings"),
)
@cli.project_option
@cli.json_option
@cli.clear_cache_option
@click.option("--write-settings", is_flag=True, help=SETTINGS)
def main(project_dir: Path | None, as_json: bool, clear_cache: bool, write_settings: bool) -> int:
    """Find out what deploys this project, and which tool migrates its database."""
    return detect.answer(project_dir, clear_cache, write_settings).show(as_json)


if __name__ == "__main__":
    main()
