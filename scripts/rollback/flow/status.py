"""What serves now, how the last run ended, what is unfinished, which plan waits, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rollback.approval import approvals, shown
from rollback.cli import command
from rollback.errors import Locked, RollbackError
from rollback.flow import left_alone, past, serving, still_open, taken_back, undo
from rollback.flow.past import Run
from rollback.model import Plan, Probe
from rollback.records import lock
from rollback.records import run as runs_on_disk
from rollback.shell import Shell


def status(project: Path, environment: str | None = None) -> dict[str, Any]:
    """Return {run, state, verdict, environment, open, next, and the six keys below}.

    `run`, `state`, `verdict` and `environment` describe the run that an operator has to know first:
    an unfinished run, else a plan that waits for approval, else the last run started, else the
    newest plan. A plan that is blocked, a dry run or expired hides nothing. `next` goes on with the
    unfinished run or the waiting plan, else it is null. `live` is read now; if null, `unreadable`
    says why. `at_work` names the lock's holder. `open` lists what runs left behind.
    """
    runs = past.runs(project, environment)
    chief = past.chief(runs)
    reading = serving.read(project, environment or (chief.environment if chief else None))
    facts = {
        **{"live": reading.live, "unreadable": reading.problem, "at_work": _at_work(project)},
        "finished": _finished(past.newest(runs, *past.FINISHED)),
        "unfinished": _unfinished(past.newest(runs, "unfinished")),
        "waiting": _waiting(past.waiting(runs)),
    }
    return {
        **_chief(chief, reading.environment),
        "open": [*_open(project, runs, reading.live is not None), *reading.standing],
        "next": _next(facts),
        **facts,
    }


def open_items(project: Path, plan: Plan) -> list[str]:
    """Return a plan's follow-ups that are not known to be done."""
    return [
        finding.message for finding in plan.follow_up if taken_back.still_open(project, plan.moves)
    ]


def _chief(chief: Run | None, environment: str | None) -> dict[str, Any]:
    if chief is None:
        return {"run": None, "state": "none", "verdict": None, "environment": environment}
    verdict = chief.plan.verdict if chief.plan else None
    return {
        "run": str(chief.folder),
        "state": chief.state,
        "verdict": verdict,
        "environment": chief.environment or environment,
    }


def _next(facts: dict[str, Any]) -> str | None:
    """Return the next command; None while another run is at work."""
    following = facts["unfinished"] or facts["waiting"]
    return following["command"] if following and not facts["at_work"] else None


def _finished(run: Run | None) -> dict[str, Any] | None:
    """Return the last finished run; `exit` is null if only the script ran."""
    if run is None:
        return None
    back = run.state == "finished" and run.plan is not None and undo.is_possible(run.plan)
    common = _common(run)
    if run.state == "restored":
        common["moves"] = [{**row, "from": row["to"], "to": row["from"]} for row in common["moves"]]
    return {
        **common,
        "outcome": past.word(run),
        "exit": run.outcome.exit if run.outcome else None,
        "health": run.health,
        "at": run.at,
        "command": command("summary", run.folder),
        "restore": command("restore", run.folder) if back else None,
    }


def _unfinished(run: Run | None) -> dict[str, Any] | None:
    """Return the unfinished run; `command` resumes it in its last direction.

    Without a plan only `abandon` is possible.
    """
    if run is None:
        return None
    back = run.plan is not None and undo.is_possible(run.plan)
    return {
        **_common(run),
        "outcome": past.word(run),
        "health": run.health,
        "at": run.at,
        "step": run.step,
        "command": command(run.verb, run.folder) if run.plan else None,
        "restore": command("restore", run.folder) if back else None,
        "abandon": command("plan", "--abandon", run.folder),
    }


def _waiting(run: Run | None) -> dict[str, Any] | None:
    if run is None or run.plan is None:
        return None
    plan = run.plan
    return {
        **_common(run),
        "verdict": plan.verdict,
        "health": plan.health.verdict,
        "at": plan.created_at,
        "expires_at": plan.expires_at,
        "command": command("execute", run.folder),
    }


def _common(run: Run) -> dict[str, Any]:
    moves = run.plan.moves if run.plan else ()
    rows = [
        {
            "component": move.target.component,
            "app": move.target.app,
            "from": move.current.id,
            "to": move.to.id,
        }
        for move in moves
    ]
    return {"run": str(run.folder), "environment": run.environment, "moves": rows}


def _at_work(project: Path) -> str | None:
    try:
        lock.look(project)
    except Locked as error:
        return error.message
    return None


def _open(project: Path, runs: Sequence[Run], readable: bool) -> list[str]:
    """Return open items of the last run, the last finished one, and reminders that steps left."""
    last = past.newest(runs, "finished")
    began = past.newest(runs, "finished", "restored", "abandoned", "unfinished")
    items = [*past.also_taken_back(began)] if began else []
    if last and last.plan:
        stays = [
            left_alone.line(finding)
            for finding in left_alone.findings(last.plan)
            if finding.level == "warning"
        ]
        items += [*(stays if last is began else ()), *open_items(project, last.plan)]
        items += still_open.next_deploy(last.plan, readable)
    if began and began.state in past.FINISHED and not began.outcome:
        again = command(began.verb, began.folder)
        items.append(f"no result was recorded; to check health and record it: {again}")
    for run in (began, last, past.newest(runs, "unfinished")):
        items += _reminders(project, run) if run else ()
    return list(dict.fromkeys(items))


def _reminders(project: Path, run: Run) -> Iterator[str]:
    """Yield reminders of steps while their proof holds or cannot be read."""
    lines = runs_on_disk.journal(run.folder)
    steps = still_open.reminders(run.plan, lines) if run.plan else []
    as_planned = bool(steps) and _as_planned(project, run)
    shell = Shell(project)
    for step in steps:
        if step.proof and (not as_planned or _holds(shell, step.proof)):
            yield step.reminder


def _as_planned(project: Path, run: Run) -> bool:
    """Whether the plan is unchanged since it was made here: only then are its proofs read."""
    try:
        return shown.digest_of(project, run.folder) == approvals.digest(run.folder)
    except RollbackError:
        return False


def _holds(shell: Shell, proof: Probe) -> bool:
    try:
        answer = shell.ask(proof.command)
    except RollbackError:
        return True
    return bool(answer.status) or answer.stdout.strip() == proof.expect
