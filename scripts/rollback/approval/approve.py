"""Check that a person approved exactly this: four ways, each ending in a nonce.

The script verifies the nonce and uses it up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from rollback.approval import agent, approvals, asked, ours, phrases, shown, terminal
from rollback.errors import ApprovalNeeded, Usage
from rollback.records import run
from rollback.settings import project
from rollback.text import clean

if TYPE_CHECKING:
    from rollback.flow.job import Job
    from rollback.settings.model import EnvironmentSettings, Settings

IN_THE_CLIENT = (
    "in the client: the person types /deployment-rollback again "
    "(the hook that asks is missing in a resumed session, in a sub-agent and with hooks off);"
    " or runs this in a terminal of their own"
)
VERBS = {"execute": "roll back", "restore": "restore"}
COMMIT_FIRST = "commit that decision first, or approve in a terminal"


class Approved(Struct, frozen=True):
    nonce: str
    by: str  # question | terminal | settings | force
    reason: str


def obtain(job: Job) -> Approved:
    """Return a nonce for the run. Raises ApprovalNeeded (exit 4), Usage (reason-needed)."""
    request = job.request
    if request.nonce is not None:
        return _by_question(job, request.nonce)
    if request.digest is not None:
        _refuse_unless_unattended(job)
        return _mint(job, "settings")
    client = agent.client_above()
    if client is not None:
        message = (
            f"inside an agent session ({client}) only the client's own question can approve this"
        )
        raise ApprovalNeeded("agent-client", message, IN_THE_CLIENT)
    shown.refuse_changed(request.project, job.folder, job.digest)
    if request.force and not job.plan.protected:
        return _mint(job, "force")
    return _mint(job, "terminal", _ask(job))


def _by_question(job: Job, nonce: str) -> Approved:
    """Use the hook's nonce; a reason may have been typed with the phrase."""
    request = job.request
    nonce = approvals.redeem(request.project, nonce, job.digest, request.verb)
    session = os.environ.get("CLAUDE_CODE_SESSION_ID", "")
    typed = phrases.reason(request.project, session, job.digest)
    return Approved(nonce, "question", request.reason or typed)


def _mint(job: Job, by: str, typed: str = "") -> Approved:
    nonce = approvals.mint(job.request.project, job.digest, job.request.verb)
    return Approved(nonce, by, typed or job.request.reason or "")


def _ask(job: Job) -> str:
    """Ask at the terminal and return the reason typed after the phrase."""
    protected, verb = job.plan.protected, job.request.verb
    expected = ours.PHRASE if protected else "yes"
    prompt = f"Type {expected} to {VERBS[verb]} {clean(job.plan.environment)}: "
    answer = terminal.ask(_question(job), prompt)
    words, _, reason = answer.partition(":") if protected else (answer, "", "")
    if words.strip() != expected:
        message = "that is not the expected answer; nothing was changed"
        raise ApprovalNeeded("not-approved", message, "run it again")
    return reason.strip()


def _question(job: Job) -> str:
    """Return the question as the client shows it, with the run folder."""
    question = approvals.question(job.files, job.request.verb)
    planned = run.reason(job.folder) if job.request.verb == "execute" else ""
    shown = asked.text(question, job.folder, job.request.reason or planned)
    return f"{shown}\nrun: {job.folder}"


def _refuse_unless_unattended(job: Job) -> None:
    """Accept the standing decision in the committed settings; uncommitted edits do not count."""
    from rollback.settings import load as settings

    shown.refuse_changed(job.request.project, job.folder, job.digest)
    if job.request.digest != job.digest:
        message = "--digest does not match this run"
        fix = "review the plan again, then pass the digest that plan.py --json has"
        raise ApprovalNeeded("digest-differs", message, fix)
    if not (job.request.reason or "").strip():
        raise Usage("reason-needed", "--digest needs a --reason", "add --reason TEXT")
    committed = settings.committed(job.request.project)
    _refuse_unless_committed(job, committed)
    client = agent.client_above()
    if client is not None and _is_protected(job, committed):
        message = (
            f"inside an agent session ({client}) --digest works only for "
            "environments that are not protected"
        )
        raise ApprovalNeeded("agent-client", message, "in the client: /deployment-rollback")


def _refuse_unless_committed(job: Job, committed: Settings | None) -> None:
    name = job.plan.environment
    if committed is None and (trouble := project.git_trouble(job.request.project)) is not None:
        message = f"the committed settings cannot be read: {trouble.message}"
        raise ApprovalNeeded("not-unattended", message, trouble.fix)
    environment = _environment(name, committed)
    if environment is None or not environment.unattended:
        message = (
            f"environments.{name}.unattended is not true in the committed settings "
            "(git show HEAD:.claude/deployment-rollback.yml)"
        )
        raise ApprovalNeeded("not-unattended", message, COMMIT_FIRST)
    if environment.unattended_for and job.plan.level not in environment.unattended_for:
        message = f"the level {job.plan.level} is not among unattended_for of {name} as committed"
        raise ApprovalNeeded("level-not-unattended", message, COMMIT_FIRST)


def _environment(name: str, committed: Settings | None) -> EnvironmentSettings | None:
    return committed.environments.get(name) if committed else None


def _is_protected(job: Job, committed: Settings | None) -> bool:
    from rollback.settings import environment

    if job.plan.protected or committed is None:
        return True
    root = job.request.project
    return environment.resolve(root, committed, job.plan.environment).protected
