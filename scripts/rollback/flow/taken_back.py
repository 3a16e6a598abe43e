"""What a rollback undoes: commits, authors, migrations; and what would reintroduce them.

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
        for span in _spans(moves)
        if (log := git(project, "log", "--format=%H%x1f%ct%x1f%an%x1f%s", span, "--")) is not None
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


def migrations(project: Path, moves: Sequence[Move], folders: Sequence[str]) -> Iterable[Finding]:
    """Name the migration files that came with a release being undone.

    Says nothing about whether the old code runs with them.
    """
    if not folders:
        return
    added = [
        git(project, "diff", "--name-only", "--diff-filter=A", span, "--", *folders)
        for span in _spans(moves)
    ]
    if not added or None in added:
        yield Finding(
            "note",
            "schema-unknown",
            "migrations exist, but without both commits it is unknown which came with this "
            "release: the schema stays as it is",
            "compare the migrations of both releases yourself",
        )
    if files := list(
        dict.fromkeys(
            clean(line, 60) for names in added for line in (names or "").splitlines() if line
        )
    ):
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        message = (
            f"{len(files)} migration file(s) came with the commits being undone and stay applied: "
            f"{listed}"
        )
        yield Finding(
            "warning",
            "migrations-stay",
            message,
            "make sure that the old code runs on the new schema",
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


def _spans(moves: Sequence[Move]) -> list[str]:
    """Return `old..new` for every move that names both commits, without duplicates."""
    ends = ((move.to.commit or "", move.current.commit or "") for move in moves)
    return list(
        dict.fromkeys(
            f"{old}..{new}"
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
