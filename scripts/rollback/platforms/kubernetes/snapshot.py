"""The snapshot before a change: live objects, their revisions, and the payloads of the scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move, Release
from rollback.platforms._cluster.content import images, printed
from rollback.platforms.kubernetes import no_inline_values, waves
from rollback.platforms.kubernetes.details import facts, of
from rollback.platforms.kubernetes.live_templates import FEW
from rollback.platforms.kubernetes.literal_values import without_template, without_values
from rollback.platforms.kubernetes.patches import stem
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return the files, from what releases() has read.

    Literal values are only in payloads that change or compare templates.
    Data of Secrets is never read.
    """
    hidden = no_inline_values.asked(moves)
    return {
        **_live(moves, hidden),
        **(no_inline_values.payloads(moves) if hidden else waves.payloads(moves)),
        **waves.gates(moves),
        "revisions.json": _text([_revisions(move) for move in moves]),
    }


def _live(moves: Sequence[Move], hidden: bool) -> dict[str, bytes]:
    shown = without_template if hidden else without_values
    live = [shown(facts(move.current).workload.raw) for move in moves]
    if len(moves) > FEW:
        return {"live.json": _text(live)}
    return {f"{stem(move)}.live.json": _text(raw) for move, raw in zip(moves, live, strict=True)}


def _revisions(move: Move) -> dict[str, Any]:
    """Return how to find both revisions again: by name and hash, since numbers move."""
    return {
        "workload": of(move.target).key,
        "uid": of(move.target).uid,
        "current": _revision(move.current),
        "to": _revision(move.to),
    }


def _revision(release: Release) -> dict[str, Any]:
    revision = facts(release).revision
    return {
        "number": revision.number,
        "hash": revision.hash,
        "name": revision.name,
        "images": images(revision.template),
        "digests": release.digests,
    }


def _text(value: Any) -> bytes:
    return f"{printed(value)}\n".encode()
