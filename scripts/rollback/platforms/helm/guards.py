"""What has to be as the plan saw it: the cluster, the helm client, and each release by status and content."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Guard, Line, Move
from rollback.platforms._cluster.connection import identity_guard
from rollback.platforms.helm import details
from rollback.platforms.helm.client import VERSION
from rollback.platforms.helm.commands import live_line, untouched_releases


def guards(moves: Sequence[Move]) -> list[Guard]:
    """A release whose pod templates were edited after planning also counts as drifted; Helm merges other edits."""
    if not moves:
        return []
    component, known = moves[0].target.component, details.of(moves[0].target)
    return [identity_guard(component, known), _client(moves), _releases(moves)]


def _client(moves: Sequence[Move]) -> Guard:
    version = details.of(moves[0].target).helm
    return Guard(
        f"{moves[0].target.component}.helm",
        "version of helm",
        VERSION,
        (Line(version, version),),
    )


def _releases(moves: Sequence[Move]) -> Guard:
    lines = [
        Line(live_line(move, move.current), live_line(move, move.to), move.id) for move in moves
    ]
    apps = [move.target.app for move in moves]
    names = f"release {apps[0]}" if len(apps) == 1 else f"{len(apps)} releases"
    return Guard(
        f"{moves[0].target.component}.releases",
        f"status, manifest or pod templates of {names}",
        untouched_releases(moves),
        tuple(lines),
    )
