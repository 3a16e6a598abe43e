"""Suspending an owner that would redo what a rollback undid: a step with its undo, open until somebody has resumed the owner."""

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
    """What has to be suspended, the highest owner first."""
    found: dict[str, Suspension] = {}
    for link in reversed(links):
        if possible(link) and not link.suspended:
            known = found.setdefault(link.owner.path, _suspension(link))
            workloads = tuple(dict.fromkeys((*known.workloads, link.root)))
            found[link.owner.path] = replace(known, workloads=workloads)
    return list(found.values())


def possible(link: Link) -> bool:
    return link.found is not None and (link.owner.code == ARGO or link.owner.code.startswith(FLUX))


def steps(moves: Sequence[Move], details: Sequence[ClusterDetails]) -> list[Step]:
    """One for each owner. `details` are those of the moves, in the same order."""
    found = {
        (each.resource, each.namespace, each.name): each
        for known in details
        for each in known.suspend
    }
    return [_step(each, moves, details) for each in found.values()]


def _suspension(link: Link) -> Suspension:
    owner, spec = link.owner, (link.found or {}).get("spec") or {}
    argo = owner.code == ARGO
    before = (spec.get("syncPolicy") or {}).get("automated") if argo else spec.get("suspend")
    kind = (link.found or {}).get("kind", "")
    return Suspension(owner.resource, owner.namespace, owner.name, owner.what, kind, before)


def _step(each: Suspension, moves: Sequence[Move], details: Sequence[ClusterDetails]) -> Step:
    pairs = zip(moves, details, strict=True)
    owned = tuple(move.id for move, known in pairs if known.key in each.workloads)
    location = Location(details[0].context, each.namespace)
    suspended = _get(location, each)
    return Step(
        f"{moves[0].target.component}.suspend.{_slug(each)}",
        f"Suspend {each.what}",
        _patch(location, each, each.before, None if _argo(each) else True),
        Probe(suspended, f"{each.kind} {'' if _argo(each) else 'true'}".strip()),
        Undo(f"Resume {each.what}", _resume(location, each), _resumed(suspended, each)),
        moves=owned,
        deadline=60,
        reminder=_reminder(each),
    )


def _argo(each: Suspension) -> bool:
    return each.kind == "Application"


def _path(each: Suspension) -> str:
    return "/spec/syncPolicy/automated" if _argo(each) else "/spec/suspend"


def _slug(each: Suspension) -> str:
    return re.sub(r"[^a-z0-9.-]", "-", f"{each.kind.lower()}.{each.namespace}.{each.name}")


def _get(location: Location, each: Suspension) -> Command:
    output = "--output=jsonpath={.kind} {" + _path(each).replace("/", ".") + "}"
    return kubectl(location, "get", each.resource, each.name, output, timeout=20)


def _resumed(look: Command, each: Suspension) -> Probe:
    before = "" if each.before is None else printed(each.before)
    return Probe(look, f"{each.kind} {before}".strip())


def _resume(location: Location, each: Suspension) -> Command:
    if not _argo(each):
        return _patch(location, each, True, each.before)
    # Argo CD removes an empty syncPolicy, and JSON patch cannot add below what does not exist
    policy = {"spec": {"syncPolicy": {"automated": each.before}}}
    return _send(location, each, "merge", policy)


def _patch(location: Location, each: Suspension, before: Any, after: Any) -> Command:
    """The server refuses it when somebody else has changed the setting since."""
    path = _path(each)
    test = [] if before is None else [{"op": "test", "path": path, "value": before}]
    remove, add = {"op": "remove", "path": path}, {"op": "add", "path": path, "value": after}
    return _send(location, each, "json", [*test, remove if after is None else add])


def _send(location: Location, each: Suspension, kind: str, patch: Any) -> Command:
    # Flux reverts what a manager called kubectl has set
    words = (f"--type={kind}", "--field-manager=flux", "--patch", json.dumps(patch))
    return kubectl(location, "patch", each.resource, each.name, *words)


def _reminder(each: Suspension) -> str:
    resume = f"flux resume {each.kind.lower()} {each.name} -n {each.namespace}"
    if _argo(each):
        resume = f"argocd app set {each.name} --sync-policy automated"
    return f"{each.what} is suspended: revert the commit in git, then {resume}"
