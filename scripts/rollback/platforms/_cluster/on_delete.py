"""Strategy OnDelete: the pods are deleted by a step of their own, one at a time.

Without it the template goes back and every pod stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rollback.model import Command, Finding, Probe, Step, Undo
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms._cluster.workloads import WorkloadName

NEEDS = (("list", "pods"), ("delete", "pods"))
_START = 90  # seconds for a new pod, after the time that the old one has to stop


class Pods(Struct, frozen=True):
    """The pods of a workload: how many, and how many seconds each has to stop."""

    location: Location
    workload: WorkloadName
    count: int
    grace: int


def is_chosen(spec: Mapping[str, Any]) -> bool:
    return bool((spec.get("updateStrategy") or {}).get("type") == "OnDelete")


def count(raw: Mapping[str, Any]) -> int:
    """Return how many run or should run; an ordered set starts none behind a broken one."""
    status, spec = raw.get("status") or {}, raw["spec"]
    wanted = status.get("desiredNumberScheduled") or spec.get("replicas", 1)
    counts = (status.get("replicas"), status.get("currentNumberScheduled"), wanted)
    return max(int(number or 0) for number in counts)


def grace(template: Mapping[str, Any]) -> int:
    return int((template.get("spec") or {}).get("terminationGracePeriodSeconds", 30))


def step(id: str, pods: Pods, titles: tuple[str, str], moves: tuple[str, ...], wave: int) -> Step:
    """`titles`: of the step and of its undo."""
    name, location = pods.workload, pods.location
    words = (location.context, location.namespace, name.kind, name.name, name.selector)
    replace = typed.replace_pods(location, name)
    command = Command(("replace_pods", *words), 60, VARIABLES, replace)
    proof = Probe(Command(("pods_to_replace", *words), 20, VARIABLES), "none")
    title, undo_title = titles
    return Step(
        id,
        title,
        command,
        proof,
        # before the template is back they would return as they were
        Undo(undo_title, command, proof, last=True),
        moves=moves,
        wave=wave,
        deadline=float(pods.count * (pods.grace + _START)),
    )


def finding(pods: Pods, release: str = "") -> Finding:
    """Say in the question that a step deletes pods; `release`: whose workload it is."""
    name, namespace = pods.workload, pods.location.namespace
    of_release = f" of release {release}" if release else ""
    message = (
        f"{name.key}{of_release} has strategy OnDelete: a step deletes the pods of the revision"
        " that is left, one by one as each is ready again"
    )
    get = f"kubectl -n {namespace} get pods -l {name.selector}"
    fix = f"approving the plan approves the deletions; list the pods: {get}"
    return Finding("warning", "on-delete", message, fix)


def title(workload: str, revision: str) -> str:
    return (
        f"Delete pods of {workload} not of revision {revision}, one by one as each is ready again"
    )
