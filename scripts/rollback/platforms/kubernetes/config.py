"""Configuration of workloads by key: a revision has its variables, not what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms import _config
from rollback.platforms._cluster.config import of_template
from rollback.platforms._cluster.kubectl import ask_all
from rollback.platforms.kubernetes import config_maps
from rollback.platforms.kubernetes.details import change
from rollback.platforms.kubernetes.preflight import references
from rollback.shell import Shell

_FIX = "apply the older manifest from git: kubectl apply -f FILE"


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield variables of the templates and keys of ConfigMaps, and changed objects that stay."""
    every = [change(move) for move in moves]
    for row in every:
        name = row.workload.key
        before = of_template(name, row.workload.template)
        yield from _config.changes(before, of_template(name, row.after.template))
    rows = config_maps.compared(moves, shell)
    for older in rows:
        yield from config_maps.keys(moves[0], older)
    known = {older.label for older in rows}
    (answer,) = ask_all(shell, every[0].location, [references.question(every)])
    for label in references.changed(every, answer):
        if label not in known:
            yield ConfigChange(label, "changed", False, _FIX)
