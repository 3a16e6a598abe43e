"""Objects that one manifest has and another lacks: Helm deletes them, but not after a change that had failed halfway, or makes them anew."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import RollbackError
from rollback.platforms.helm.manifest import Key, kept, objects
from rollback.platforms.helm.precious import PRECIOUS
from rollback.platforms.helm.storage import Stored


def leftovers(current: Stored, to: Stored, namespace: str) -> list[str]:
    """As kubectl names them; those of the usual kinds in the release's own namespace. Two at least: one alone is printed without its list."""
    try:
        now, then = objects(current.manifest, namespace), objects(to.manifest, namespace)
    except RollbackError:
        return []
    gone = [
        key
        for key, one in now.items()
        if key not in then and _ours(key, namespace) and not kept(one)
    ]
    words = list(map(word, gone))
    return words * 2 if len(words) == 1 else words


def added(goal: Stored, others: Sequence[Stored], namespace: str) -> list[str]:
    """What a change to `goal` may find in its way, since one of the others lacks it: namespace/kind/name, as kubectl takes it."""
    try:
        rest = [objects(one.manifest, namespace) for one in others]
        return [
            f"{key[2]}/{word(key)}"
            for key in objects(goal.manifest, namespace)
            if not all(key in one for one in rest)
        ]
    except RollbackError:
        return []


def word(key: Key) -> str:
    """As kubectl takes it."""
    group, kind, _, name = key
    return f"{kind.lower()}{'.' + group if group else ''}/{name}"


def _ours(key: Key, namespace: str) -> bool:
    """Kinds of other groups may be gone themselves; kubectl could not be asked for them."""
    group, kind, own, _ = key
    usual = "." not in group or group.endswith(".k8s.io")
    return usual and own == namespace and (group, kind) not in PRECIOUS
