"""The typed phrase as a file: bound to one session and one digest, valid for 15 minutes or one run.

Standard library only.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from rollback.approval import approvals, private


def record(project: Path, session: str, digest: str, reason: str = "") -> None:
    """Record that a person typed the phrase for this digest: valid for 15 minutes or one run."""
    entry = {"digest": digest, "expires": int(time.time()) + approvals.LIFETIME, "reason": reason}
    file = private.folder(project, "phrases") / private.name_of(session)
    private.write(file, json.dumps(entry) + "\n")


def given(project: Path, session: str, digest: str) -> bool:
    return _phrase(project, session, digest) is not None


def reason(project: Path, session: str, digest: str) -> str:
    """Return what the person typed after the phrase's colon, "" if nothing."""
    return str((_phrase(project, session, digest) or {}).get("reason", ""))


def forget(project: Path) -> None:
    """Forget the typed phrases. Raises Usage (not-writable)."""
    private.empty(private.state_folder(project) / "phrases")


def _phrase(project: Path, session: str, digest: str) -> dict[str, object] | None:
    file = private.state_folder(project) / "phrases" / private.name_of(session)
    try:
        entry = json.loads(file.read_text())
        valid = 0 <= entry["expires"] - time.time() <= approvals.LIFETIME
        return entry if valid and entry["digest"] == digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
