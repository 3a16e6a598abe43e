"""Projects that Helm deploys to the cluster of the Kubernetes bed, from the chart in `chart/`."""

from __future__ import annotations

from pathlib import Path

from tests.live.beds.clusters import CACHE
from tests.live.projects.kubernetes_bed import KubernetesProject, started

__all__ = ["project", "started"]


class HelmProject(KubernetesProject):
    """`helm` is the one that the project names."""

    PLATFORM = "helm"
    DEPLOY = "helm upgrade --install shop chart --set tag=$VERSION"

    def __init__(self, name: str, root: Path, cluster: Path) -> None:
        super().__init__(name, root, cluster)
        (self.tools / "helm").symlink_to(CACHE / f"helm{self.case.helm}")


def project(name: str, root: Path, cluster: Path) -> HelmProject:
    return HelmProject(name, root, cluster)
