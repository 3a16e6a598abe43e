#!/usr/bin/env python3
"""Undo a rollback, with the script that was saved together with its plan."""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from typing import Any

import click

from rollback import cli
from rollback.commands import execute


@click.command(
    cls=cli.Step,
    exits=execute.EXITS,
    examples=(
        "restore.py",
        "restore.py .rollback-checkpoint-20261124-040511 --reason 'checkout fails'",
    ),
)
@execute.options
def main(as_json: bool, **options: Any) -> int:
    """Run restore.sh: undo what the run began. Approved like the rollback itself; never expires."""
    return execute.answer(execute.request("restore", **options)).show(as_json)


if __name__ == "__main__":
    main()
