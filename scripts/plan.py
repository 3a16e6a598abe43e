#!/usr/bin/env python3
"""Step 3 of 8: what exactly would happen, and is it safe?"""

from __future__ import annotations

import _skill  # noqa: F401  (first: finds cache/ and the unpacked packages)

from typing import Any

import click

from rollback import cli
from rollback.commands import plan


@click.command(
    cls=cli.Step,
    exits=plan.EXITS,
    examples=(
        "plan.py previous",
        "plan.py production v1.2.3 --reason 'checkout fails'",
        "plan.py staging status",
    ),
)
@plan.options
def main(**options: Any) -> int:
    """Choose the release to roll back to; save the plan and both scripts in a run folder.

    Writes only the run folder and our records; changes nothing in production.
    """
    call = plan.read(options)
    return plan.answer(call).show(call.as_json)


if __name__ == "__main__":
    main()
