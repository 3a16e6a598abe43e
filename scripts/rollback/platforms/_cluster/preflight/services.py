"""Services that reach the live pods, and would reach none after the rollback.

A selector that moved on with the live release, or a port that the target's containers lack.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.endpoints import ready_pods
from rollback.platforms._cluster.preflight.listening import Loss, lost
from rollback.platforms._cluster.services import (
    Port,
    Service,
    index,
    labels,
    parse,
    selecting,
)
from rollback.shell import Shell

SELECTOR, PORT = "service-selector", "service-port"
_CUTS_OFF = "it cuts off the live release until the rollback"


class Reach(Struct, frozen=True):
    """The Services of a namespace, and the changes of the pods behind them.

    `goals`: the Services that the rollback itself changes, as they will be; None: it deletes them.
    """

    location: Location
    changes: Sequence[WorkloadChange]
    live: Sequence[Mapping[str, Any]]
    goals: Mapping[str, Service | None] = {}

    def goal(self, service: Service) -> Service | None:
        return self.goals.get(service.name, service)


def unknown(namespace: str) -> Finding:
    message = (
        f"the Services of namespace {namespace} could not be read:"
        " whether they reach the pods of the target is not known"
    )
    return Finding("note", "services-unknown", message)


def findings(reach: Reach, shell: Shell) -> Iterator[Finding]:
    """Report what would certainly get no traffic (blocker), and what may lose some (warning)."""
    services = index(map(parse, reach.live))
    changes: dict[str, list[WorkloadChange]] = {}
    by_name: dict[str, Service] = {}
    for change in reach.changes:
        for service in selecting(services, labels(change.before.template)):
            changes.setdefault(service.name, []).append(change)
            by_name[service.name] = service
    for name, behind in changes.items():
        goal = reach.goal(by_name[name])
        if goal is not None and goal.selector:
            yield from _of_service(reach, goal, behind, shell)


def _of_service(
    reach: Reach, goal: Service, behind: Sequence[WorkloadChange], shell: Shell
) -> Iterator[Finding]:
    left = [change for change in behind if not goal.selects(labels(change.after.template))]
    stay = [change for change in behind if change.after.template]  # the others are deleted
    others = bool(left) and _others(reach, goal, None, shell)
    if left and not (others and not any(change in stay for change in left)):
        yield _unselected(reach, goal, left[0], others)
    for position, port in enumerate(goal.ports):
        losses = [(change, lost(port, change)) for change in stay]
        missing = [(change, loss) for change, loss in losses if loss]
        if missing:
            others = _others(reach, goal, port, shell)
            yield _unreachable(reach, (goal, position), missing[0], others)


def _others(reach: Reach, goal: Service, port: Port | None, shell: Shell) -> bool:
    """Whether other pods will, or may, serve it."""
    for change in reach.changes:
        template = change.after.template
        if goal.selects(labels(template)) and (port is None or not lost(port, change)):
            return True
    pods = ready_pods(shell, reach.location, goal)
    return pods is None or any(not _moves(reach, pod) for pod in pods)


def _moves(reach: Reach, pod: Mapping[str, Any]) -> bool:
    """Whether it is a pod of a workload that is rolled back."""
    pod_labels = pod["metadata"].get("labels") or {}
    return any(_selector(change).items() <= pod_labels.items() for change in reach.changes)


def _selector(change: WorkloadChange) -> Mapping[str, str]:
    """Return labels that only the pods of this workload have, whatever their release."""
    selector = change.workload.raw["spec"].get("selector") or {}
    return selector.get("matchLabels") or labels(change.before.template)


def _unselected(reach: Reach, goal: Service, change: WorkloadChange, others: bool) -> Finding:
    missing, key = goal.missing(labels(change.after.template)), change.workload.key
    message = (
        f"Service {goal.name} selects {missing}, and the pods of {key} in revision"
        f" {change.after.number} lack that"
    )
    if others:
        message += ": it would send to other pods only"
        return Finding("warning", SELECTOR, message, _own_or(reach, goal, "check its selector"))
    command = _patch(reach, goal, "merge", {"spec": {"selector": _fitting(goal, change)}})
    fix = f"{command}; it then selects both releases: plan again"
    return Finding(
        "blocker", SELECTOR, f"{message}: it would reach no pod", _own_or(reach, goal, fix)
    )


def _fitting(goal: Service, change: WorkloadChange) -> dict[str, str | None]:
    """Return the change of the selector after which it fits both releases."""
    template_labels, wanted = labels(change.after.template), _selector(change)
    left_out = [key for key in goal.selector if goal.selector[key] != template_labels.get(key)]
    added = {key: wanted[key] for key in wanted if goal.selector.get(key) != wanted[key]}
    return {**dict.fromkeys(left_out), **added}


def _unreachable(
    reach: Reach, place: tuple[Service, int], missing: tuple[WorkloadChange, Loss], others: bool
) -> Finding:
    (goal, position), (change, loss) = place, missing
    number, port = change.after.number, goal.ports[position]
    message = (
        f"Service {goal.name} sends to port {port.target} of {change.workload.key}, which revision"
        f" {number} does not have ({loss.evidence})"
    )
    patch = {"op": "replace", "path": f"/spec/ports/{position}/targetPort", "value": loss.instead}
    command = _patch(reach, goal, "json", [patch])
    fits = "it then reaches both releases" if loss.fits_both else _CUTS_OFF
    fix = f"{command}; {fits}: plan again"
    if loss.instead is None:
        fix = "name a release that has this port"
    certain = loss.certain and not others
    return Finding("blocker" if certain else "warning", PORT, message, _own_or(reach, goal, fix))


def _own_or(reach: Reach, goal: Service, fix: str) -> str:
    """Return the fix, unless the rollback itself writes the Service."""
    if goal.name in reach.goals:
        return "name another revision, or deploy the old version with a Service that fits"
    return fix


def _patch(reach: Reach, goal: Service, kind: str, patch: Any) -> str:
    argv = ("kubectl", "-n", reach.location.namespace, "patch", "service", goal.name)
    text = json.dumps(patch, separators=(",", ":"))
    return shlex.join((*argv, f"--type={kind}", "-p", text))
