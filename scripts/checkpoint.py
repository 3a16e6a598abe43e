#!/usr/bin/env python3
"""Step 4 of 8: what are we about to change?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.approval import approvals
from rollback.settings import project
from rollback.records import run
from rollback.flow import checkpoint


@click.command(
    cls=cli.Step,
    exits=(4,),
    examples=("checkpoint.py", "checkpoint.py .rollback-checkpoint-20261124-040511 --json"),
)
@click.argument("run_folder", required=False, metavar="[RUN]")
@cli.project_option
@cli.json_option
def main(run_folder: str | None, project_dir: Path | None, as_json: bool) -> None:
    """Show what a plan saved of the live state before anything is touched, with the digest that an approval is bound to."""
    folder = run.find(project.find(project_dir), run_folder, "summary")
    files = checkpoint.listing(folder)
    facts = {
        "run": str(folder),
        "digest": approvals.digest(folder),
        "files": [{"name": n, "bytes": b, "sha256": h} for n, b, h in files],
    }
    cli.show(
        facts,
        as_json,
        lambda: [
            f"run: {folder}",
            f"digest: {facts['digest']}",
            *(f"  state/{n}  {b} bytes" for n, b, _ in files),
        ],
    )


if __name__ == "__main__":
    main()
