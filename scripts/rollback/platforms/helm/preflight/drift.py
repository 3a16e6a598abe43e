"""What was edited by hand since the live revision.

The rollback overwrites it, or Helm leaves it, since no manifest names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.helm.differences import added, differences, listed
from rollback.platforms.helm.manifest import Key, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    if edits := _overwritten(comparison, live):
        number = comparison.source.number
        message = (
            f"edited since revision {number}, and overwritten by the rollback: {listed(edits)}"
        )
        fix = "write it down if it is still needed: a restore does not bring it back"
        yield Finding("warning", "drift", message, fix)
    if additions := _kept(comparison, live):
        message = f"added by hand and in no revision, so Helm leaves it: {listed(additions)}"
        fix = "remove it by hand if the release must not run with it"
        yield Finding("warning", "drift-stays", message, fix)


def _overwritten(comparison: Comparison, live: LiveObjects) -> list[str]:
    """Only where the live revision had been applied to the end."""
    if comparison.source.status != "deployed":
        return []
    return [
        f"{comparison.label(key)} {path}"
        for key, manifest in comparison.before.items()
        if key in live
        for path in differences(manifest, live[key])
    ]


def _kept(comparison: Comparison, live: LiveObjects) -> list[str]:
    return [
        f"{comparison.label(key)} {path}"
        for key, _ in workloads(comparison.after)
        if key in live
        for path in _added(comparison, key, live)
    ]


def _added(comparison: Comparison, key: Key, live: LiveObjects) -> list[str]:
    manifests = [comparison.before.get(key), comparison.after[key]]
    templates = [manifest["spec"].get("template") or {} for manifest in manifests if manifest]
    return added(templates, live[key]["spec"]["template"])
