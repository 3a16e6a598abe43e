"""API versions that the cluster no longer serves: Helm reads both manifests before it changes anything."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell


def findings(both: Pair, shell: Shell) -> Iterator[Finding]:
    """Versions only: kinds are tried on the server."""
    groups = (find(shell, both.place, "/apis")[0] or {}).get("groups") or ()
    known = {"v1", *(version["groupVersion"] for group in groups for version in group["versions"])}
    for one, found in ((both.current, both.now), (both.to, both.then)) if groups else ():
        if gone := sorted({str(each.get("apiVersion")) for each in found.values()} - known):
            message = f"revision {one.number} of {both.release} uses {', '.join(gone)}, which this cluster does not serve: Helm cannot read it"
            yield Finding(
                "blocker",
                "api-version-gone",
                message,
                "rewrite the stored revisions (helm mapkubeapis), then plan again",
            )
