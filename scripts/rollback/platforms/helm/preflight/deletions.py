"""What the rollback would delete, and what its undo would."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.helm import undo
from rollback.platforms.helm.irreplaceable import loss
from rollback.platforms.helm.manifest import Key, is_kept
from rollback.platforms.helm.preflight.comparison import Comparison


def findings(comparison: Comparison) -> Iterator[Finding]:
    harmless = []
    for key in comparison.deletable:
        if key in comparison.after:
            continue
        if blocker := _blocker(comparison, key):
            yield blocker
        else:
            harmless.append(key)
    if harmless:
        objects = comparison.labels(harmless)
        message = (
            f"Helm will delete {objects} (not in revision {comparison.target.number} of "
            f"{comparison.release})"
        )
        yield Finding("warning", "deletes", message, "back up what they hold")
    yield from _of_undo(comparison)


def _blocker(comparison: Comparison, key: Key) -> Finding | None:
    manifest, name = comparison.deletable[key], comparison.label(key)
    release, number = comparison.release, comparison.target.number
    fix = (
        f"deploy the old version again with this object in its chart: helm get manifest {release} "
        f"--revision {number} shows the target"
    )
    if is_kept(manifest):
        message = (
            f"{name} is marked to be kept and is not in revision {number}: Helm would leave it "
            "behind, and later changes fail on it"
        )
        return Finding("blocker", "kept-object", message, fix)
    if lost := loss(key, manifest):
        message = f"{name} is not in revision {number}: Helm would delete it with {lost}"
        return Finding("blocker", "destructive", message, fix)
    return None


def _of_undo(comparison: Comparison) -> Iterator[Finding]:
    namespace, number = comparison.location.namespace, comparison.applied.number
    new = undo.deletions(comparison.applied, comparison.target, namespace)
    losses = [(key, loss(key, manifest)) for key, manifest in new.items()]
    lost = [f"{comparison.label(key)} with {what}" for key, what in losses if what]
    if lost:
        message = (
            f"restore.sh cannot undo this for {comparison.release}: Helm would delete "
            f"{', '.join(lost)} (not in revision {number})"
        )
        fix = f"to go forward again, deploy revision {number} again with it in its chart"
        yield Finding("warning", "no-way-back", message, fix)
    elif new:
        message = (
            f"restore.sh will delete {comparison.labels(new)} (not in revision {number} of "
            f"{comparison.release})"
        )
        yield Finding("warning", "restore-deletes", message, "back up what they hold by then")
