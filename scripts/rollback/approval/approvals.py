"""A person's Yes as a file: bound to one digest and one verb, used once, valid for 15 minutes.

Standard library only.

`approvals/` in the state folder holds the only approvals. The nonce itself is never stored: its
sha256 names the file, whose one line is `<digest> <execute|restore> <expiry, epoch seconds>`.
The rendered scripts read and remove it themselves.
An approval that a client asked for has a fourth word, that client's
`pid:start`. Only below that process is it exchanged for one that the scripts accept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from rollback.approval import private
from rollback.errors import ApprovalNeeded
from rollback.text import hides

LIFETIME = 15 * 60
VERBS = ("execute", "restore")
# by verb: what a person answers; empty where nothing can be undone
QUESTIONS = {"execute": "question.execute.txt", "restore": "question.restore.txt"}
# what the digest covers, besides the libraries of the scripts and everything in state/
# (runner.sh has the same list)
COVERED = ("plan.json", "rollback.sh", "restore.sh", "runner.sh", *QUESTIONS.values())
_LIBRARY = re.compile(rb"^library ([a-z_]+\.sh)$", re.MULTILINE)
_LONGEST_QUESTION = 10_000  # characters; what a plan writes is far shorter
_NAME = re.compile(r"[A-Za-z0-9._/-]+")


def digest(run: Path) -> str:
    """Return the sha256 over the sorted lines `sha256  path` that an approval is bound to.

    They cover plan, scripts, libraries, questions and payloads.
    Raises ApprovalNeeded (run-incomplete, run-tampered): missing files, links and odd names.
    """
    return digest_of(contents(run))


def contents(run: Path) -> dict[str, bytes]:
    """Return every file that the digest covers. Raises as `digest` does."""
    files = {name: _content(run, name) for name in COVERED}
    return files | {name: _content(run, name) for name in (*libraries(files), *_payloads(run))}


def libraries(files: Mapping[str, bytes]) -> list[str]:
    """Return the files that the scripts name as libraries, such as lease.sh."""
    scripts = (files["rollback.sh"], files["restore.sh"])
    names = {name for script in scripts for name in _LIBRARY.findall(script)}
    return sorted(name.decode() for name in names)


def digest_of(files: dict[str, bytes]) -> str:
    lines = sorted(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def question(files: dict[str, bytes], verb: str) -> str:
    """The question of a run, from the bytes that its digest covers, without the last line break.

    "" when it cannot go that way.

    Raises ApprovalNeeded (run-tampered): no plan writes what hides or outgrows what a person reads.
    """
    name = QUESTIONS[verb]
    try:
        text = files[name].decode()
    except UnicodeDecodeError:
        text = "\0"
    if hides(text) or len(text) > _LONGEST_QUESTION:
        message = f"{name} is not a question as a plan writes it"
        raise ApprovalNeeded("run-tampered", message, "make a new plan")
    return text.removesuffix("\n")


def _payloads(run: Path) -> list[str]:
    state = run / "state"
    if state.is_symlink():
        return ["state"]
    paths = state.rglob("*")
    return [str(path.relative_to(run)) for path in paths if path.is_symlink() or not path.is_dir()]


def _content(run: Path, name: str) -> bytes:
    path = run / name
    if path.is_symlink() or (path.exists() and not path.is_file()) or not _NAME.fullmatch(name):
        raise ApprovalNeeded(
            "run-tampered",
            f"{name!r} in {run} is not a regular file of the plan",
            "make a new plan",
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ApprovalNeeded(
            "run-incomplete", f"{path} cannot be read: {error.strerror}", "make a new plan"
        ) from None


def mint(project: Path, digest: str, verb: str, client: str = "") -> str:
    """Write an approval and return its nonce.

    Call only after a person's Yes, or one in committed settings; or with the client's `pid:start`
    for the question that it is about to ask.
    """
    if verb not in VERBS:
        raise ValueError(f"unknown verb: {verb}")
    nonce = os.urandom(16).hex()
    private.write(
        private.folder(project, "approvals") / private.name_of(nonce),
        f"{digest} {verb} {int(time.time()) + LIFETIME} {client}".rstrip() + "\n",
    )
    return nonce


def redeem(project: Path, nonce: str, digest: str, verb: str) -> str:
    """Exchange a client's approval for one whose nonce stands in no transcript.

    Raises as `verify` does, and ApprovalNeeded (approval-kept).
    """
    verify(project, nonce, digest, verb)
    try:
        (private.state_folder(project) / "approvals" / private.name_of(nonce)).unlink()
    except OSError as error:
        message = f"the approval could not be used up: {error.strerror}"
        fix = f"check the permissions of {private.state_folder(project)}"
        raise ApprovalNeeded("approval-kept", message, fix) from None
    return mint(project, digest, verb)


def verify(project: Path, nonce: str, digest: str, verb: str) -> None:
    """Check an approval without using it up; the script does that.

    Raises ApprovalNeeded (approval-invalid, approval-expired, approval-foreign).
    """
    try:
        words = (
            (private.state_folder(project) / "approvals" / private.name_of(nonce))
            .read_text()
            .split()
        )
    except OSError:
        words = []
    if len(words) not in (3, 4) or words[:2] != [digest, verb] or not words[2].isdecimal():
        message = (
            f"this approval is not on file for this plan ({verb}): it was used, "
            "or another question or run came after it"
        )
        fix = "run the command of the `next:` line again: the client asks again"
        raise ApprovalNeeded("approval-invalid", message, fix)
    if not 0 <= int(words[2]) - time.time() <= LIFETIME:
        why = (
            "older than 15 minutes"
            if int(words[2]) < time.time()
            else "dated in the future: the clock was set back"
        )
        raise ApprovalNeeded(
            "approval-expired", f"this approval is {why}", "ask for approval again"
        )
    if len(words) == 4:
        _refuse_elsewhere(words[3])


def _refuse_elsewhere(client: str) -> None:
    from rollback.approval import agent  # imported late: the hook seldom gets here

    if not agent.is_below(client):
        message = (
            f"this approval belongs to the client process that asked ({client}), "
            "and this command does not run directly in it"
        )
        fix = (
            "the person types /deployment-rollback status in the client that is to run it, "
            "and answers its question; if it says this again, that client runs commands in its own "
            "sandbox: see sandbox in references/claude-code.md"
        )
        raise ApprovalNeeded("approval-foreign", message, fix)


def revoke(project: Path, nonce: str) -> None:
    """Revoke this approval.

    One that cannot be removed is useless, too: the scripts refuse what they cannot use up.
    """
    with contextlib.suppress(OSError):
        (private.state_folder(project) / "approvals" / private.name_of(nonce)).unlink(
            missing_ok=True
        )
