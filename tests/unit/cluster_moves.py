"""Workloads, revisions and moves as the Kubernetes adapter makes them, without a cluster."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.kubernetes.details import Details, Facts, of

SHOP = Location("test", "shop")
DETAILS = Details(
    context="test",
    namespace="shop",
    identity=("kube-system", "uid-cluster"),
    salt="5a17",
    application="web",
)


def template(image: str = "shop:v2", name: str = "web") -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": name, "tier": "front"}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def deployment(name: str = "web", image: str = "shop:v2", **annotations: str) -> Workload:
    meta = {"name": name, "uid": f"uid-{name}", "generation": 1, "annotations": annotations}
    spec = {"replicas": 1, "template": template(image, name), "selector": {}}
    return Workload("deployment", {"metadata": meta, "spec": spec, "status": {}})


def target(name: str = "web", **details: Any) -> Target:
    """Of a Deployment."""
    own = {"kind": "deployment", "name": name, "uid": f"uid-{name}", "application": name}
    return Target(
        environment="staging",
        component="app",
        platform="kubernetes",
        app=name,
        where="uid-cluster/shop",
        protected=False,
        details=replace(DETAILS, **{**own, **details}),
    )


def move(
    name: str = "web",
    wave: int = 0,
    state: NamespaceState | None = None,
    options: tuple[str, ...] = ("no-cluster-lock",),
) -> Move:
    """From revision 2 (shop:v2) to 1 (shop:v1)."""
    workload = deployment(name)
    to, current = (
        Release(str(number), facts=Facts(workload, revision(number, name), state=state))
        for number in (1, 2)
    )
    return Move(target(name, wave=wave, options=options), current, to, f"app.{name}")


def revision(number: int, name: str = "web") -> Revision:
    image = f"v{number}"
    content = template(f"shop:{image}", name)
    return Revision(number, image, f"{name}-{image}", "2026-11-20T10:00:00Z", content)


def with_details(given: Move, **details: Any) -> Move:
    own = replace(of(given.target), **details)
    return replace(given, target=replace(given.target, details=own))
