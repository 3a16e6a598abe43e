"""Do the Services that select a workload's pods send anything to them? A ready pod that no endpoint names serves nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms.kubernetes.kubectl import find
from rollback.platforms.kubernetes.workloads import Workload
from rollback.shell import Shell

_SERVICE = "kubernetes.io/service-name"


class Endpoints(Struct, frozen=True):
    """Services by one of the labels that they select, and the names of the pods that each sends to."""

    selectors: Mapping[tuple[str, str], Sequence[tuple[str, Mapping[str, str]]]]
    pods: Mapping[str, frozenset[str]]


def read(shell: Shell, where: Mapping[str, Any]) -> Endpoints:
    """Empty where a Role does not allow it: then less is known."""
    base = f"/namespaces/{where['namespace']}"
    services, slices = find(
        shell, where, f"/api/v1{base}/services", f"/apis/discovery.k8s.io/v1{base}/endpointslices"
    )
    if services is None or slices is None:
        return Endpoints({}, {})
    found: dict[str, set[str]] = {}
    for one in slices["items"]:
        names = {
            (end.get("targetRef") or {}).get("name", "")
            for end in one.get("endpoints") or ()
            if (end.get("conditions") or {}).get("ready")
        }
        found.setdefault((one["metadata"].get("labels") or {}).get(_SERVICE, ""), set()).update(
            names
        )
    selecting: dict[tuple[str, str], list[tuple[str, Mapping[str, str]]]] = {}
    for one in services["items"]:
        if selector := one["spec"].get("selector"):
            selecting.setdefault(min(selector.items()), []).append(
                (one["metadata"]["name"], selector)
            )
    return Endpoints(selecting, {name: frozenset(pods) for name, pods in found.items()})


def unserved(workload: Workload, pods: Sequence[Mapping[str, Any]], known: Endpoints) -> str:
    """Names the first Service that selects the workload's pods and sends to none of `pods`; empty when there is none."""
    labels = (workload.template.get("metadata") or {}).get("labels") or {}
    names = {pod["metadata"]["name"] for pod in pods}
    ours = (
        name
        for label in labels.items()
        for name, selector in known.selectors.get(label, ())
        if selector.items() <= labels.items()
    )
    left = next((name for name in ours if not names & known.pods.get(name, frozenset())), None)
    return f"Service {left} sends to none of its pods yet" if left else ""
