"""Which plan was shown to which session, with the digest it was made with.

Standard library only.

One file per run in the state folder, outside the project: editing a run folder changes neither its
recorded digest nor who saw it. And, per
session, a file per project.
"""

from __future__ import annotations

import os
from pathlib import Path

from rollback.approval import approvals, private
from rollback.errors import ApprovalNeeded


def remember(project: Path, run: Path, digest: str, session: str) -> None:
    """Record that this session was just shown the plan or its undo. The first digest stays."""
    first = digest_of(project, run) or digest
    private.write(private.folder(project, "plans") / run.name, f"{first} {session or '-'}\n")
    if session:
        private.write(
            private.owned(private.seen_by(session)) / private.project_key(project),
            os.path.realpath(project),
        )


def remember_again(project: Path, run: Path, session: str) -> None:
    """Record that another session was shown it, if this account has planned it.

    Raises ApprovalNeeded (run-incomplete, run-tampered).
    """
    refuse_changed(project, run, approvals.digest(run))
    if digest := digest_of(project, run):
        remember(project, run, digest, session)


def digest_of(project: Path, run: Path) -> str | None:
    """Return the digest the run was planned with; None if this account was never shown it."""
    words = _words(_plans(project) / run.name)
    return words[0] if words else None


def refuse_changed(project: Path, run: Path, digest: str) -> None:
    """Raise ApprovalNeeded (run-tampered) unless the digest is still the planned one."""
    if digest_of(project, run) not in (None, digest):
        message = f"{run.name} was changed after it was planned; make a new plan"
        raise ApprovalNeeded("run-tampered", message, "make a new plan")


def session_of(project: Path, run: Path) -> str | None:
    """Return the session the run was last shown to, "-" if planned by hand."""
    words = _words(_plans(project) / run.name)
    return words[1] if words else None


def last_run(project: Path, session: str) -> str | None:
    """Name of the run that was shown to this session last."""
    files = [
        path
        for path in _plans(project).glob(".rollback-checkpoint-*")
        if _words(path)[1:] == [session]
    ]
    return (
        max(files, key=lambda path: (os.stat(path).st_mtime_ns, path.name)).name if files else None
    )


def _plans(project: Path) -> Path:
    return private.state_folder(project) / "plans"


def _words(path: Path) -> list[str]:
    try:
        words = path.read_text().split()
    except (OSError, UnicodeDecodeError):
        return []
    return words if len(words) == 2 else []
