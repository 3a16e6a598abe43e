"""Render a plan as rollback.sh and restore.sh, which a person can read and run.

The runner and the libraries that they name are written beside them.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rollback.approval import private
from rollback.errors import Blocked, Unreadable
from rollback.model import DIRECTIONS, Command, Component, Direction, Plan, Probe, Step
from rollback.records import disk
from rollback.script import functions, header, launch, names, registrations, templating
from rollback.script.templating import markup
from rollback.script.tools import Tools
from rollback.shell import absolute_paths


def scripts(plan: Plan, run: Path) -> None:
    """Write rollback.sh, restore.sh, runner.sh and their libraries into the run folder.

    Raises Unreadable (tool-missing), Blocked (not-for-a-script), Usage (not-writable).
    """
    try:
        texts = {way.script: text(plan, run, way) for way in DIRECTIONS.values()}
    except Unreadable as error:
        raise Unreadable(error.code, error.message, f"{error.fix}{_by_hand(plan)}") from None
    for name, content in texts.items():
        disk.write(run / name, content.encode(errors="surrogateescape"), mode=0o700)
    disk.write(run / templating.RUNNER, (templating.TEMPLATES / templating.RUNNER).read_bytes())
    for name in libraries(plan):
        disk.write(run / name, (functions.LIBRARIES / name).read_bytes())


def _by_hand(plan: Plan) -> str:
    """Return the commands that do without the missing program, where the host has theirs."""
    typed = [step.do.by_hand for step in plan.steps]
    has_all = all(shutil.which(shlex.split(words)[0]) if words else False for words in typed)
    return f"; or by hand, unproven: {' && '.join(typed)}" if typed and has_all else ""


def text(plan: Plan, run: Path, direction: Direction) -> str:
    """Render one script: the steps in order, or their undos in reverse."""
    names.refuse_odd(plan)
    one_way = replace(plan, components=tuple(_components(plan, direction)))
    called = functions.called_by(_words(commands(one_way)))
    tools = Tools(Path(plan.project), called)
    last = _last(plan) if direction.verb == "restore" else set()
    values = {
        **_values(plan, run, direction),
        "head": header.head(plan, direction),
        "validity": header.validity(plan, direction),
        "moves": header.moves(plan, direction),
        "notes": list(header.notes(plan, direction)),
        "guards": [
            registrations.guard(guard, direction, tools) for guard in direction.guards(plan)
        ],
        "locks": [registrations.lock(lock, tools) for lock in plan.locks],
        "steps": [
            registrations.step(step, component.stage, step.id in last, tools)
            for component in one_way.components
            for step in component.steps
        ],
        "functions": [markup(one.text) for one in called if not one.library],
        "libraries": libraries(plan),
    }
    template = templating.environment().get_template(templating.SCRIPT)
    return template.render(values, tools=tools.rows())


def libraries(plan: Plan) -> list[str]:
    """Return the libraries that a script of this plan calls; both scripts name all of them."""
    called = functions.called_by(_words(commands(plan)))
    return sorted({function.library for function in called if function.library})


def commands(plan: Plan) -> list[Command]:
    """Return every command that the two scripts may run."""
    probes = [probe for step in plan.steps for probe in _probes(step)]
    changes = [command for step in plan.steps for command in _changes(step)]
    locks = [command for lock in plan.locks for command in (lock.take, lock.release)]
    guards = [guard.command for guard in plan.guards]
    return guards + locks + changes + [probe.command for probe in probes]


def _changes(step: Step) -> list[Command]:
    return [command for command in (step.do, step.undo and step.undo.do) if command]


def _probes(step: Step) -> list[Probe]:
    return [probe for probe in (step.proof, step.undo and step.undo.proof) if probe]


def variables(plan: Plan) -> Sequence[str]:
    """Return the names of the environment variables that the commands need.

    Raises Blocked (not-for-a-script).
    """
    known = sorted({name for command in commands(plan) for name in command.variables})
    invalid = next(
        (name for name in known if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)), None
    )
    if invalid is not None:
        raise Blocked(
            "not-for-a-script",
            f"{invalid!r} is not a valid environment variable name",
            "report this as a bug",
        )
    return known


def _components(plan: Plan, direction: Direction) -> Iterable[Component]:
    """Return the components with the steps of this direction."""
    if direction.verb == "execute":
        for component in direction.components(plan):
            steps = tuple(replace(step, undo=None) for step in component.steps)
            yield replace(component, steps=steps)
    else:
        for component in direction.components(plan):
            yield replace(component, steps=tuple(_undos(component)))


def _last(plan: Plan) -> set[str]:
    """Return the ids of the steps whose undos run after the others."""
    return {step.id for step in plan.steps if step.undo and step.undo.last}


def _undos(component: Component) -> Iterable[Step]:
    steps = [step for step in reversed(component.steps) if step.undo]
    for step in sorted(steps, key=lambda step: bool(step.undo and step.undo.last)):
        if step.undo:
            undo = step.undo
            yield replace(step, title=undo.title, do=undo.do, proof=undo.proof, undo=None)


def _words(used: Iterable[Command]) -> Iterable[str]:
    """Return the words of commands: arguments may name further functions."""
    for command in used:
        if command.argv[0] in functions.known():
            yield from command.argv


def _values(plan: Plan, run: Path, direction: Direction) -> dict[str, Any]:
    return {
        "verb": direction.verb,
        "script": direction.script,
        "verdict": plan.verdict,
        "environment": plan.environment,
        "project": plan.project,
        "run": str(run.resolve()),
        "key": private.project_key(Path(plan.project)),
        "protected": "yes" if plan.protected else "",
        "expires": int(datetime.fromisoformat(plan.expires_at.replace("Z", "+00:00")).timestamp()),
        "variables": " ".join(variables(plan)),
        "paths": [
            {"name": markup(name), "value": value}
            for name, value in absolute_paths(Path(plan.project)).items()
            if launch.is_passed(name, variables(plan))
        ],
    }
