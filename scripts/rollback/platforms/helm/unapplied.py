"""What a revision asks for and Helm did not bring to the live objects: Helm merges.

Its own record says what was asked for, so only the objects prove the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms.helm import manifest, other_objects
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
    usual = _differing(asked, live_objects.read(shell, location, asked))
    others = _differing(asked, other_objects.read(shell, location, asked))
    tried = [_tried(shell, location, asked, {key: paths}) for key, paths in others.items()]
    left = {
        **_without_rewritten(usual, _tried(shell, location, asked, usual)),
        **_proven(others, {key: paths for stored in tried for key, paths in stored.items()}),
    }
    return [
        f"{key.label(location.namespace)} {path}" for key, paths in left.items() for path in paths
    ]


def _differing(asked: Objects, live: Mapping[Key, Mapping[str, Any]]) -> Fields:
    paths = {key: differences(asked[key], found) for key, found in live.items() if key in asked}
    counted = {
        key: [path for path in names if not path.startswith(_SCALED)]
        for key, names in paths.items()
    }
    return {key: names for key, names in counted.items() if names}


def _without_rewritten(differing: Fields, tried: Fields) -> Fields:
    """Leave out what the server itself rewrites: an admission webhook is no fault of Helm."""
    left = {
        key: [path for path in paths if path not in tried.get(key, ())]
        for key, paths in differing.items()
    }
    return {key: paths for key, paths in left.items() if paths}


def _proven(differing: Fields, tried: Fields) -> Fields:
    """Keep only objects of which the server says what it rewrites."""
    return _without_rewritten({key: differing[key] for key in tried}, tried)


def _tried(shell: Shell, location: Location, asked: Objects, differing: Fields) -> Fields:
    """Return, as far as the server says so, where it would store these objects as other ones."""
    if not differing or not is_possible():
        return {}
    objects = [asked[key] for key in differing]
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    with memory_file(msgspec.json.encode(listed).decode()) as name:
        answer = shell.ask(kubectl(location, *_DRY_RUN, f"--filename={name}"))
    if answer.status:
        return {}
    tried = msgspec.json.decode(answer.stdout)
    items = tried["items"] if tried.get("kind") == "List" else [tried]
    stored = {manifest.key(item, location.namespace): item for item in items}
    rewritten = _differing(asked, stored)
    return {key: rewritten.get(key, []) for key in stored if key in differing}
