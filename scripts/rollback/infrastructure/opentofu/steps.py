"""The guards and the one step: a plan is made again, compared, and applied at once."""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex

from rollback.infrastructure._counted import counted
from rollback.infrastructure.opentofu.checkout import PROGRAMS, SECONDS
from rollback.infrastructure_contracts import Planned
from rollback.model import Command, Guard, Line, Move, Probe, Step

APPLY_SECONDS = 3600


def guards(planned: Planned, move: Move) -> list[Guard]:
    """Return the guards: what would change, in which state, and the values that go into it."""
    line = Line(planned.source, planned.goal, move.id)
    command = Command(("opentofu_found", *planned.arguments), SECONDS, planned.variables)
    subject = f"what would change in {planned.location}"
    return [
        Guard(f"{move.id}.changes", subject, command, (line,), forward_only=True),
        *_values(planned, move),
    ]


def _values(planned: Planned, move: Move) -> list[Guard]:
    """Return the guard of values that a plan does not show, since they are secret."""
    names = [name for name in planned.variables if name.startswith("TF_VAR_")]
    if not names:
        return []
    salt = secrets.token_hex(16)
    text = "".join(f"{name}={os.environ[name]};" for name in names).replace("\n", " ").strip()
    line = hashlib.sha256(f"{salt}{text}".encode(errors="surrogateescape")).hexdigest()
    command = Command(("opentofu_values", *names), 20, planned.variables)
    subject = f"the TF_VAR_ variables for {planned.location}"
    lines = (Line(line, line),)
    return [Guard(f"{move.id}.values", subject, command, lines, salt, forward_only=True)]


def step(planned: Planned, move: Move, again: str) -> Step:
    apply = ("opentofu_apply", planned.source, *planned.arguments)
    look = Command(("opentofu_changes", *planned.arguments), SECONDS, planned.variables)
    return Step(
        id=f"{move.id}.apply",
        title=f"Bring infrastructure to {move.to.label}: {counted(planned.changes)}",
        do=Command(apply, APPLY_SECONDS, planned.variables, _typed(planned)),
        proof=Probe(look, planned.goal),
        part="infrastructure",
        moves=(move.id,),
        deadline=APPLY_SECONDS,
        guarded=True,
        once=again,
    )


def _typed(planned: Planned) -> str:
    """Return what a person types: in a tree of the commit."""
    _, commit, folder, workspace, _, *values = planned.arguments
    tool = f"{PROGRAMS[planned.tool]} -chdir={shlex.quote(f'TREE/{folder}')}"
    files = "".join(f" -var-file={shlex.quote(name)}" for name in values)
    return (
        f"git worktree add --detach TREE {commit} && {tool} init -lockfile=readonly && "
        f"TF_WORKSPACE={shlex.quote(workspace)} {tool} apply{files}"
    )
