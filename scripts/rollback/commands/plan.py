"""The agent's one call: read the words; answer with plan, history, status or restore."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rollback import cli
from rollback.approval import approvals, shown
from rollback.commands import abandon, drill, present, present_history, present_status, words
from rollback.commands.answer import Answer
from rollback.commands.plan_document import document
from rollback.commands.plan_options import Call, options, read
from rollback.flow import history, later, past, plan, selection, site, status, undo
from rollback.records import lock, run
from rollback.settings import load as settings

__all__ = ["EXITS", "answer", "options", "read"]

EXITS = (3, 4, 6, 9, 12)
VERDICTS = {"ready": 0, "already": 0, "dry-run": 0, "choose": 2, "nothing": 3, "blocked": 6}
# from standard input these end with 0: the client would not let the model see a failed command
FOR_THE_MODEL = ("ready", "already", "choose", "blocked", "dry-run")


def answer(call: Call) -> Answer:
    """Answer the words of one call. Raises every RollbackError that prevents an answer."""
    root = call.request.project
    if call.abandon:
        return abandon.answer(root, call.abandon, call.request.reason)
    typed = words.parse(
        call.words, settings.load(root), lambda word: history.knows(root, call.words, word)
    )
    request = replace(call.request, environment=typed.environment, wanted=typed.target)
    call = replace(call, request=request)
    return drill.answer(call, typed.action) if call.drill else MODES[typed.action](call)


def _rollback(call: Call) -> Answer:
    root = call.request.project
    lock.look(root)  # a running rollback is changing the state that a plan would read
    planned = plan.make(call.request)
    verdict, folder = planned.plan.verdict, planned.run
    digest = approvals.digest(folder) if folder else None
    command = cli.command("execute", folder) if folder and verdict == "ready" else None
    if folder and digest and command:
        shown.remember(root, folder, digest, _session())  # its hook may ask about it
    facts = document(planned.plan, str(folder) if folder else None, digest, command)
    exit = 0 if call.from_stdin and verdict in FOR_THE_MODEL else VERDICTS[verdict]
    return Answer(facts, list(present.plan_lines(planned.plan, command)), exit)


def _history(call: Call) -> Answer:
    request = call.request
    location = site.find(request.project, request.environment, request.refresh)
    facts = history.remembered(selection.of(location, request.apps), request.refresh)
    return Answer(facts, list(present_history.history_lines(facts)))


def _status(call: Call) -> Answer:
    root = call.request.project
    facts = status.status(root, call.request.environment)
    if facts["next"]:
        shown.remember_again(root, Path(facts["run"]), _session())
    return Answer(facts, list(present_status.lines(facts)))


def _restore(call: Call) -> Answer:
    root = call.request.project
    folder = run.find(root, None, "restore", call.request.environment)
    if run.state(folder) == "restored" and _arrived(root, folder):
        lines = list(present.restored_lines(run.load_plan(folder)))
        return Answer(_restore_facts(folder, "already", None), lines)
    saved = run.load_plan(folder)
    later.refuse_restore(folder, saved)
    shown.remember_again(root, folder, _session())
    command = cli.command("restore", folder) if undo.is_possible(saved) else None
    lines = list(present.restore_lines(saved, command, past.health(folder)))
    return Answer(_restore_facts(folder, None, command), lines)


def _restore_facts(folder: Path, outcome: str | None, command: str | None) -> dict[str, Any]:
    return {"run": str(folder), "outcome": outcome, "next": command}


def _arrived(root: Path, folder: Path) -> bool:
    from rollback.flow import job, settled

    return settled.arrived(job.load(job.Request(root, "restore", str(folder))))


def _session() -> str:
    return os.environ.get("CLAUDE_CODE_SESSION_ID", "")


MODES: dict[words.Action, Callable[[Call], Answer]] = {
    "rollback": _rollback,
    "history": _history,
    "status": _status,
    "restore": _restore,
}
