"""The command line that execute.py and restore.py share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rollback import cli
from rollback.settings import project
from rollback.model import Verb

EXITS = (4, 5, 6, 7, 8, 9, 10, 11, 12)
_OPTIONS = (
    click.argument("run_folder", required=False, metavar="[RUN]"),
    cli.project_option,
    cli.reason_option,
    click.option(
        "--force",
        is_flag=True,
        help="Skip the question for an unprotected environment; never beneath an agent client.",
    ),
    click.option(
        "--digest",
        metavar="SHA256",
        help="Unattended: the plan's digest; needs `unattended: true` as committed, and --reason.",
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Stop waiting 30 s before it; resumable (exit 8).",
    ),
    click.option(
        "--approval", "nonce", metavar="NONCE", help="Added by the client's question only."
    ),
    cli.json_option,
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    return functools.reduce(lambda inner, option: option(inner), reversed(_OPTIONS), command)


def main(
    verb: Verb, run_folder: str | None, project_dir: Path | None, as_json: bool, how: dict[str, Any]
) -> int:
    """Without --project, a run folder given by its path says which project it is."""
    from rollback.commands import present
    from rollback.flow import execute, summary

    root = (
        Path(run_folder).resolve().parent
        if run_folder and project_dir is None and Path(run_folder).is_dir()
        else project.find(project_dir)
    )
    outcome = execute.run(execute.Request(root, verb, run_folder, **how), cli.say)
    facts = summary.as_json(outcome)
    cli.show(facts, as_json, lambda: present.outcome_lines(facts))
    return outcome.exit
