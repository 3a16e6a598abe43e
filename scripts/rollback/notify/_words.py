"""A notice in words, for receivers that show it to people."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Notice

MOST = 10  # lines of moves, and of what is open
_VERBS = {"execute": "Rollback", "restore": "Restore"}


def title(notice: Notice) -> str:
    """Return one line: "Rollback of production in shop failed: partial (exit 5)"."""
    subject = f"{_VERBS[notice.verb]} of {notice.environment} in {notice.project}"
    if notice.event == "started":
        return f"{subject} started"
    if notice.event == "failed":
        return f"{subject} failed: {notice.outcome} (exit {notice.exit})"
    return f"{subject} done" if notice.outcome != "already" else f"{subject}: already there"


def facts(notice: Notice) -> Iterator[tuple[str, str]]:
    """Yield name and value of what matters, in order."""
    several = len({move.component for move in notice.moves}) > 1
    for move in notice.moves[:MOST]:
        name = f"{move.component}/{move.target}" if several else move.target
        arrived = "" if move.now in (None, move.to) else f" (serving: {move.now})"
        yield name, f"{move.from_} → {move.to}{arrived}"
    if len(notice.moves) > MOST:
        yield "more", f"{len(notice.moves) - MOST} targets"
    if notice.health:
        yield "health", notice.health
    if notice.message:
        yield "error", notice.message
    yield "by", notice.by
    if notice.reason:
        yield "reason", notice.reason
    for item in notice.open[:MOST]:
        yield "open", item
    yield "run", notice.run
