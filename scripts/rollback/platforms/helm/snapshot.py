"""What is about to be changed: both revisions, and how to see when the target is rolled out.

Their manifests without secrets, names and hashes of their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Move
from rollback.platforms._cluster.content import printed
from rollback.platforms.helm import details, rollout
from rollback.platforms.helm.manifest import digest, masked, objects
from rollback.platforms.helm.moves import salted, source, target
from rollback.platforms.helm.storage import Revision
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return the files. Reads nothing: releases() has read it.

    Helm keeps the revisions, so no rollback and no restore needs those files.
    """
    files: dict[str, bytes] = {}
    for move in moves:
        files[f"{move.target.app}.current.json"] = _file(move, source(move))
        files[f"{move.target.app}.target.json"] = _file(move, target(move))
        if template := rollout.text(move):
            files[rollout.file(move)] = template
    return files


def _file(move: Move, revision: Revision) -> bytes:
    location = details.of(move.target)
    content = {
        "release": move.target.app,
        "namespace": location.namespace,
        "revision": revision.number,
        "status": revision.status,
        "description": revision.description,
        "deployed_at": revision.deployed_at,
        "chart": {name: revision.chart.get(name) for name in ("name", "version", "appVersion")},
        "manifest_hash": salted(move, revision),
        "manifest": _manifest(location, revision),
        "hooks": [hook.get("name") for hook in revision.hooks],
        "values": dict(hashes(location.salt, revision.config)),
    }
    return f"{printed(content)}\n".encode()


def _manifest(location: details.Details, revision: Revision) -> Any:
    """Return its objects, or only their names where no value may be kept.

    A ConfigMap or an argument may hold a value too.
    """
    try:
        parsed = objects(revision.manifest, location.namespace)
    except RollbackError as error:
        return error.message
    if "no-inline-values" in location.options:
        return [key.label(location.namespace) for key in parsed]
    return masked(parsed.values())


def hashes(salt: str, values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each value and its salted hash: enough to see which one changed."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from hashes(salt, value, f"{path}.")
        else:
            yield path, digest(salt, f"{path}={printed(value)}")
