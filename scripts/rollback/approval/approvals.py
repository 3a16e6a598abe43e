"""A person's Yes as a file: bound to one digest and one verb, used once, valid for 15 minutes.

Standard library only.

`approvals/` in the state folder holds the only approvals. The nonce itself is never stored: its
sha256 names the file,
whose one line is `<digest> <execute|restore> <expiry, epoch seconds>`. The rendered scripts read
and remove it themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from contextlib import AbstractContextManager
from pathlib import Path

from rollback.errors import ApprovalNeeded
from rollback.text import hides

LIFETIME = 15 * 60
VERBS = ("execute", "restore")
PHRASE = "ROLLBACK PRODUCTION"  # what a person types for every protected environment
# by verb: what a person answers; empty where nothing can be undone
QUESTIONS = {"execute": "question.execute.txt", "restore": "question.restore.txt"}
# what the digest covers, besides everything in state/ (runner.sh has the same list)
COVERED = ("plan.json", "rollback.sh", "restore.sh", "runner.sh", *QUESTIONS.values())
_LONGEST_QUESTION = 10_000  # characters; what a plan writes is far shorter
_NAME = re.compile(r"[A-Za-z0-9._/-]+")


def digest(run: Path) -> str:
    """Return the sha256 over the sorted lines `sha256  path` that an approval is bound to.

    The lines cover plan, scripts, questions and payloads.

    Raises ApprovalNeeded (run-incomplete, run-tampered): missing files, links and odd names.
    """
    return digest_of(contents(run))


def contents(run: Path) -> dict[str, bytes]:
    """Return every file that the digest covers. Raises as `digest` does."""
    return {name: _content(run, name) for name in (*COVERED, *_payloads(run))}


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


def state_folder(project: Path) -> Path:
    """Return the account's private folder outside the project, for approvals and typed phrases."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(
        os.path.expanduser("~"), ".local", "state"
    )
    return Path(base) / "deployment-rollback" / project_key(project)


def project_key(project: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.realpath(project))).hexdigest()[:16]


def mint(project: Path, digest: str, verb: str) -> str:
    """Write an approval and return its nonce.

    Call only after a person's Yes, or one in committed settings.
    """
    if verb not in VERBS:
        raise ValueError(f"unknown verb: {verb}")
    nonce = secrets.token_hex(16)
    write_private(
        folder(project, "approvals") / _name(nonce),
        f"{digest} {verb} {int(time.time()) + LIFETIME}\n",
    )
    return nonce


def verify(project: Path, nonce: str, digest: str, verb: str) -> None:
    """Check an approval without using it up; the script does that.

    Raises ApprovalNeeded (approval-invalid, approval-expired).
    """
    try:
        words = (state_folder(project) / "approvals" / _name(nonce)).read_text().split()
    except OSError:
        words = []
    if len(words) != 3 or words[:2] != [digest, verb] or not words[2].isdecimal():
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


def revoke(project: Path, nonce: str) -> None:
    """Revoke this approval.

    One that cannot be removed is useless, too: the scripts refuse what they cannot use up.
    """
    with contextlib.suppress(OSError):
        (state_folder(project) / "approvals" / _name(nonce)).unlink(missing_ok=True)


def revoke_all(project: Path) -> None:
    """Revoke every outstanding approval of the project. Raises Usage (not-writable)."""
    _empty(state_folder(project) / "approvals")


def record_phrase(project: Path, session: str, digest: str, reason: str = "") -> None:
    """Record that a person typed the phrase for this digest: valid for 15 minutes or one run."""
    entry = {"digest": digest, "expires": int(time.time()) + LIFETIME, "reason": reason}
    write_private(folder(project, "phrases") / _name(session), json.dumps(entry) + "\n")


def phrase_given(project: Path, session: str, digest: str) -> bool:
    return _phrase(project, session, digest) is not None


def phrase_reason(project: Path, session: str, digest: str) -> str:
    """Return what the person typed after the phrase's colon, "" if nothing."""
    return str((_phrase(project, session, digest) or {}).get("reason", ""))


def forget_phrases(project: Path) -> None:
    """Forget the typed phrases. Raises Usage (not-writable)."""
    _empty(state_folder(project) / "phrases")


def _empty(path: Path) -> None:
    with _readable_errors(path):
        for file in path.glob("*"):
            file.unlink(missing_ok=True)


def _readable_errors(path: Path) -> AbstractContextManager[None]:
    # imported late: the hook runs before every command of the client, and seldom writes
    from rollback.records import disk

    return disk.readable_errors(path)


def _phrase(project: Path, session: str, digest: str) -> dict[str, object] | None:
    try:
        entry = json.loads((state_folder(project) / "phrases" / _name(session)).read_text())
        return (
            entry
            if entry["digest"] == digest and 0 <= entry["expires"] - time.time() <= LIFETIME
            else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _name(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def folder(project: Path, name: str) -> Path:
    """Return a private folder of the state folder, creating it if missing."""
    return private(state_folder(project) / name)


def private(path: Path) -> Path:
    """Create this folder and its parent for the owner only. Raises Usage (not-writable)."""
    with _readable_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        for part in (path, path.parent):
            part.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, readable by the owner only. Raises Usage (not-writable)."""
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with _readable_errors(path):
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            draft.rename(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
