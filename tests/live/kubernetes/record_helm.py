"""Writes tests/cases/platforms/helm.json anew, from what a real cluster and both Helms answer.

Usage: KUBECONFIG=<of a bed> PATH=<its programs>:$PATH PYTHONPATH=scripts:.:tests/live/kubernetes:tests/unit python <this file>
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster import Cluster, wait_for
from helm_recorded import CASES_FILE, Read, environment
from helm_shop import Helm, claim, config, hook, web
from kubernetes_recorded import lines
from record import Recorder

from rollback.platforms import helm as adapter


def two_failed(helm: Helm) -> None:
    helm.deploy(web("v1"))
    helm.deploy(web("v2"), config(), wait=True)
    helm.deploy(web("v3", progressDeadlineSeconds=5), config("more"), wait=True, good=False)
    helm.deploy(web("v4", progressDeadlineSeconds=5), config("more"), wait=True, good=False)
    # Helm gives up before the Deployment does: what is recorded must not depend on who is faster
    reasons = ("get", "deployment/web", "-o", "jsonpath={.status.conditions[*].reason}")
    wait_for(lambda: "ProgressDeadlineExceeded" in helm.space(*reasons), "the rollout to fail")


def rolled_back_and_edited(helm: Helm) -> None:
    for image in ("v1", "v2", "v5"):
        helm.deploy(web(image, strategy={"type": "Recreate"}), wait=True)
    helm("rollback", "shop", "2", "--wait")
    helm.space("set", "env", "deployment/web", "EDITED=yes")
    helm.space("set", "image", "deployment/web", "web=localhost/shop:v1")
    helm.space.settled("deployment/web")


def stopped_by_a_hook(helm: Helm) -> None:
    helm.deploy(config(a="1"), hook("pre-rollback", command="exit 1"))
    helm.deploy(config(a="2"), config("only-in-2"))
    helm("rollback", "shop", "1", "--timeout=60s", check=False)


def precious(helm: Helm) -> None:
    helm.deploy(config(a="1"))
    helm.deploy(
        config(a="2"), claim("1Gi"), config("kept", annotations={"helm.sh/resource-policy": "keep"})
    )


def record(
    cluster: Cluster, which: str, title: str, prepare: Callable[[Helm], None]
) -> dict[str, Any]:
    space = cluster.namespace(f"record-helm-{prepare.__name__.replace('_', '-')}")
    path = os.environ["PATH"]
    try:
        with tempfile.TemporaryDirectory() as folder:
            helm = Helm(space, Path(folder), which)
            os.environ["PATH"] = helm.environment["PATH"]
            prepare(helm)
            return {
                "case": f"{title} ({which})",
                "namespace": space.name,
                **said(Recorder(), space.name),
            }
    finally:
        os.environ["PATH"] = path
        cluster.kubectl("delete", "namespace", space.name, "--wait=false")


def said(shell: Recorder, namespace: str) -> dict[str, Any]:
    read = Read(shell, environment(namespace))
    codes = sorted({finding.code for finding in adapter.preflight(read.moves, shell)})
    answers = dict(shell.answers)
    list(adapter.checks(read.moves, shell))  # asks for parts of some lists: the whole ones are kept
    return {
        "releases": lines(read.releases), "to": read.moves[0].to.id, "findings": codes, "steps": [step.id for step in adapter.steps(read.moves)],
        "answers": [[asked, *answer] for asked, answer in {**shell.answers, **answers}.items()],
    }  # fmt: skip


if __name__ == "__main__":
    bed = Cluster(Path(os.environ["KUBECONFIG"]))
    made = [
        record(bed, "helm3", "two failed upgrades in a row", two_failed),
        record(
            bed, "helm4", "after an earlier rollback, edited by hand since", rolled_back_and_edited
        ),
        record(bed, "helm4", "a rollback that a failed hook has stopped", stopped_by_a_hook),
        record(bed, "helm3", "a claim and a kept object that the target lacks", precious),
    ]
    CASES_FILE.write_text(json.dumps(made, indent=1) + "\n")
