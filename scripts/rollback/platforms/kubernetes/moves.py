"""The moves of a rollback: one for each workload whose pod template differs."""

from __future__ import annotations

from rollback.model import Move, Release, Target
from rollback.platforms.kubernetes.details import SetFacts, facts
from rollback.platforms.kubernetes.targets import part


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return one move for each workload whose content differs."""
    if not isinstance(to.facts, SetFacts) or not isinstance(current.facts, SetFacts):
        return [Move(target, current, to)]
    changed = []
    for app, release in to.facts.parts.items():
        serving = current.facts.parts[app]
        if serving.artifact != release.artifact:
            workload_target = part(target, facts(serving).workload, app)
            changed.append(Move(workload_target, serving, release))
    return changed
