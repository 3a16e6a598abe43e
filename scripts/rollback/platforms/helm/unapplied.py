"""What a revision asks for and Helm did not bring to the live objects: Helm merges.

Its own record says what was asked for, so only the objects prove the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms.helm import manifest
from rollback.platforms.helm.differences import differences
from rollback.platforms.helm.manifest import Key, Objects
from rollback.platforms.helm.memory_file import is_possible, memory_file
from rollback.platforms.helm.preflight import live_objects
from rollback.platforms.helm.storage import Revision
from rollback.shell import Shell

Fields = dict[Key, list[str]]
_DRY_RUN = ("apply", "--server-side", "--dry-run=server", "--force-conflicts", "--output=json")
_SCALED = "spec.replicas"  # autoscalers change it a moment later; health counts the pods


def fields(shell: Shell, location: Location, revision: Revision) -> list[str]:
    """Return "Kind/name path" of each field, never a value that may be secret.

    Raises RollbackError (manifest-unreadable).
    """
    asked = manifest.objects(revision.manifest, location.namespace)
    live = live_objects.read(shell, location, asked)
    differing = _differing(asked, live)
    if differing:
        differing = _without_rewritten(shell, location, asked, differing)
    return [
        f"{key.label(location.namespace)} {path}"
        for key, paths in differing.items()
        for path in paths
    ]


def _differing(asked: Objects, live: Mapping[Key, Mapping[str, Any]]) -> Fields:
    paths = {key: differences(asked[key], found) for key, found in live.items() if key in asked}
    counted = {
        key: [path for path in names if not path.startswith(_SCALED)]
        for key, names in paths.items()
    }
    return {key: names for key, names in counted.items() if names}


def _without_rewritten(
    shell: Shell, location: Location, asked: Objects, differing: Fields
) -> Fields:
    """Leave out what the server itself rewrites: an admission webhook is no fault of Helm."""
    rewritten = _differing(asked, _tried(shell, location, [asked[key] for key in differing]))
    left = {
        key: [path for path in paths if path not in rewritten.get(key, ())]
        for key, paths in differing.items()
    }
    return {key: paths for key, paths in left.items() if paths}


def _tried(shell: Shell, location: Location, objects: list[Any]) -> dict[Key, Mapping[str, Any]]:
    """Return the objects as the server would store them, as far as it says so."""
    if not is_possible():
        return {}
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    with memory_file(msgspec.json.encode(listed).decode()) as name:
        answer = shell.ask(kubectl(location, *_DRY_RUN, f"--filename={name}"))
    if answer.status:
        return {}
    tried = msgspec.json.decode(answer.stdout)
    items = tried["items"] if tried.get("kind") == "List" else [tried]
    return {manifest.key(item, location.namespace): item for item in items}
