"""Variables that a build took up: the deploy that comes back has those of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms.netlify import details, readings
from rollback.shell import Shell


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    for move in moves:
        made = details.facts_of(move.to).deploy.created_at
        for row in readings.of(move, shell).variables or ():
            if row.updated_at > made:
                yield ConfigChange(row.key, "changed", True)
