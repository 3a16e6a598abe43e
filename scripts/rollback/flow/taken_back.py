"""What a rollback undoes: commits and authors; and what would reintroduce them.

Reads git only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from rollback.clock import seconds_since
from rollback.model import Finding, Move, TakenBack
from rollback.settings.project import git
from rollback.text import clean


_FORMAT = "--format=%H%x1f%ct%x1f%an%x1f%s"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")  # a REVISION file may contain anything, even a git option


def commits(project: Path, moves: Sequence[Move]) -> TakenBack:
    """Return the commits between each move's target and live commit, newest first."""
    current = moves[0].current
    age = max(seconds_since(current.deployed_at), 0) if current.deployed_at else None
    base = TakenBack(
        deployed_by=clean(current.deployed_by, 40) if current.deployed_by else None, age_seconds=age
    )
    logs = [
        log
        for old, new in spans(moves)
        if (log := git(project, "log", _FORMAT, f"{old}..{new}", "--")) is not None
    ]
    if not logs:
        return base
    lines = dict.fromkeys(
        line for log in logs for line in log.split("\n") if line.count("\x1f") >= 3
    )
    rows = sorted((line.split("\x1f", 3)[1:] for line in lines), key=lambda row: -int(row[0]))
    authors = tuple(dict.fromkeys(clean(row[1], 40) for row in rows))
    return TakenBack(
        len(rows), tuple(clean(row[2], 72) for row in rows[:5]), authors[:5], base.deployed_by, age
    )


def comes_back(project: Path, evidence: Sequence[str], moves: Sequence[Move]) -> Iterable[Finding]:
    """Warn that the next deploy will reintroduce the bad releases.

    The warning stays open until every bad commit has a successor.
    """
    automatic = [path for path in evidence if _deploys_on_push(project / path)]
    how = f"{clean(automatic[0], 60)} deploys on push and" if automatic else "the next deploy"
    bad = list(dict.fromkeys(_named(move, len(moves) > 1) for move in moves))
    what = ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")
    yield Finding(
        "note",
        "comes-back",
        f"{how} will reintroduce {what} unless "
        f"{'each' if len(bad) > 1 else 'it'} is reverted or fixed first",
    )


def _named(move: Move, of_many: bool) -> str:
    if move.current.commit:
        return f"commit {move.current.commit[:12]}"
    return f"{move.target.app} {move.current.id}" if of_many else move.current.id


def still_open(project: Path, moves: Sequence[Move]) -> bool:
    """Whether any bad commit is still the newest one; a later commit is taken as the fix."""
    return not all(_followed(project, bad) for bad in {move.current.commit or "" for move in moves})


def _followed(project: Path, commit: str) -> bool:
    if not _COMMIT.fullmatch(commit):
        return False
    later = git(project, "rev-list", "--count", f"{commit}..HEAD")
    return later is not None and later.strip() != "0"


def spans(moves: Sequence[Move]) -> list[tuple[str, str]]:
    """Return the target's and the live commit of every move that names both, once each."""
    ends = ((move.to.commit or "", move.current.commit or "") for move in moves)
    return list(
        dict.fromkeys(
            (old, new)
            for old, new in ends
            if old != new and _COMMIT.fullmatch(old) and _COMMIT.fullmatch(new)
        )
    )


def _deploys_on_push(path: Path) -> bool:
    if ".github" not in path.parts or not path.is_file():
        return False
    text = path.read_text(errors="replace")[:65536]
    return bool(
        re.search(r"^\s*['\"]?on['\"]?\s*:\s*(\[.*\bpush\b|push\b)|^\s+push\s*:", text, re.M)
    )
