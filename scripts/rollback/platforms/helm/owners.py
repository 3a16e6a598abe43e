"""Who manages a release from above.

Flux's HelmRelease names it from outside, others mark its live workloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.workloads import KINDS, Workload
from rollback.shell import Shell

KIND = "release"  # the kind of a release where _cluster expects that of a workload
MARK = "meta.helm.sh/"
_NAME = f"{MARK}release-name"
_FLUX = "/apis/helm.toolkit.fluxcd.io/v2"


def root(release: str) -> str:
    """Return the kind/name of a release."""
    return f"{KIND}/{release}"


def owned(shell: Shell, location: Location, releases: Sequence[str]) -> list[Workload]:
    """Return the releases with the marks of all their owners."""
    return [
        *flux_releases(shell, location, releases),
        *_marked_by_workloads(shell, location, releases),
    ]


def flux_releases(shell: Shell, location: Location, releases: Sequence[str]) -> list[Workload]:
    """Return the releases that a HelmRelease manages, maybe from another namespace."""
    everywhere, here = find(
        shell,
        location,
        f"{_FLUX}/helmreleases",
        f"{_FLUX}/namespaces/{location.namespace}/helmreleases",
    )
    items = (everywhere or here or {}).get("items") or ()
    managed = {_managed(item): item["metadata"] for item in items}
    metas = {name: managed.get((location.namespace, name)) for name in releases}
    return [_release(name, labels=_flux_labels(meta)) for name, meta in metas.items() if meta]


def without_marks(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """Helm's own marks do not name a foreign owner."""
    items = (annotations or {}).items()
    return {name: value for name, value in items if not name.startswith(MARK)}


def _marked_by_workloads(
    shell: Shell, location: Location, releases: Sequence[str]
) -> list[Workload]:
    """Return the releases with the marks of others on their live workloads in this namespace."""
    base = f"/apis/apps/v1/namespaces/{location.namespace}"
    lists = find(shell, location, *(f"{base}/{plural}" for plural in KINDS.values()))
    metas = [item["metadata"] for listed in lists for item in (listed or {}).get("items") or ()]
    return [_of_marks(meta) for meta in metas if _release_of(meta) in releases]


def _release_of(meta: Mapping[str, Any]) -> str:
    return str((meta.get("annotations") or {}).get(_NAME, ""))


def _of_marks(meta: Mapping[str, Any]) -> Workload:
    annotations = without_marks(meta["annotations"])
    return _release(_release_of(meta), meta.get("labels") or {}, annotations)


def _release(
    name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
) -> Workload:
    """A release in the form of an object that carries the marks of its owners."""
    meta = {"name": name, "uid": "", "labels": labels, "annotations": annotations or {}}
    return Workload(KIND, {"metadata": meta})


def _managed(helm_release: Mapping[str, Any]) -> tuple[str, str]:
    """Return namespace and name of the release that a HelmRelease manages."""
    meta, spec = helm_release["metadata"], helm_release.get("spec") or {}
    namespace = spec.get("targetNamespace")
    default = f"{namespace}-{meta['name']}" if namespace else meta["name"]
    return namespace or meta["namespace"], spec.get("releaseName") or default


def _flux_labels(meta: Mapping[str, Any]) -> dict[str, str]:
    return {f"helm.toolkit.fluxcd.io/{key}": meta[key] for key in ("name", "namespace")}
