"""The command line that execute.py and restore.py share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rollback import cli
from rollback.commands import present_outcome
from rollback.commands.answer import Answer
from rollback.flow.job import Request
from rollback.model import Verb
from rollback.settings import project

EXITS = (4, 5, 6, 7, 8, 9, 10, 11, 12)
_OPTIONS = (
    click.argument("run_folder", required=False, metavar="[RUN]"),
    cli.project_option,
    cli.reason_option,
    click.option(
        "--force",
        is_flag=True,
        help="Skip the question for an unprotected environment; never inside an agent session.",
    ),
    click.option(
        "--digest",
        metavar="SHA256",
        help="Unattended: the plan's digest; needs --reason and `unattended: true` in committed "
        "settings.",
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Stop waiting 30 s before the deadline; resumable (exit 8).",
    ),
    click.option(
        "--approval", "nonce", metavar="NONCE", help="Added by the client's question only."
    ),
    cli.json_option,
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    return cli.with_options(command, _OPTIONS)


def request(verb: Verb, run_folder: str | None, project_dir: Path | None, **how: Any) -> Request:
    """Build the request; without --project a run's path determines its project."""
    by_path = run_folder and project_dir is None and Path(run_folder).is_dir()
    root = Path(run_folder or ".").resolve().parent if by_path else project.find(project_dir)
    return Request(root, verb, run_folder, **how)


def answer(request: Request) -> Answer:
    """Run or resume. Raises whatever stops a run before a change."""
    from rollback.flow import execute, summary

    outcome = execute.run(request, cli.say)
    facts = summary.as_json(outcome)
    return Answer(facts, list(present_outcome.outcome_lines(facts)), outcome.exit)
