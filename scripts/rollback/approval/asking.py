"""What the hook asks a person before one of our commands, and what it accepts as typed.

Standard library only.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from rollback.approval import agent, approvals, asked, ours, phrases, private, run_folder, shown
from rollback.approval.run_folder import RunFolder
from rollback.errors import ApprovalNeeded, RollbackError

DEADLINE = 540  # seconds: the client ends a command at 600
# in auto, dontAsk and plan no command ran with this wish (client 2.1.330, sandbox on)
_MAY_LEAVE_SANDBOX = ("default", "acceptEdits", "bypassPermissions")
_DAMAGED = (RollbackError, OSError, ValueError, KeyError, TypeError)


def accept(session: str, reason: str) -> str:
    """Record the typed phrase for the last protected plan shown; return what to tell."""
    project = next(iter(private.projects(session) if session else ()), None)
    name = shown.last_run(project, session) if project else None
    if project is None or name is None:
        return "no plan is waiting for this phrase; plan first."
    try:
        folder = _unchanged(run_folder.read(project / name))
        if not folder.protected or folder.expired:
            return "no protected plan is waiting for this phrase, or it has expired; plan again."
        phrases.record(project, session, folder.digest, reason.strip()[:200])
    except _DAMAGED as error:
        return f"the phrase was not accepted: {error}"
    return f"phrase accepted for {name}; now run the command of its `next:` line."


def question(verb: str, run: Path, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the question, and the tool's input with the command that a Yes runs.

    Raises ApprovalNeeded (not-asked): nothing is asked and nothing runs.
    """
    session = str(event.get("session_id") or "")
    private.revoke_all(run.parent)
    if not ours.RUN.fullmatch(run.name) or not run.is_dir() or run.is_symlink():
        raise ApprovalNeeded("not-asked", f"{run} is not a run folder")
    try:
        folder = _unchanged(run_folder.read(run))
        refusal = _unfit(verb, folder) or _not_shown(folder, session)
        nonce = "" if refusal else _minted(verb, folder)
    except _DAMAGED as error:
        raise ApprovalNeeded("not-asked", f"cannot ask for approval: {error}") from error
    if refusal:
        raise ApprovalNeeded("not-asked", refusal)
    text = asked.text(folder.questions[verb], run, _reason(verb, folder, session))
    return text, _changed(event, _canonical(verb, run, nonce))


def _minted(verb: str, folder: RunFolder) -> str:
    return approvals.mint(folder.path.parent, folder.digest, verb, agent.asking_client())


def _changed(event: dict[str, Any], command: str) -> dict[str, Any]:
    changed = {**event["tool_input"], "command": command, "timeout": 600000}
    if event.get("permission_mode") in _MAY_LEAVE_SANDBOX:
        changed["dangerouslyDisableSandbox"] = True
    changed.pop("run_in_background", None)
    return changed


def _reason(verb: str, folder: RunFolder, session: str) -> str:
    """Return what was typed with the phrase, else the reason of the plan."""
    typed = phrases.reason(folder.path.parent, session, folder.digest)
    return typed or (folder.reason if verb == "execute" else "")


def _canonical(verb: str, run: Path, nonce: str) -> str:
    script = str(ours.SCRIPTS / f"{verb}.py")
    return shlex.join(
        ["python3", script, str(run), "--approval", nonce, "--deadline", str(DEADLINE)]
    )


def _unchanged(folder: RunFolder) -> RunFolder:
    """Return the folder if its digest is still the plan's.

    Raises ApprovalNeeded (not-shown, run-tampered).
    """
    run = folder.path
    if shown.digest_of(run.parent, run) is None:
        message = (
            "this run was not planned by this account; the person may run it in their own terminal"
        )
        raise ApprovalNeeded("not-shown", message, "make a new plan")
    shown.refuse_changed(run.parent, run, folder.digest)
    return folder


def _unfit(verb: str, folder: RunFolder) -> str | None:
    if folder.verdict != "ready":
        return f"this plan is {folder.verdict}: it cannot be executed"
    if verb == "execute":
        expired = "this plan has expired (or the clock was set back): plan again"
        return expired if folder.expired else None
    if not folder.questions["restore"]:
        return "nothing in this run can be undone: see its summary"
    return None if folder.started else "this run was never started: there is nothing to restore"


def _not_shown(folder: RunFolder, session: str) -> str | None:
    """Require that this session saw the plan, and that a person typed a protected one's phrase."""
    project = folder.path.parent
    if not session or shown.session_of(project, folder.path) != session:
        return (
            "this session was not shown that plan. "
            "The person types: /deployment-rollback status (or plans again)"
        )
    if folder.protected and not phrases.given(project, session, folder.digest):
        return (
            f"{folder.environment} is protected. Show the plan, then ask the person to type exactly"
            f" {ours.PHRASE} as their next message"
        )
    return None


def _session(event: dict[str, Any]) -> str:
    return str(event.get("session_id") or "")
