#!/usr/bin/env python3
"""Step 3 of 8: what exactly would happen, and is it safe?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from typing import Any

import click

from rollback import cli
from rollback.commands import plan as ask


@click.command(
    cls=cli.Step,
    exits=(3, 4, 6, 9, 12),
    examples=(
        "plan.py previous",
        "plan.py production v1.2.3 --reason 'checkout fails'",
        "plan.py staging status",
    ),
)
@click.argument(
    "words", nargs=-1, metavar="[environment] [previous|VERSION|RELEASE-ID|history|status|restore]"
)
@cli.project_option
@click.option(
    "--with-db", is_flag=True, help="Level: application and database (refused by this version)."
)
@click.option(
    "--full",
    is_flag=True,
    help="Level: application, database, configuration and infrastructure (refused by this version).",
)
@cli.app_option
@click.option("--force", is_flag=True, help="Refresh the caches (never an approval).")
@click.option("--dry-run", is_flag=True, help="A plan that can't be executed.")
@cli.clear_cache_option
@cli.reason_option
@click.option(
    "--suspend-owner",
    is_flag=True,
    help="Kubernetes, Helm: suspend a GitOps owner as a step of the plan.",
)
@click.option(
    "--no-cluster-lock",
    is_flag=True,
    help="Kubernetes, Helm: go without the Lease (when RBAC forbids it).",
)
@click.option(
    "--no-inline-values",
    is_flag=True,
    help="Keep env values out of all files: Kubernetes reads templates at run time, Helm keeps none.",
)
@click.option("--abandon", metavar="RUN", help="Close an unfinished run; audited.")
@click.option(
    "--args-stdin", is_flag=True, help="Read the words from standard input (used by SKILL.md)."
)
@cli.json_option
def main(**options: Any) -> int:
    """Decide what to go back to and save the plan, its checkpoint and both scripts. Changes nothing."""
    answer = ask.answer(**options)
    cli.show(answer.facts, answer.as_json, lambda: answer.lines)
    return answer.exit


if __name__ == "__main__":
    main()
