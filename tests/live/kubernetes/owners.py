"""Owners above a workload, as their own tools write them, for clusters that know their kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cluster import CACHE, Cluster, wait_for

CRDS = (
    "application",
    "applicationset",
    "rollout",
    "analysis",
    "source",
    "kustomization",
    "helmrelease",
    "canary",
)
_installed: set[Path] = set()
TRACKING = "argocd.argoproj.io/tracking-id"


def install(cluster: Cluster) -> None:
    """Once for a cluster. Too large for client-side apply, whose annotation holds them whole."""
    if cluster.kubeconfig in _installed:
        return
    cluster.kubectl(
        "apply",
        "--server-side",
        *(word for name in CRDS for word in ("-f", str(CACHE / f"crds/{name}.yaml"))),
    )
    state = '{.items[*].status.conditions[?(@.type=="Established")].status}'
    count = len(cluster.kubectl("get", "crd", "-o", "name").split())
    # at first a kind has no conditions at all, which the expression refuses
    seen = ("get", "crd", "-o", f"jsonpath={state}")
    wait_for(
        lambda: cluster.kubectl(*seen, check=False).split() == ["True"] * count,
        "the kinds to be served",
        120,
    )
    _installed.add(cluster.kubeconfig)


def application(
    space: str, name: str, automated: dict[str, Any] | None, parent: str = ""
) -> dict[str, Any]:
    annotations = (
        {TRACKING: tracking(space, parent, f"argoproj.io/Application:{space}/{name}")}
        if parent
        else {}
    )
    meta = {"name": name, "namespace": space, "annotations": annotations}
    source = {"repoURL": "https://git.example.invalid/shop", "path": "."}
    policy = {"syncPolicy": {"automated": automated}} if automated is not None else {}
    spec = {
        "project": "default",
        "source": source,
        "destination": {"name": "in-cluster", "namespace": space},
        **policy,
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": meta,
        "spec": spec,
    }


def tracking(space: str, app: str, what: str) -> str:
    """With applications outside Argo CD's own namespace, theirs stands in front."""
    return f"{space}_{app}:{what}"


def kustomization(space: str, name: str, interval: str = "10m", **more: Any) -> dict[str, Any]:
    """Of what lies in the folder of its name."""
    source = {"kind": "GitRepository", "name": "shop"}
    spec = {
        "interval": interval,
        "prune": True,
        "sourceRef": source,
        "path": name,
        "targetNamespace": space,
        **more,
    }
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": space},
        "spec": spec,
    }


def rollout(space: str, deployment: str) -> dict[str, Any]:
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}
    spec = {
        "replicas": 1,
        "workloadRef": about,
        "strategy": {"canary": {}},
        "selector": {"matchLabels": {"app": deployment}},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": deployment, "namespace": space},
        "spec": spec,
    }


def canary(space: str, deployment: str) -> dict[str, Any]:
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}
    spec = {
        "targetRef": about,
        "service": {"port": 80},
        "analysis": {"interval": "1m", "threshold": 5, "iterations": 10},
    }
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": deployment, "namespace": space},
        "spec": spec,
    }
