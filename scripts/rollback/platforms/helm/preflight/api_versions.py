"""API versions that the cluster no longer serves.

Helm reads both manifests before it changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm.preflight.comparison import Comparison
from rollback.shell import Shell


def findings(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    """Versions only: the dry run covers kinds."""
    served = _served(comparison, shell)
    if not served:
        return
    pairs = ((comparison.source, comparison.before), (comparison.target, comparison.after))
    for revision, objects in pairs:
        used = {str(manifest.get("apiVersion")) for manifest in objects.values()}
        if gone := sorted(used - served):
            name = f"revision {revision.number} of {comparison.release}"
            message = (
                f"{name} uses {', '.join(gone)}, which this cluster no longer serves: Helm cannot "
                "read it"
            )
            fix = "rewrite the stored revisions (helm mapkubeapis), then plan again"
            yield Finding("blocker", "api-version-gone", message, fix)


def _served(comparison: Comparison, shell: Shell) -> set[str]:
    """Return the versions that the cluster serves; empty where they may not be read."""
    (answer,) = find(shell, comparison.location, "/apis")
    groups = (answer or {}).get("groups") or ()
    versions = {version["groupVersion"] for group in groups for version in group["versions"]}
    return {"v1", *versions} if groups else set()
