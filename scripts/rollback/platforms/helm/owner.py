"""Who is above a release: Flux's HelmRelease names it from outside, maybe from another namespace; others mark its live workloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.platforms.kubernetes.kubectl import find
from rollback.platforms.kubernetes.workloads import Workload
from rollback.shell import Shell

KIND = "release"  # what a release is called where Kubernetes' own questions expect a workload
HELM = "meta.helm.sh/"
_FLUX = "/apis/helm.toolkit.fluxcd.io/v2"
_WORKLOADS = ("deployments", "statefulsets", "daemonsets")


def marked(shell: Shell, place: Mapping[str, Any], releases: list[str]) -> list[Workload]:
    """The releases that have such an owner, in the form of an object that carries its marks."""
    everywhere, here = find(
        shell,
        place,
        f"{_FLUX}/helmreleases",
        f"{_FLUX}/namespaces/{place['namespace']}/helmreleases",
    )
    found = {_names(one): one["metadata"] for one in (everywhere or here or {}).get("items") or ()}
    owned = [
        (name, found[place["namespace"], name])
        for name in releases
        if (place["namespace"], name) in found
    ]
    return [
        Workload(KIND, {"metadata": {"name": name, "uid": "", "labels": _labels(meta)}})
        for name, meta in owned
    ]


def worn(shell: Shell, place: Mapping[str, Any], releases: list[str]) -> list[Workload]:
    """The same for the marks of others on what is live of these releases in their namespace."""
    lists = find(
        shell,
        place,
        *(f"/apis/apps/v1/namespaces/{place['namespace']}/{plural}" for plural in _WORKLOADS),
    )
    metas = [one["metadata"] for found in lists for one in (found or {}).get("items") or ()]
    release = f"{HELM}release-name"
    return [
        _as_release(meta)
        for meta in metas
        if (meta.get("annotations") or {}).get(release) in releases
    ]


def _as_release(meta: Mapping[str, Any]) -> Workload:
    annotations = {
        name: value for name, value in meta["annotations"].items() if not name.startswith(HELM)
    }
    named = {
        "name": meta["annotations"][f"{HELM}release-name"],
        "uid": "",
        "labels": meta.get("labels") or {},
        "annotations": annotations,
    }
    return Workload(KIND, {"metadata": named})


def _names(one: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name of the release that it keeps."""
    meta, spec = one["metadata"], one.get("spec") or {}
    into = spec.get("targetNamespace")
    return into or meta["namespace"], spec.get("releaseName") or (
        f"{into}-{meta['name']}" if into else meta["name"]
    )


def _labels(meta: Mapping[str, Any]) -> dict[str, str]:
    return {f"helm.toolkit.fluxcd.io/{key}": meta[key] for key in ("name", "namespace")}
