"""What is about to be changed: the history, both manifests without their secrets, and the names and hashes of the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Move, Release
from rollback.platforms.helm.change import salted, stored
from rollback.platforms.helm.manifest import digest, masked, named, objects
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.content import printed
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, str]:
    """Everything was read by releases(). The revisions themselves stay with Helm: nothing here is needed to go back."""
    return {
        f"{move.target.app}.{name}.json": printed(content) + "\n"
        for move in moves
        for name, content in _files(move).items()
    }


def _files(move: Move) -> dict[str, Any]:
    return {"current": _revision(move, move.current), "target": _revision(move, move.to)}


def _revision(move: Move, release: Release) -> dict[str, Any]:
    one, details = stored(release), move.target.details
    return {
        "release": move.target.app,
        "namespace": details["namespace"],
        "revision": one.number,
        "status": one.status,
        "description": one.description,
        "deployed_at": one.deployed_at,
        "chart": {name: one.chart.get(name) for name in ("name", "version", "appVersion")},
        "manifest_hash": salted(move, one),
        "manifest": _manifest(move, one),
        "hooks": [hook.get("name") for hook in one.hooks],
        "values": _hashes(details["salt"], one.config),
    }


def _manifest(move: Move, one: Stored) -> Any:
    """Its objects; where no value may be kept, their names: a ConfigMap or an argument may hold one, too."""
    namespace = move.target.details["namespace"]
    try:
        found = objects(one.manifest, namespace)
    except RollbackError as error:
        return error.message
    if "no-inline-values" in move.target.details["options"]:
        return [named(which, namespace) for which in found]
    return masked(found.values())


def _hashes(salt: str, values: Mapping[str, Any], under: str = "") -> dict[str, str]:
    """Path of each value -> salted hash: enough to see which one changed."""
    found: dict[str, str] = {}
    for name, value in values.items():
        path = f"{under}{name}"
        found |= (
            _hashes(salt, value, f"{path}.")
            if isinstance(value, Mapping) and value
            else {path: digest(salt, f"{path}={printed(value)}")}
        )
    return found
