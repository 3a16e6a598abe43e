"""Suspending an owner that would redo what a rollback undid.

It is a step with its undo, and stays open until somebody has resumed the owner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.details import ClusterDetails, Location, Suspension
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.owners import ARGO, FLUX, Link

OPTION = "suspend-owner"


def suspensions(links: Sequence[Link]) -> list[Suspension]:
    """Return what has to be suspended, the highest owner first."""
    by_path: dict[str, Suspension] = {}
    for link in reversed(links):
        if possible(link) and not link.suspended:
            suspension = by_path.setdefault(link.owner.path, _suspension(link))
            workloads = tuple(dict.fromkeys((*suspension.workloads, link.root)))
            by_path[link.owner.path] = replace(suspension, workloads=workloads)
    return list(by_path.values())


def possible(link: Link) -> bool:
    gitops = link.owner.code == ARGO or link.owner.code.startswith(FLUX)
    return link.object is not None and gitops


def steps(moves: Sequence[Move], details: Sequence[ClusterDetails]) -> list[Step]:
    """Return one for each owner. `details` are those of the moves, in the same order."""
    by_owner = {
        (suspension.resource, suspension.namespace, suspension.name): suspension
        for detail in details
        for suspension in detail.suspend
    }
    return [_step(suspension, moves, details) for suspension in by_owner.values()]


def _suspension(link: Link) -> Suspension:
    owner, spec = link.owner, (link.object or {}).get("spec") or {}
    argo = owner.code == ARGO
    before = (spec.get("syncPolicy") or {}).get("automated") if argo else spec.get("suspend")
    kind = (link.object or {}).get("kind", "")
    return Suspension(owner.resource, owner.namespace, owner.name, owner.what, kind, before)


def _step(suspension: Suspension, moves: Sequence[Move], details: Sequence[ClusterDetails]) -> Step:
    pairs = zip(moves, details, strict=True)
    owned = tuple(move.id for move, detail in pairs if detail.key in suspension.workloads)
    location = Location(details[0].context, suspension.namespace)
    suspended = _get(location, suspension)
    return Step(
        f"{moves[0].target.component}.suspend.{_slug(suspension)}",
        f"Suspend {suspension.what}",
        _patch(location, suspension, suspension.before, None if _argo(suspension) else True),
        Probe(suspended, f"{suspension.kind} {'' if _argo(suspension) else 'true'}".strip()),
        Undo(
            f"Resume {suspension.what}",
            _resume(location, suspension),
            _resumed(suspended, suspension),
        ),
        moves=owned,
        deadline=60,
        reminder=_reminder(suspension),
    )


def _argo(suspension: Suspension) -> bool:
    return suspension.kind == "Application"


def _path(suspension: Suspension) -> str:
    return "/spec/syncPolicy/automated" if _argo(suspension) else "/spec/suspend"


def _slug(suspension: Suspension) -> str:
    full_name = f"{suspension.kind.lower()}.{suspension.namespace}.{suspension.name}"
    return re.sub(r"[^a-z0-9.-]", "-", full_name)


def _get(location: Location, suspension: Suspension) -> Command:
    output = "--output=jsonpath={.kind} {" + _path(suspension).replace("/", ".") + "}"
    return kubectl(location, "get", suspension.resource, suspension.name, output, timeout=20)


def _resumed(look: Command, suspension: Suspension) -> Probe:
    before = "" if suspension.before is None else printed(suspension.before)
    return Probe(look, f"{suspension.kind} {before}".strip())


def _resume(location: Location, suspension: Suspension) -> Command:
    if not _argo(suspension):
        return _patch(location, suspension, True, suspension.before)
    # Argo CD removes an empty syncPolicy, and JSON patch cannot add below what does not exist
    policy = {"spec": {"syncPolicy": {"automated": suspension.before}}}
    return _send(location, suspension, "merge", policy)


def _patch(location: Location, suspension: Suspension, before: Any, after: Any) -> Command:
    """Return a patch that the server refuses if the setting has changed since."""
    path = _path(suspension)
    test = [] if before is None else [{"op": "test", "path": path, "value": before}]
    remove, add = {"op": "remove", "path": path}, {"op": "add", "path": path, "value": after}
    return _send(location, suspension, "json", [*test, remove if after is None else add])


def _send(location: Location, suspension: Suspension, kind: str, patch: Any) -> Command:
    # Flux reverts what a manager called kubectl has set
    words = (f"--type={kind}", "--field-manager=flux", "--patch", json.dumps(patch))
    return kubectl(location, "patch", suspension.resource, suspension.name, *words)


def _reminder(suspension: Suspension) -> str:
    resume = f"flux resume {suspension.kind.lower()} {suspension.name} -n {suspension.namespace}"
    if _argo(suspension):
        resume = f"argocd app set {suspension.name} --sync-policy automated"
    return f"{suspension.what} is suspended: revert the commit in git, then {resume}"
