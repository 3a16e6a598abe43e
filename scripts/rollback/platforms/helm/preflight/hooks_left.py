"""Objects of hooks that an earlier run left, where no delete policy removes them.

Helm creates a hook's object and stops where it exists; a rollback stays `pending-rollback` then.
Without a policy Helm deletes the object before it makes it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.details import Location
from rollback.platforms.helm.manifest import Key, objects_or_none
from rollback.platforms.helm.moves import skips_hooks
from rollback.platforms.helm.preflight.comparison import Comparison
from rollback.platforms.helm.preflight.existing import owners_of
from rollback.platforms.helm.storage import Revision
from rollback.shell import Shell

_EVENTS = {"pre-rollback", "post-rollback"}
_BEFORE, _SUCCEEDED = "before-hook-creation", "hook-succeeded"


def findings(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    if skips_hooks(comparison.move):
        return
    namespace = comparison.location.namespace
    forward = _kept(comparison.target, namespace, (_BEFORE,))
    there = list(owners_of(forward, comparison.location, shell))
    if there:
        one = comparison.label(there[0])
        message = (
            f"{comparison.labels(there)} of an earlier hook exists, and its delete policy keeps it:"
            f" Helm cannot create the hook {one} of revision {comparison.target.number}, and the"
            " release would be left pending-rollback"
        )
        yield Finding(
            "blocker",
            "in-the-way",
            message,
            f"{_delete(comparison.location, there)}; then plan again",
        )
    stays = set(_kept(comparison.target, namespace, (_BEFORE, _SUCCEEDED)))
    if again := [key for key in _kept(comparison.source, namespace, (_BEFORE,)) if key in stays]:
        message = (
            f"restore.sh cannot create {comparison.labels(again)} while that of this run exists"
        )
        yield Finding(
            "note",
            "hooks-restore",
            message,
            f"before a restore: {_delete(comparison.location, again)}",
        )


def _kept(revision: Revision, namespace: str, policies: Sequence[str]) -> list[Key]:
    """Return the objects of rollback hooks that none of these policies deletes."""
    return [
        key
        for hook in revision.hooks
        if _EVENTS.intersection(hook.get("events") or ()) and not _deletes(hook, policies)
        for key in objects_or_none(str(hook.get("manifest") or ""), namespace)
    ]


def _deletes(hook: Mapping[str, Any], policies: Sequence[str]) -> bool:
    own = hook.get("delete_policies") or (_BEFORE,)
    return any(policy in own for policy in policies)


def _delete(location: Location, keys: Sequence[Key]) -> str:
    places = [(Location(location.context, key.namespace), key.argument) for key in keys]
    return "; ".join(typed.line(place, "delete", argument) for place, argument in places)
