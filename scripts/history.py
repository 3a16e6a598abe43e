#!/usr/bin/env python3
"""Step 2 of 8: what could we roll back to?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from typing import Any

import click

from rollback import cli
from rollback.commands import history


@click.command(
    cls=cli.Step,
    exits=(3, 12),
    examples=("history.py production", "history.py staging --record --verdict good"),
)
@history.options
def main(as_json: bool, **options: Any) -> int:
    """Show the releases of an environment, newest first."""
    return history.answer(history.Call(**options)).show(as_json)


if __name__ == "__main__":
    main()
