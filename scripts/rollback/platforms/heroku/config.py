"""Config vars that a rollback brings along: a release has its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms.heroku import config_vars, readings
from rollback.shell import Shell


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    for move in moves:
        reading = readings.of(move, shell)
        if reading.config_known:
            differs = config_vars.difference(reading.now, reading.then)
            yield from (ConfigChange(name, "added", True) for name in differs.added)
            yield from (ConfigChange(name, "removed", True) for name in differs.removed)
            yield from (ConfigChange(name, "changed", True) for name in differs.changed)
