"""The client's question before a rollback: what a person reads, and the only place where a Yes becomes a key. Standard library only.

It runs before every tool call of the session, so it answers None for everything that is not ours, fast.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from pathlib import Path
from typing import Any

from rollback.approval import approvals
from rollback.approval import question
from rollback.settings import root
from rollback.approval import shown
from rollback.errors import ApprovalNeeded, RollbackError

SCRIPTS = Path(__file__).parents[2]
DEADLINE = 540  # seconds: the client ends a command at 600
_WORD = r"(?:[\w@%+=:,./-]|'[^'\n]*'|\"[^\"$`\\!\n]*\")+"
_CALL = re.compile(rf"\s*python3[ \t]+({_WORD})[ \t]+({_WORD})\s*", re.ASCII)
_OURS = re.compile(
    r"(execute|restore|approve)\.py|(rollback|restore)\.sh|ROLLBACK_NONCE|deployment-rollback/[0-9a-f]{16}"
)
_RUN = re.compile(r"\.rollback-checkpoint-\d{8}-\d{6}")

Answer = dict[str, Any]


def before_tool(event: dict[str, Any]) -> Answer | None:
    """The answer of a PreToolUse hook: ask, deny, or None (nothing to say). Every call first revokes what is outstanding."""
    here = Path(event.get("cwd") or ".")
    _revoke(here, _session(event))
    given = event.get("tool_input") or {}
    if said := _of_a_person(given):
        return _deny(
            f"only a person types {said}, as a message of their own: ask for it in your reply"
        )
    command = given.get("command")
    if not isinstance(command, str):
        return _about_file(here, str(given.get("file_path") or given.get("notebook_path") or ""))
    script, run = _called(command, here) if event.get("tool_name") == "Bash" else (here, here)
    if script.name in ("execute.py", "restore.py") and os.path.realpath(
        script.parent
    ) == os.path.realpath(SCRIPTS):
        return _ask(script.stem, run, event)
    bare = re.sub(r"[\"'\\]", "", command)
    if _OURS.search(bare) or _OURS.search(command) or str(_state()) in bare:
        form = f"python3 {shlex.quote(str(SCRIPTS / 'execute.py'))} RUN-FOLDER"
        return _deny(
            f"only this exact form runs, alone in its command: {form} (or restore.py). To look into a file use the Read tool"
        )
    return None


def _of_a_person(given: dict[str, Any]) -> str | None:
    """What no tool may say: a prompt that a tool schedules reaches the client, and our hook, like one that was typed."""
    if approvals.PHRASE in json.dumps(given):
        return approvals.PHRASE
    return (
        "/deployment-rollback"
        if re.match(r"\s*/\S*deployment-rollback", str(given.get("prompt") or ""))
        else None
    )


def _revoke(here: Path, session: str) -> None:
    """A key lives only between its own question and its own command, wherever the session has moved since."""
    for project in {root.above(here.resolve()), *(shown.projects(session) if session else ())}:
        approvals.revoke_all(project)


def _session(event: dict[str, Any]) -> str:
    return str(event.get("session_id") or "")


def _state() -> Path:
    return approvals.state_folder(Path()).parent


def _called(command: str, here: Path) -> tuple[Path, Path]:
    """Script and run folder of a command that is nothing but `python3 SCRIPT RUN`; else the working directory twice."""
    call = _CALL.fullmatch(command)
    if call is None:
        return here, here
    script, run = (
        Path(os.path.normpath(here / "".join(shlex.split(word)))) for word in call.groups()
    )
    return script, run


def typed(event: dict[str, Any]) -> str | None:
    """The answer of a UserPromptSubmit hook: takes the phrase for the protected plan that this session was shown last."""
    session = _session(event)
    _revoke(Path(event.get("cwd") or "."), session)
    said = re.fullmatch(
        rf"{approvals.PHRASE}\s*(?::\s*(.*))?", str(event.get("prompt") or "").strip(), re.S
    )
    if said is None:
        return None
    project = next(iter(shown.projects(session) if session else ()), None)
    name = shown.last_run(project, session) if project else None
    if project is None or name is None:
        return "deployment-rollback: no plan waits for this phrase; plan first."
    run = project / name
    try:
        digest = _unchanged(project, run)
        plan = question.load(run)
        if not plan["protected"] or _over(plan, run):
            return "deployment-rollback: no protected plan waits for this phrase, or it has expired; plan again."
        approvals.record_phrase(project, session, digest, (said[1] or "").strip()[:200])
    except (RollbackError, OSError, ValueError, KeyError, TypeError) as error:
        return f"deployment-rollback: the phrase was not taken: {error}"
    return f"deployment-rollback: phrase taken for {name}; now run the command of its `next:` line."


def _ask(verb: str, run: Path, event: dict[str, Any]) -> Answer:
    project, session = run.parent, _session(event)
    approvals.revoke_all(project)
    try:
        if not _RUN.fullmatch(run.name) or not run.is_dir() or run.is_symlink():
            return _deny(f"{run} is no run folder")
        digest = _unchanged(project, run)
        plan = question.load(run)
        if why := _unfit(verb, plan, run):
            return _deny(why)
        if not session or shown.session_of(project, run) != session:
            return _deny(
                "this session was not shown that plan. The person types: /deployment-rollback status (or plans again)"
            )
        if plan["protected"] and not approvals.phrase_given(project, session, digest):
            how = f"Show the plan, then ask the person to type exactly {approvals.PHRASE} as their next message"
            return _deny(f"{plan['environment']} is protected. {how}")
        reason = question.text(verb, plan, run)
        nonce = approvals.mint(project, digest, verb)
    except (RollbackError, OSError, ValueError, KeyError, TypeError) as error:
        return _deny(f"this cannot be asked: {error}")
    words = [
        "python3",
        str(SCRIPTS / f"{verb}.py"),
        str(run),
        "--approval",
        nonce,
        "--deadline",
        str(DEADLINE),
    ]
    changed = {**event["tool_input"], "command": shlex.join(words), "timeout": 600000}
    changed.pop("run_in_background", None)
    return _answer("ask", reason, updatedInput=changed)


def _unchanged(project: Path, run: Path) -> str:
    """The digest, when it is still the one that the plan had. Raises ApprovalNeeded."""
    digest, planned = approvals.digest(run), shown.digest_of(project, run)
    if planned is None:
        raise ApprovalNeeded(
            "not-shown", "this run was not planned by this account", "make a new plan"
        )
    if planned != digest:
        raise ApprovalNeeded(
            "run-tampered",
            f"{run.name} was changed after it was planned; make a new plan",
            "make a new plan",
        )
    return digest


def _unfit(verb: str, plan: dict[str, Any], run: Path) -> str | None:
    if plan["verdict"] != "ready":
        return f"this plan is {plan['verdict']}: it cannot be executed"
    if verb == "restore" and not question.has_way_back(plan):
        return "nothing of this run can be taken back: see its summary"
    if verb == "restore":
        return (
            None
            if question.started(run)
            else "this run was never started: there is nothing to restore"
        )
    return (
        "this plan has expired (or the clock was set back): plan again"
        if _over(plan, run)
        else None
    )


def _over(plan: dict[str, Any], run: Path) -> bool:
    """A run that was started does not expire. All times are ISO 8601 in UTC, so they compare as text."""
    now, soon = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later)) for later in (0, 60)
    )
    return not question.started(run) and not (
        plan["created_at"] <= soon and now <= plan["expires_at"]
    )


def _about_file(here: Path, path: str) -> Answer | None:
    """Our own records, and the skill itself, are not for a client to write."""
    real = os.path.realpath(here / path) if path else ""
    own = tuple(os.path.realpath(folder) + os.sep for folder in (_state(), SCRIPTS.parent))
    if path and (_RUN.search(path) or _RUN.search(real) or real.startswith(own)):
        return _deny(
            "run folders, approvals and the skill itself are not edited during a rollback; plan again instead"
        )
    return None


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
