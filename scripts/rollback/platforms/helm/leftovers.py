"""Objects that the live manifest has and the target lacks: Helm deletes them, but not after a change that had failed halfway."""

from __future__ import annotations

from rollback.errors import RollbackError
from rollback.platforms.helm.manifest import Key, kept, objects
from rollback.platforms.helm.storage import Stored

# (group, kind) -> what is lost with it
PRECIOUS = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of its kind",
    ("", "PersistentVolumeClaim"): "the data on it", ("", "PersistentVolume"): "the data on it", ("", "Namespace"): "everything in it",
}  # fmt: skip


def leftovers(current: Stored, to: Stored, namespace: str) -> list[str]:
    """As kubectl names them; those of the usual kinds in the release's own namespace. Two at least: one alone is printed without its list."""
    try:
        now, then = objects(current.manifest, namespace), objects(to.manifest, namespace)
    except RollbackError:
        return []
    gone = [key for key, one in now.items() if key not in then and _ours(key, namespace) and not kept(one)]
    words = [f"{kind.lower()}{'.' + group if group else ''}/{name}" for group, kind, _, name in gone]
    return words * 2 if len(words) == 1 else words


def _ours(key: Key, namespace: str) -> bool:
    """Kinds of other groups may be gone themselves; kubectl could not be asked for them."""
    group, kind, own, _ = key
    usual = "." not in group or group.endswith(".k8s.io")
    return usual and own == namespace and (group, kind) not in PRECIOUS
