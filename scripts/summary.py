#!/usr/bin/env python3
"""Step 8 of 8: what happened, what next?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from pathlib import Path

import click

from rollback import cli
from rollback.records import audit
from rollback.commands import present
from rollback.settings import project
from rollback.records import run
from rollback.flow import summary


@click.command(
    cls=cli.Step,
    exits=(9, 10),
    examples=("summary.py", "summary.py --verify-audit", "summary.py --prune"),
)
@click.argument("run_folder", required=False, metavar="[RUN]")
@cli.project_option
@click.option(
    "--verify-audit",
    is_flag=True,
    help="Prove that no line of the audit was changed, removed or cut off.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Delete the folders of finished runs but the newest; never an unfinished one.",
)
@cli.json_option
def main(
    run_folder: str | None, project_dir: Path | None, verify_audit: bool, prune: bool, as_json: bool
) -> None:
    """Tell the result of a run. Changes nothing but, with --prune, our own old run folders."""
    root = project.find(project_dir)
    if verify_audit:
        facts = audit.verify(root)
        cut = [f"cut short by a kill or a full disk: line {number}" for number in facts["damaged"]]
        cli.show(
            facts,
            as_json,
            lambda: [f"audit: {facts['lines']} lines, unbroken, head {facts['head']}", *cut],
        )
    elif prune:
        audit.take_over(root)  # the journals go with their folders
        removed = [str(path) for path in run.prune(root)]
        if removed:
            audit.record(root, "prune", removed=removed)
        cli.show(
            {"removed": removed},
            as_json,
            lambda: [f"removed: {path}" for path in removed] or ["nothing to remove"],
        )
    else:
        folder = run.find(root, run_folder, "summary")
        facts = summary.as_json(summary.read(folder))
        cli.show(
            facts,
            as_json,
            lambda: [*present.outcome_lines(facts), f"summary: {folder / 'summary.md'}"],
        )


if __name__ == "__main__":
    main()
