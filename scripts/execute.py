#!/usr/bin/env python3
"""Step 6 of 8: do it, once a person has approved exactly this."""

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
        "execute.py",
        "execute.py .rollback-checkpoint-20261124-040511 --reason 'checkout fails'",
    ),
)
@execute.options
def main(as_json: bool, **options: Any) -> int:
    """Run rollback.sh of an approved plan, read back, check health, record the result."""
    return execute.answer(execute.request("execute", **options)).show(as_json)


if __name__ == "__main__":
    main()
