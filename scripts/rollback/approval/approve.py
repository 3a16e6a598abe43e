"""Has a person said Yes to exactly this? Four ways, each ending in a nonce that the script verifies and uses up itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.approval import agent
from rollback.approval import approvals
from rollback.settings import project
from rollback.approval import terminal
from rollback.errors import ApprovalNeeded, Usage
from rollback.model import Plan, Verb

_NO_QUESTION = (
    "in the client: the person types /deployment-rollback again (its hook asks; it is missing in a resumed session, a sub-agent, with hooks off);"
    " or runs this in a terminal of their own"
)
WORDS = {"execute": "roll back", "restore": "restore"}


class Asked(Struct, frozen=True):
    """What is to be approved, and by which of the ways the command line chose."""

    project: Path
    plan: Plan
    verb: Verb
    digest: str
    shown: Callable[[], str]
    nonce: str | None = None
    given_digest: str | None = None
    force: bool = False
    reason: str | None = None


class Approved(Struct, frozen=True):
    nonce: str
    by: str  # question | terminal | settings | force
    reason: str


def obtain(asked: Asked) -> Approved:
    """Raises ApprovalNeeded (approval-* and the like, exit 4), Usage (reason-needed)."""
    if asked.nonce is not None:
        approvals.verify(asked.project, asked.nonce, asked.digest, asked.verb)
        session = os.environ.get("CLAUDE_CODE_SESSION_ID", "")
        typed = approvals.phrase_reason(asked.project, session, asked.digest)
        return Approved(asked.nonce, "question", asked.reason or typed)
    if asked.given_digest is not None:
        _allow_unattended(asked)
        return _mint(asked, "settings", asked.reason or "")
    client = agent.client_above()
    if client is not None:
        message = (
            f"beneath an agent client ({client}) only the client's own question can approve this"
        )
        raise ApprovalNeeded("agent-client", message, _NO_QUESTION)
    if asked.force and not asked.plan.protected:
        return _mint(asked, "force", asked.reason or "")
    return _mint(asked, "terminal", _question(asked) or asked.reason or "")


def _mint(asked: Asked, by: str, reason: str) -> Approved:
    return Approved(approvals.mint(asked.project, asked.digest, asked.verb), by, reason)


def _question(asked: Asked) -> str:
    """Returns the reason typed after the phrase."""
    word = approvals.PHRASE if asked.plan.protected else "yes"
    answer = terminal.ask(
        asked.shown(), f"Type {word} to {WORDS[asked.verb]} {asked.plan.environment}: "
    )
    said, _, reason = answer.partition(":") if asked.plan.protected else (answer, "", "")
    if said.strip() != word:
        raise ApprovalNeeded(
            "not-approved", "that is not the answer asked for; nothing was changed", "run it again"
        )
    return reason.strip()


def _allow_unattended(asked: Asked) -> None:
    """The standing decision of whoever committed the settings; changes that are not committed don't count."""
    from rollback.settings import model as settings

    if asked.given_digest != asked.digest:
        message = f"the digest given is not the one of this run ({asked.digest})"
        raise ApprovalNeeded(
            "digest-differs", message, "review the plan again, then give its digest"
        )
    if not (asked.reason or "").strip():
        raise Usage("reason-needed", "--digest needs a --reason", "add --reason TEXT")
    _check_committed(settings.committed(asked.project), asked)


def _check_committed(committed: Any, asked: Asked) -> None:
    name = asked.plan.environment
    own = committed.environments.get(name) if committed else None
    if committed is None and (trouble := project.git_trouble(asked.project)) is not None:
        raise ApprovalNeeded(
            "not-unattended", f"no committed settings can be read: {trouble.message}", trouble.fix
        )
    if own is None or not own.unattended:
        message = f"environments.{name}.unattended is not true in the settings as committed (git show HEAD:.claude/deployment-rollback.yml)"
        raise ApprovalNeeded(
            "not-unattended", message, "commit that decision first, or approve in a terminal"
        )
    if own.unattended_for and asked.plan.level not in own.unattended_for:
        message = f"the level {asked.plan.level} is not among unattended_for of {name} as committed"
        raise ApprovalNeeded(
            "level-not-unattended", message, "commit that decision first, or approve in a terminal"
        )
    client = agent.client_above()
    if client is not None and _protected(committed, asked):
        message = f"beneath an agent client ({client}) --digest is only for environments that are not protected"
        raise ApprovalNeeded("agent-client", message, "in the client: /deployment-rollback")


def _protected(committed: Any, asked: Asked) -> bool:
    from rollback.settings import environment

    return (
        asked.plan.protected
        or environment.resolve(asked.project, committed, asked.plan.environment).protected
    )
