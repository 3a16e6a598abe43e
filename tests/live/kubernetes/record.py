"""Writes tests/cases/platforms/kubernetes.json anew, from what a real cluster answers.

Usage: KUBECONFIG=<of a bed> PATH=<its programs>:$PATH PYTHONPATH=scripts:.:tests/live/kubernetes:tests/unit python tests/live/kubernetes/record.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster import Cluster, Namespace, shop
from kubernetes_recorded import CASES_FILE, NoProxy, environment, lines, question
from msgspec.structs import replace

from rollback.flow import choose
from rollback.model import Command
from rollback.platforms import kubernetes
from rollback.shell import Answer, Shell


class Recorder(Shell):
    """A shell that keeps every question with its answer."""

    def __init__(self) -> None:
        super().__init__(Path.cwd())
        self.served = NoProxy()
        self.answers: dict[str, list[Any]] = {}

    def ask(self, command: Command) -> Answer:
        answer = super().ask(command)
        self.answers[question(command)] = [answer.status, slim(answer.stdout), answer.stderr]
        return answer


def slim(text: str) -> str:
    """Without managedFields, which are most of an object and tell us nothing here, and without this machine's paths."""
    if not text.startswith("{"):
        return text
    found = json.loads(text)
    for one in found.get("items", [found]):
        one.get("metadata", {}).pop("managedFields", None)
    for one in found.get("clusters", ()):
        one["cluster"].pop("certificate-authority", None)
    return json.dumps(found, separators=(",", ":"))


def two_bad(space: Namespace) -> None:
    for image, good in (("v1", True), ("v2", True), ("v3", False), ("v4", False)):
        space.apply(shop(image=image, replicas=1))
        space.settled("deployment/web") if good else space.begun(image)


def rolled_back(space: Namespace) -> None:
    for image in ("v1", "v2", "v5"):
        space.apply(shop(image=image, replicas=1))
        space.settled("deployment/web")
    space("rollout", "undo", "deployment/web")
    space.settled("deployment/web")


def stuck(space: Namespace) -> None:
    space.apply(shop("StatefulSet", replicas=2))
    space.settled("statefulset/web")
    space.deploy("web", "v3", "statefulset", good=False)


def record(cluster: Cluster, title: str, prepare: Callable[[Namespace], None]) -> dict[str, Any]:
    space = cluster.namespace(f"record-{prepare.__name__.replace('_', '-')}")
    try:
        prepare(space)
        shell, where = Recorder(), environment(space.name)
        (target,) = kubernetes.targets(where, shell)
        (found,) = kubernetes.releases(where, [target], shell, 50)
        choice = choose.choose(found, "previous")
        assert choice.to is not None
        moves = [
            replace(move, id=f"app.{move.target.app}")
            for move in kubernetes.moves(target, choose.live(found), choice.to)
        ]
        codes = sorted({finding.code for finding in kubernetes.preflight(moves, shell)})
        said = {
            "releases": lines(found),
            "to": choice.to.id,
            "findings": codes,
            "steps": [step.id for step in kubernetes.steps(moves)],
        }
        return {
            "case": title,
            "namespace": space.name,
            **said,
            "answers": [[asked, *answer] for asked, answer in shell.answers.items()],
        }
    finally:
        cluster.kubectl("delete", "namespace", space.name, "--wait=false")


if __name__ == "__main__":
    bed = Cluster(Path(os.environ["KUBECONFIG"]))
    made = [
        record(bed, "two bad releases in a row", two_bad),
        record(bed, "after an earlier rollback: numbers have moved", rolled_back),
        record(bed, "a StatefulSet that waits for its bad pod", stuck),
    ]
    CASES_FILE.write_text(json.dumps(made, indent=1) + "\n")
