"""What is about to be changed: live objects as they are, what each remembers, and the payloads of the scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move
from rollback.platforms.kubernetes import waves
from rollback.platforms.kubernetes.change import payloads, stem
from rollback.platforms.kubernetes.content import images, printed
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, str]:
    """Everything was read by releases(); a template's own literal values stay in it, data of Secrets is never read."""
    files: dict[str, str] = {}
    for move in moves:
        files |= {f"{stem(move)}.live.json": printed(_slim(move.current.facts["workload"].raw)) + "\n", **payloads(move)}
    return {**files, **waves.payloads(moves), "revisions.json": printed([_revisions(move) for move in moves]) + "\n"}


def _slim(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {**raw, "metadata": {key: value for key, value in raw["metadata"].items() if key != "managedFields"}}


def _revisions(move: Move) -> dict[str, Any]:
    """How to find both again: by name and hash, since numbers move."""
    known = {"current": move.current.facts["revision"], "to": move.to.facts["revision"]}
    rows = {which: {"number": one.number, "hash": one.hash, "name": one.name, "images": images(one.template)} for which, one in known.items()}
    return {"workload": f"{move.target.details['kind']}/{move.target.details['name']}", "uid": move.target.details["uid"], **rows}
