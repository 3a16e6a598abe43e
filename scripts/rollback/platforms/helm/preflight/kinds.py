"""Kinds of the live manifest that the cluster no longer serves: their definition was deleted.

Helm reads the live manifest first: it stops in pending-rollback, and a rollback to that manifest,
which is what a restore is, stops in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm.manifest import Key, Objects
from rollback.platforms.helm.preflight.comparison import Comparison
from rollback.shell import Shell


def findings(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    """Report kinds whose API version is served; the dry run covers those of the target."""
    custom = _custom(comparison.deletable)
    versions = list(dict.fromkeys(custom.values()))
    paths = [f"/apis/{version}" for version in versions]
    answers = dict(zip(versions, find(shell, comparison.location, *paths), strict=True))
    gone = [key for key, version in custom.items() if not _serves(answers[version], key.kind)]
    if gone:
        yield _finding(comparison, gone)


def _custom(objects: Objects) -> dict[Key, str]:
    """Return the API version of each object whose kind is none of Kubernetes' own."""
    return {
        key: str(manifest["apiVersion"])
        for key, manifest in objects.items()
        if "." in key.group and not key.group.endswith(".k8s.io")
    }


def _serves(answer: Any, kind: str) -> bool:
    """True where it may not be read, too."""
    resources = (answer or {}).get("resources")
    return resources is None or any(resource["kind"] == kind for resource in resources)


def _finding(comparison: Comparison, gone: list[Key]) -> Finding:
    names = comparison.labels(gone)
    message = (
        f"{names} of revision {comparison.source.number} of {comparison.release} (live): the "
        "cluster no longer serves that kind, so Helm cannot read the live manifest and would stop "
        "in pending-rollback, without a way back"
    )
    fix = (
        "apply its CustomResourceDefinition again, then plan again; it can be deleted once no "
        "revision in use names it"
    )
    return Finding("blocker", "kind-gone", message, fix)
