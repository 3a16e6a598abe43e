"""Alembic's own commands: `alembic downgrade <the revision below>`."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rollback.migrations._native import EMPTY_DOWN, NO_DOWN, Way

if TYPE_CHECKING:
    from rollback.migrations.alembic.revisions import Revision

HOME = "alembic.ini"

# `alembic current` reads in the same way: the project's env.py connects
_ASK = """
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
config = Config({home!r})
script = ScriptDirectory.from_config(config)
def look(revision, context):
    print(context.connection.exec_driver_sql({query!r}).scalar())
    return []
with EnvironmentContext(config, script, fn=look, dont_mutate=True):
    script.run_env()
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.alembic.revisions import revisions

    every = revisions(files)
    return {revision.path: _way(revision, every) for revision in every}


def _way(revision: Revision, every: Sequence[Revision]) -> Way:
    others = [it.id for it in every if it is not revision and _is_beside(it, revision)]
    if problem := _problem(revision):
        return Way(problem=problem)
    if len(revision.below) > 1:
        return Way(problem="it merges branches: Alembic cannot reverse it alone")
    below = revision.below[0] if revision.below else "base"
    if others:
        return Way(problem=f"{others[0]} follows the same revision and would be reversed with it")
    return Way(
        ("alembic", "downgrade", below),
        ("alembic", "upgrade", revision.id),
        revision.operations("downgrade"),
        marks=(f"alembic stamp {below}", f"alembic stamp {revision.id}"),
    )


def _is_beside(other: Revision, revision: Revision) -> bool:
    """Whether both follow the same revision: a downgrade to that one reverses both."""
    return bool({*other.below} & {*revision.below}) or not (other.below or revision.below)


def _problem(revision: Revision) -> str:
    body = revision.body("downgrade")
    if revision.module is None:
        return "its file does not parse"
    if body is None:
        return NO_DOWN
    raised = next((it for it in body if isinstance(it, ast.Raise)), None)
    if raised:
        return f"line {raised.lineno}: {ast.unparse(raised)[:60]}"
    if not revision.operations("downgrade") and revision.operations("upgrade"):
        return EMPTY_DOWN
    return ""


def ask(query: str) -> tuple[str, ...]:
    return ("python3", "-c", _ASK.format(home=HOME, query=query))
