"""What a rollback takes back: commits, their authors, migrations; and what would bring the bad release back. Reads git only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from rollback.clock import seconds_since
from rollback.model import Finding, Move, TakenBack
from rollback.project import git
from rollback.text import clean


_COMMIT = re.compile(r"[0-9a-f]{7,64}")  # what a REVISION file holds may be anything, also an option


def commits(project: Path, moves: Sequence[Move]) -> TakenBack:
    """Between the target's and the live commit, of the first move that names both (applications move together)."""
    now = moves[0].current
    age = max(seconds_since(now.deployed_at), 0) if now.deployed_at else None
    base = TakenBack(deployed_by=clean(now.deployed_by, 40) if now.deployed_by else None, age_seconds=age)
    span = _span(moves)
    log = git(project, "log", "--format=%s%x1f%an", span, "--") if span else None
    if log is None:
        return base
    rows = [line.split("\x1f") for line in log.splitlines() if "\x1f" in line]
    subjects = tuple(clean(subject, 72) for subject, _ in rows[:5])
    return TakenBack(len(rows), subjects, tuple(dict.fromkeys(clean(author, 40) for _, author in rows))[:5], base.deployed_by, age)


def migrations(project: Path, moves: Sequence[Move], folders: Sequence[str]) -> Iterable[Finding]:
    """Names the migration files that came with the releases taken back. Says nothing about whether old code runs on them."""
    if not folders:
        return
    span = _span(moves)
    added = git(project, "diff", "--name-only", "--diff-filter=A", span, "--", *folders) if span else None
    if added is None:
        yield Finding("note", "schema-unknown", "migrations exist, but no two commits tell which came with this release: the schema stays as it is")
    elif files := [clean(line, 60) for line in added.splitlines() if line]:
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        message = f"{len(files)} migration file(s) came with what is taken back and stay applied: {listed}"
        yield Finding("warning", "migrations-stay", message, "make sure that the old code runs on the new schema")


def comes_back(project: Path, evidence: Sequence[str], moves: Sequence[Move]) -> Iterable[Finding]:
    """The next deploy brings the bad release back, an automatic one by itself; open until something follows the bad commit."""
    bad = moves[0].current
    automatic = [path for path in evidence if _deploys_on_push(project / path)]
    how = f"{clean(automatic[0], 60)} deploys on push" if automatic else "the next deploy"
    what = f"commit {bad.commit[:12]}" if bad.commit else bad.id
    yield Finding("note", "comes-back", f"{how}: it brings {what} back unless it is reverted or fixed first")


def still_open(project: Path, moves: Sequence[Move]) -> bool:
    """A bad commit that something follows on the branch here is taken as dealt with."""
    bad = moves[0].current.commit or ""
    if not _COMMIT.fullmatch(bad):
        return True
    later = git(project, "rev-list", "--count", f"{bad}..HEAD")
    return later is None or later.strip() == "0"


def _span(moves: Sequence[Move]) -> str | None:
    for move in moves:
        old, new = move.to.commit or "", move.current.commit or ""
        if old != new and _COMMIT.fullmatch(old) and _COMMIT.fullmatch(new):
            return f"{old}..{new}"
    return None


def _deploys_on_push(path: Path) -> bool:
    if ".github" not in path.parts or not path.is_file():
        return False
    text = path.read_text(errors="replace")[:65536]
    return bool(re.search(r"^\s*['\"]?on['\"]?\s*:\s*(\[.*\bpush\b|push\b)|^\s+push\s*:", text, re.M))
