"""Who else applies fields of the release's workloads on the server, beside Helm."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms._cluster.preflight import next_deploy
from rollback.platforms._cluster.preflight.next_deploy import MOST, Written
from rollback.platforms.helm.manifest import WORKLOADS, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects

_OWN = "helm"


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    written = [
        Written(
            f"{WORKLOADS[key.kind]}/{key.name}",
            live[key],
            live[key]["spec"]["template"],
            (goal.get("spec") or {}).get("template") or {},
        )
        for key, goal in workloads(comparison.after)
        if key in live
    ]
    yield from next_deploy.conflicts(written[:MOST], _OWN)
