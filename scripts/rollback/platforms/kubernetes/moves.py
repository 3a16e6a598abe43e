"""What has to move: the workloads whose pod templates differ."""

from __future__ import annotations

from rollback.model import Move, Release, Target
from rollback.platforms.kubernetes.details import SetFacts, facts
from rollback.platforms.kubernetes.targets import part


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """One move for each workload whose content differs."""
    if not isinstance(to.facts, SetFacts) or not isinstance(current.facts, SetFacts):
        return [Move(target, current, to)]
    found = []
    for app, release in to.facts.parts.items():
        serving = current.facts.parts[app]
        if serving.artifact != release.artifact:
            own = part(target, facts(serving).workload, app)
            found.append(Move(own, serving, release))
    return found
