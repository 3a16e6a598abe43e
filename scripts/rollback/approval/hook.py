"""The hook that asks before a rollback: the only place where a Yes in the client approves a run.

Standard library only.

It runs before every tool call of the session, so it quickly answers None to everything else;
what only a question needs is imported when there is one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from rollback.approval import ours, private
from rollback.settings import root

TYPE_CHECKING = False  # not from typing: its import would be a tenth of the time
if TYPE_CHECKING:
    from typing import Any

    Answer = dict[str, Any]

_READING = ("Read",)


def before_tool(event: dict[str, Any]) -> Answer | None:
    """Answer a PreToolUse event: ask, deny, or None (no opinion).

    Every call first revokes all outstanding approvals.
    """
    here = _revoke(event)
    tool_input = event.get("tool_input") or {}
    if words := _reserved_words(tool_input):
        return _deny(
            f"only a person types {words}, as a separate message: ask for it in your reply"
        )
    command = tool_input.get("command")
    if not isinstance(command, str):
        path = tool_input.get("file_path") or tool_input.get("notebook_path") or ""
        refusal = ours.refusal(here, str(path), event.get("tool_name") in _READING)
        return _deny(refusal) if refusal else None
    call = ours.call(command, here) if event.get("tool_name") == "Bash" else None
    if call is not None:
        return _asked(*call, event)
    return _deny(ours.exact_form()) if ours.named_in(command, here) else None


def turn_ended(event: dict[str, Any]) -> None:
    """Answer a Stop event: after a No the turn may end without another tool call."""
    _revoke(event)


def typed(event: dict[str, Any]) -> str | None:
    """Answer a UserPromptSubmit event: accept the phrase for the last protected plan shown."""
    session = _session(event)
    _revoke(event)
    phrase = re.fullmatch(
        rf"{ours.PHRASE}\s*(?::\s*(.*))?", str(event.get("prompt") or "").strip(), re.S
    )
    if phrase is None:
        return None
    from rollback.approval import asking

    return f"deployment-rollback: {asking.accept(session, phrase[1] or '')}"


def _asked(verb: str, run: Path, event: dict[str, Any]) -> Answer:
    from rollback.approval import asking
    from rollback.errors import ApprovalNeeded

    try:
        question, tool_input = asking.question(verb, run, event)
    except ApprovalNeeded as refusal:
        return _deny(str(refusal))
    return _answer("ask", question, updatedInput=tool_input)


def _reserved_words(tool_input: dict[str, Any]) -> str | None:
    """Return reserved words that a tool schedules: our hook would take them as typed."""
    if ours.PHRASE in json.dumps(tool_input):
        return ours.PHRASE
    prompt = str(tool_input.get("prompt") or "")
    return "/deployment-rollback" if re.match(r"\s*/\S*deployment-rollback", prompt) else None


def _revoke(event: dict[str, Any]) -> Path:
    """Revoke: an approval is valid only between its own question and its own command.

    Return the working directory. The session may have changed it since, so its projects count too.
    """
    directory, session = Path(event.get("cwd") or "."), _session(event)
    private.revoke_all(root.above(directory.resolve()))
    for project in private.projects(session) if session else ():
        private.revoke_all(project)
    return directory


def _session(event: dict[str, Any]) -> str:
    return str(event.get("session_id") or "")


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
