"""Turn a plan into the rollback.sh and restore.sh that a person can read and run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rollback import VERSION
from rollback.approval import approvals
from rollback.records import disk
from rollback.script import templating
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.errors import Blocked
from rollback.model import Command, Guard, Move, Plan, Probe, Release, Step, Verb
from rollback.text import clean
from rollback.script.tools import Tools

SCRIPTS: dict[Verb, str] = {"execute": "rollback.sh", "restore": "restore.sh"}


def scripts(plan: Plan, run: Path) -> None:
    """Write rollback.sh and restore.sh into the run folder. Raises Unreadable (tool-missing), Blocked (not-for-a-script), Usage (not-writable)."""
    for verb, name in SCRIPTS.items():
        disk.write(run / name, text(plan, run, verb).encode(errors="surrogateescape"), mode=0o700)


def text(plan: Plan, run: Path, verb: Verb) -> str:
    """One script. `restore` is the same template over the undos, last step first."""
    template = templating.of_platform(plan.platform)
    tools = Tools(Path(plan.project), templating.functions(template))
    values: dict[str, Any] = {
        "verb": verb,
        "script": SCRIPTS[verb],
        "verdict": plan.verdict,
        "environment": plan.environment,
        "project": plan.project,
        "run": str(run.resolve()),
        "key": approvals.project_key(Path(plan.project)),
        "protected": "yes" if plan.protected else "",
        "expires": int(datetime.fromisoformat(plan.expires_at.replace("Z", "+00:00")).timestamp()),
        "variables": " ".join(variables(plan)),
        "about": list(_about(plan, verb)),
        "moves": plan.moves,
        "guards": [_guard(guard, verb, tools) for guard in plan.guards],
        "steps": [_step(step, tools) for step in _steps(plan, verb)],
    }
    return template.render(values, tools=tools.rows())


def commands(plan: Plan) -> list[Command]:
    """Every command that the two scripts may run."""
    probes = [
        probe
        for step in plan.steps
        for probe in (step.proof, step.undo and step.undo.proof)
        if probe
    ]
    changes = [
        command
        for step in plan.steps
        for command in (step.do, step.undo and step.undo.do)
        if command
    ]
    return [guard.command for guard in plan.guards] + changes + [probe.command for probe in probes]


def variables(plan: Plan) -> Sequence[str]:
    """Names of the environment variables that the commands need. Raises Blocked (not-for-a-script)."""
    names = sorted({name for command in commands(plan) for name in command.variables})
    odd = next((name for name in names if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)), None)
    if odd is not None:
        raise Blocked(
            "not-for-a-script",
            f"{odd!r} cannot be the name of an environment variable",
            "report this as a bug",
        )
    return names


def _steps(plan: Plan, verb: Verb) -> Sequence[Step]:
    if verb == "execute":
        return plan.steps
    backwards = list(reversed(plan.steps))
    undone = [
        replace(
            step,
            title=f"take back: {step.title}",
            do=step.undo.do,
            proof=step.undo.proof,
            undo=None,
        )
        for step in sorted(backwards, key=lambda step: bool(step.undo and step.undo.last))
        if step.undo
    ]
    before, after = (
        [step for step in plan.steps if step.lock == word] for word in ("take", "free")
    )
    return [*before, *undone, *after]


def _about(plan: Plan, verb: Verb) -> Iterable[str]:
    what = "Rolls back" if verb == "execute" else "Takes back the rollback of"
    yield f"{what} {plan.environment} ({plan.platform}, level {plan.level}{', protected' if plan.protected else ''})"
    yield from (_move(move, verb) for move in plan.moves)
    if verb == "execute":
        shown = (
            finding
            for finding in plan.findings
            if finding.level != "note" or finding.code == LEFT_ALONE
        )
        yield from (f"{finding.level} {finding.code}: {finding.message}" for finding in shown)
        yield from (f"irreversible: {step.title}" for step in plan.steps if step.irreversible)
    else:
        yield from (
            f"{finding.level} {finding.code}: {finding.message}"
            for finding in plan.findings
            if finding.code in ON_THE_WAY_BACK
        )
        kept = (
            step for step in plan.steps if step.undo is None and (step.moves or step.irreversible)
        )  # a lock or a wait changes nothing
        yield from (
            f"{'irreversible, ' if step.irreversible else ''}not taken back: {step.title}"
            for step in kept
        )
    yield f"planned {plan.created_at} by deployment-rollback {VERSION}"


def _move(move: Move, verb: Verb) -> str:
    ends = (move.current, move.to) if verb == "execute" else (move.to, move.current)
    return f"{move.target.app}: {' to '.join(map(_label, ends))}"


def _label(release: Release) -> str:
    return (
        release.id if release.version in (None, release.id) else f"{release.version} ({release.id})"
    )


def _guard(guard: Guard, verb: Verb, tools: Tools) -> dict[str, Any]:
    ends = (guard.current, guard.to) if verb == "execute" else (guard.to, guard.current)
    moves = guard.moves if len(guard.moves) == len(guard.current) else ("-",) * len(guard.current)
    return {
        "title": clean(guard.title),
        "words": tools.words(guard.command),
        "seconds": math.ceil(guard.command.timeout),
        "salt": guard.salt,
        "moves": " ".join(map(str, moves)),
        "pairs": [value for pair in zip(*ends, strict=True) for value in pair],
    }


def _step(step: Step, tools: Tools) -> dict[str, Any]:
    if not re.fullmatch(r"[a-z0-9.-]+", step.id):
        raise Blocked(
            "not-for-a-script",
            f"step id {step.id!r} is not made of a-z, 0-9, dots and dashes",
            "report this as a bug",
        )
    return {
        "id": step.id,
        "title": clean(step.title),
        "words": tools.words(step.do),
        "wave": step.lock or step.wave,
        "moves": " ".join(map(str, step.moves)),
        "seconds": math.ceil(step.deadline),
        "proof": step.proof and _proof(step.proof, tools),
        "guarded": step.guarded,
    }


def _proof(proof: Probe, tools: Tools) -> dict[str, Any]:
    return {
        "words": tools.words(proof.command),
        "seconds": math.ceil(proof.command.timeout),
        "expect": proof.expect,
        "salt": proof.salt,
    }
