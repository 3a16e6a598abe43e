"""The hook that asks before a rollback: the only place where a Yes in the client approves a run.

Standard library only.

It runs before every tool call of the session, so it quickly answers None to everything else.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

from rollback.approval import approvals, run_folder, shown
from rollback.approval.run_folder import RunFolder
from rollback.errors import ApprovalNeeded, RollbackError
from rollback.settings import root

SCRIPTS = Path(__file__).parents[2]
DEADLINE = 540  # seconds: the client ends a command at 600
_WORD = r"(?:[\w@%+=:,./-]|'[^'\n]*'|\"[^\"$`\\!\n]*\")+"
_CALL = re.compile(rf"\s*python3[ \t]+({_WORD})[ \t]+({_WORD})\s*", re.ASCII)
_OURS = re.compile(
    r"(execute|restore|approve)\.py|(rollback|restore)\.sh|question\.(execute|restore)\.txt"
    r"|ROLLBACK_NONCE|deployment-rollback/[0-9a-f]{16}"
)
_RUNNER = "runner.sh"  # a common name: it is ours if a run folder is named beside it
_READING = ("Read",)
_RUN = re.compile(r"\.rollback-checkpoint-\d{8}-\d{6}")
_PHRASE = re.compile(rf"{approvals.PHRASE}\s*(?::\s*(.*))?", re.S)
_DAMAGED = (RollbackError, OSError, ValueError, KeyError, TypeError)

Answer = dict[str, Any]


def before_tool(event: dict[str, Any]) -> Answer | None:
    """Answer a PreToolUse event: ask, deny, or None (no opinion).

    Every call first revokes all outstanding approvals.
    """
    here = Path(event.get("cwd") or ".")
    _revoke(here, _session(event))
    tool_input = event.get("tool_input") or {}
    if words := _reserved_words(tool_input):
        return _deny(
            f"only a person types {words}, as a separate message: ask for it in your reply"
        )
    command = tool_input.get("command")
    if not isinstance(command, str):
        path = tool_input.get("file_path") or tool_input.get("notebook_path") or ""
        return _about_file(here, str(path), event.get("tool_name") in _READING)
    call = _call(command, here) if event.get("tool_name") == "Bash" else None
    if call is not None:
        return _ask(*call, event)
    return _deny(_exact_form()) if _names_us(command, here) else None


def typed(event: dict[str, Any]) -> str | None:
    """Answer a UserPromptSubmit event: accept the phrase for the last protected plan shown."""
    session = _session(event)
    _revoke(Path(event.get("cwd") or "."), session)
    phrase = _PHRASE.fullmatch(str(event.get("prompt") or "").strip())
    return f"deployment-rollback: {_accept(session, phrase[1] or '')}" if phrase else None


def _accept(session: str, reason: str) -> str:
    project = next(iter(shown.projects(session) if session else ()), None)
    name = shown.last_run(project, session) if project else None
    if project is None or name is None:
        return "no plan is waiting for this phrase; plan first."
    try:
        folder = _unchanged(run_folder.read(project / name))
        if not folder.protected or folder.expired:
            return "no protected plan is waiting for this phrase, or it has expired; plan again."
        approvals.record_phrase(project, session, folder.digest, reason.strip()[:200])
    except _DAMAGED as error:
        return f"the phrase was not accepted: {error}"
    return f"phrase accepted for {name}; now run the command of its `next:` line."


def _ask(verb: str, run: Path, event: dict[str, Any]) -> Answer:
    approvals.revoke_all(run.parent)
    if not _RUN.fullmatch(run.name) or not run.is_dir() or run.is_symlink():
        return _deny(f"{run} is not a run folder")
    try:
        folder = _unchanged(run_folder.read(run))
        refusal = _unfit(verb, folder) or _not_shown(folder, _session(event))
        if refusal:
            return _deny(refusal)
        nonce = approvals.mint(run.parent, folder.digest, verb)
    except _DAMAGED as error:
        return _deny(f"cannot ask for approval: {error}")
    command = _canonical(verb, run, nonce)
    changed = {**event["tool_input"], "command": command, "timeout": 600000}
    changed.pop("run_in_background", None)
    return _answer("ask", folder.questions[verb], updatedInput=changed)


def _canonical(verb: str, run: Path, nonce: str) -> str:
    script = str(SCRIPTS / f"{verb}.py")
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
    if folder.protected and not approvals.phrase_given(project, session, folder.digest):
        return (
            f"{folder.environment} is protected. Show the plan, then ask the person to type exactly"
            f" {approvals.PHRASE} as their next message"
        )
    return None


def _reserved_words(tool_input: dict[str, Any]) -> str | None:
    """Return reserved words that a tool schedules: our hook would take them as typed."""
    if approvals.PHRASE in json.dumps(tool_input):
        return approvals.PHRASE
    prompt = str(tool_input.get("prompt") or "")
    return "/deployment-rollback" if re.match(r"\s*/\S*deployment-rollback", prompt) else None


def _revoke(directory: Path, session: str) -> None:
    """Revoke: an approval is valid only between its own question and its own command.

    The session may have changed its working directory since.
    """
    for project in {root.above(directory.resolve()), *(shown.projects(session) if session else ())}:
        approvals.revoke_all(project)


def _session(event: dict[str, Any]) -> str:
    return str(event.get("session_id") or "")


def _state() -> Path:
    return approvals.state_folder(Path()).parent


def _call(command: str, directory: Path) -> tuple[str, Path] | None:
    """Return verb and run folder if the command is just `python3 SCRIPT RUN` of our scripts."""
    call = _CALL.fullmatch(command)
    if call is None:
        return None
    script, run = (
        Path(os.path.normpath(directory / "".join(shlex.split(word)))) for word in call.groups()
    )
    is_ours = os.path.realpath(script.parent) == os.path.realpath(SCRIPTS)
    return (script.stem, run) if is_ours and script.name in ("execute.py", "restore.py") else None


def _names_us(command: str, directory: Path) -> bool:
    unquoted = re.sub(r"[\"'\\]", "", command)
    if _OURS.search(unquoted) or _OURS.search(command) or str(_state()) in unquoted:
        return True
    return _RUNNER in unquoted and ".rollback-checkpoint-" in f"{directory} {unquoted}"


def _exact_form() -> str:
    form = f"python3 {shlex.quote(str(SCRIPTS / 'execute.py'))} RUN-FOLDER"
    return (
        f"only this exact form runs, alone in its command: {form} (or restore.py). "
        "To read a file use the Read tool"
    )


def _about_file(directory: Path, path: str, reads: bool) -> Answer | None:
    """Let the client read run folders and the skill but not edit them; deny approvals."""
    if not path:
        return None
    real = os.path.realpath(directory / path)
    if real.startswith(_inside(_state())):
        return _deny("an agent may neither read nor write approvals")
    if reads or not (
        _RUN.search(path) or _RUN.search(real) or real.startswith(_inside(SCRIPTS.parent))
    ):
        return None
    return _deny(
        "do not edit run folders or the skill itself during a rollback; plan again instead"
    )


def _inside(folder: Path) -> str:
    return os.path.realpath(folder) + os.sep


def _deny(why: str) -> Answer:
    return _answer("deny", f"deployment-rollback: {why}")


def _answer(decision: str, reason: str, **more: Any) -> Answer:
    facts = {
        "hookEventName": "PreToolUse",
        "permissionDecision": decision,
        "permissionDecisionReason": reason,
        **more,
    }
    return {"hookSpecificOutput": facts}
