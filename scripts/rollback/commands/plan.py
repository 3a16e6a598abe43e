"""The one call of the agent: understands the words and answers with a plan, the history, the status or the restore command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from rollback import cli
from rollback.approval import approvals
from rollback.records import audit
from rollback.records import lock
from rollback.commands import present
from rollback.commands import present_status
from rollback.settings import project
from rollback.records import run
from rollback.settings import model as settings
from rollback.approval import shown
from rollback.flow import undo
from rollback.commands import words
from rollback.errors import Usage
from rollback.flow import history, plan, status
from rollback.model import Move, Plan

EXITS = {"ready": 0, "already": 0, "dry-run": 0, "choose": 2, "nothing": 3, "blocked": 6}
SESSION = os.environ.get("CLAUDE_CODE_SESSION_ID", "")
OF_ONE_PLATFORM = ("suspend_owner", "no_cluster_lock", "no_inline_values")
TOLD = (
    "ready",
    "already",
    "choose",
    "blocked",
    "dry-run",
)  # a non-zero injected command would never reach the model


class Answer(Struct, frozen=True):
    facts: dict[str, Any]
    lines: Sequence[str]
    exit: int = 0
    as_json: bool = False


def answer(**options: Any) -> Answer:
    """Options of plan.py in, answer out. Raises every RollbackError that says why there is none."""
    if options.get("args_stdin"):
        options = _from_stdin(options)
    root = project.find(options["project_dir"])
    if options["abandon"]:
        return _abandon(root, options)
    said = words.parse(
        options["words"],
        settings.load(root),
        lambda word: history.knows(root, options["words"], word),
    )
    if said.action == "status":
        facts = status.status(root, said.environment)
        if facts["next"]:
            shown.remember(root, Path(facts["run"]), approvals.digest(Path(facts["run"])), SESSION)
        return Answer(facts, list(present_status.lines(facts)), as_json=options["as_json"])
    if said.action == "restore":
        return _restore(root, said.environment, options["as_json"])
    if said.action == "history":
        where = history.place(root, said.environment, options["clear_cache"] or options["force"])
        facts = history.remembered(
            where, options["apps"], options["clear_cache"] or options["force"]
        )
        return Answer(facts, list(present.history_lines(facts)), as_json=options["as_json"])
    return _plan(root, said, options)


def _plan(root: Path, said: words.Words, options: dict[str, Any]) -> Answer:
    lock.look(root)  # what a run is changing just now cannot be planned
    made = plan.make(
        plan.Request(
            root,
            said.environment,
            said.target,
            _level(options),
            tuple(options["apps"]),
            options["force"] or options["clear_cache"],
            options["dry_run"],
            options["reason"],
            tuple(name.replace("_", "-") for name in OF_ONE_PLATFORM if options[name]),
        )
    )
    digest = approvals.digest(made.run) if made.run else None
    following = (
        cli.command("execute", made.run) if made.run and made.plan.verdict == "ready" else None
    )
    exit = 0 if options["args_stdin"] and made.plan.verdict in TOLD else EXITS[made.plan.verdict]
    folder = str(made.run) if made.run else None
    if made.run and digest and following:
        shown.remember(root, made.run, digest, SESSION)
    lines = list(present.plan_lines(made.plan, folder, digest, following))
    return Answer(as_json(made.plan, folder, digest, following), lines, exit, options["as_json"])


def as_json(
    made: Plan, folder: str | None, digest: str | None, following: str | None
) -> dict[str, Any]:
    """The plan in the words of the contract: what programs may rely on, without what only our scripts need."""
    return {
        "verdict": made.verdict,
        "digest": digest,
        "created_at": made.created_at,
        "expires_at": made.expires_at,
        "level": made.level,
        "environment": made.environment,
        "protected": made.protected,
        "platform": made.platform,
        "moves": [_move(move) for move in made.moves],
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "part": step.part,
                "irreversible": step.irreversible,
            }
            for step in made.steps
        ],
        "findings": to_builtins(made.findings),
        "taken_back": to_builtins(made.taken_back),
        "health": to_builtins(made.health),
        "run": folder,
        "next": following,
    }


def _move(move: Move) -> dict[str, Any]:
    target = {
        name: getattr(move.target, name)
        for name in ("environment", "platform", "app", "where", "protected")
    }
    releases = {
        side: {name: getattr(getattr(move, side), name) for name in history.SHOWN}
        for side in ("current", "to")
    }
    return {"target": target, **releases, "bare": move.bare, "skipped": to_builtins(move.skipped)}


def _level(options: dict[str, Any]) -> str:
    return "full" if options["full"] else "with-db" if options["with_db"] else "app"


def _from_stdin(options: dict[str, Any]) -> dict[str, Any]:
    """The options again, as if the words on standard input had stood on the command line."""
    import plan as script  # the command line itself knows its options

    text = sys.stdin.read(65536) if sys.stdin else ""
    cli.heard(text.split())
    said = words.from_stdin(text)
    context = script.main.make_context("plan.py", list(said))
    typed = {
        **context.params,
        "args_stdin": True,
        "project_dir": context.params["project_dir"] or options["project_dir"],
    }
    return {**typed, "as_json": typed["as_json"] or options["as_json"]}


def _abandon(root: Path, options: dict[str, Any]) -> Answer:
    folder = run.find(root, options["abandon"], "summary")
    if run.state(folder) != "unfinished":
        raise Usage(
            "not-unfinished",
            f"run {folder.name} is {run.state(folder)}, not unfinished",
            "there is nothing to close",
        )
    run.abandon(folder)
    audit.take_over(root, folder)
    audit.record(root, "abandon", run=folder.name, reason=options["reason"] or "")
    locks = _locks(folder)
    lines = [
        f"abandoned: {folder}",
        "its changes stay as they are: plan again to see where things stand",
    ]
    lines += [f"what it may have left locked is freed by: {one}" for one in locks]
    return Answer({"abandoned": str(folder), "locks": locks}, lines, as_json=options["as_json"])


def _locks(folder: Path) -> list[str]:
    """How to free by hand what keeps other machines away; a run whose plan is damaged can be closed, too."""
    try:
        return [step.by_hand for step in run.load_plan(folder).steps if step.by_hand]
    except Usage:
        return []


def _restore(root: Path, environment: str | None, as_json: bool) -> Answer:
    folder = run.find(root, None, "restore", environment)
    if run.state(folder) == "restored" and _arrived(root, folder):
        lines = list(present.restored_lines(run.load_plan(folder), str(folder)))
        facts = {"run": str(folder), "outcome": "already", "next": None}
        return Answer(facts, lines, as_json=as_json)
    shown.remember(root, folder, approvals.digest(folder), SESSION)
    made = run.load_plan(folder)
    command = cli.command("restore", folder) if undo.is_open(made) else None
    lines = list(present.restore_lines(made, str(folder), command))
    return Answer({"run": str(folder), "outcome": None, "next": command}, lines, as_json=as_json)


def _arrived(root: Path, folder: Path) -> bool:
    from rollback.flow import job, settled

    return settled.arrived(job.load(job.Request(root, "restore", str(folder))))
