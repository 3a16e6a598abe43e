#!/usr/bin/env python3
"""Step 8 of 8: what happened, what next?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.commands import summary
from rollback.settings import project

AUDIT = "Verify that no line of the audit was changed, removed or cut off."
PRUNE = "Delete the folders of finished runs except the newest; never an unfinished one."


@click.command(
    cls=cli.Step,
    exits=(9, 10),
    examples=("summary.py", "summary.py --verify-audit", "summary.py --prune"),
)
@click.argument("run_folder", required=False, metavar="[RUN]")
@cli.project_option
@click.option("--verify-audit", is_flag=True, help=AUDIT)
@click.option("--prune", is_flag=True, help=PRUNE)
@cli.json_option
def main(run_folder: str | None, project_dir: Path | None, as_json: bool, **modes: bool) -> int:
    """Show the result of a run. Changes nothing; --prune deletes old run folders."""
    root = project.find(project_dir)
    if modes["verify_audit"]:
        return summary.verify_audit(root).show(as_json)
    answer = summary.prune(root) if modes["prune"] else summary.result(root, run_folder)
    return answer.show(as_json)


if __name__ == "__main__":
    main()
