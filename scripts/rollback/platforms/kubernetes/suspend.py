"""Suspending an owner that would undo the undo: a step with its way back, open until somebody has resumed it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.kubernetes.content import printed
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.platforms.kubernetes.owners import ARGO, FLUX, Link

OPTION = "suspend-owner"


def to_do(links: Sequence[Link]) -> list[dict[str, Any]]:
    """What has to be suspended, the highest owner first; JSON-ready, for a target's details."""
    found: dict[str, dict[str, Any]] = {}
    for link in reversed(links):
        if can(link) and not link.suspended:
            one = found.setdefault(link.owner.path, {**_facts(link), "workloads": []})
            one["workloads"] = list(dict.fromkeys((*one["workloads"], link.root)))
    return list(found.values())


def can(link: Link) -> bool:
    return link.found is not None and (link.owner.code == ARGO or link.owner.code.startswith(FLUX))


def steps(moves: Sequence[Move]) -> list[Step]:
    rows = {
        row["name"] + row["namespace"] + row["resource"]: row
        for move in moves
        for row in move.target.details.get("suspend", ())
    }
    return [_step(row, moves) for row in rows.values()]


def _facts(link: Link) -> dict[str, Any]:
    owner, spec = link.owner, (link.found or {}).get("spec") or {}
    before = (
        (spec.get("syncPolicy") or {}).get("automated")
        if owner.code == ARGO
        else spec.get("suspend")
    )
    kind = (link.found or {}).get("kind", "")
    return {
        "resource": owner.resource,
        "namespace": owner.namespace,
        "name": owner.name,
        "what": owner.what,
        "kind": kind,
        "before": before,
    }


def _step(row: Mapping[str, Any], moves: Sequence[Move]) -> Step:
    mine = tuple(
        at
        for at, move in enumerate(moves)
        if f"{move.target.details['kind']}/{move.target.details['name']}" in row["workloads"]
    )
    place, argo = (
        {**moves[0].target.details, "namespace": row["namespace"]},
        row["kind"] == "Application",
    )
    path, off = ("/spec/syncPolicy/automated", None) if argo else ("/spec/suspend", True)
    now = Probe(_get(place, row, path), f"{row['kind']} {'' if argo else 'true'}".strip())
    then = Probe(
        now.command,
        f"{row['kind']} {'' if row['before'] is None else printed(row['before'])}".strip(),
    )
    do = _patch(place, row, path, row["before"], off)
    undo = _sync_again(place, row) if argo else _patch(place, row, path, off, row["before"])
    id = re.sub(
        r"[^a-z0-9.-]", "-", f"suspend.{row['kind'].lower()}.{row['namespace']}.{row['name']}"
    )
    return Step(
        id,
        f"Suspend {row['what']}",
        do,
        now,
        Undo(undo, then),
        moves=mine,
        deadline=60,
        reminder=_reminder(row),
    )


def _get(place: Mapping[str, Any], row: Mapping[str, Any], path: str) -> Command:
    return kubectl(
        place,
        "get",
        row["resource"],
        row["name"],
        "--output=jsonpath={.kind} {" + path.replace("/", ".") + "}",
        timeout=20,
    )


def _patch(
    place: Mapping[str, Any], row: Mapping[str, Any], path: str, before: Any, after: Any
) -> Command:
    """Refused by the server when somebody else has changed it since."""
    test = [] if before is None else [{"op": "test", "path": path, "value": before}]
    change = (
        {"op": "remove", "path": path}
        if after is None
        else {"op": "add", "path": path, "value": after}
    )
    return _send(place, row, "json", [*test, change])


def _sync_again(place: Mapping[str, Any], row: Mapping[str, Any]) -> Command:
    """Argo CD takes an empty syncPolicy away: what has to stand in it may have nothing to be added to."""
    return _send(place, row, "merge", {"spec": {"syncPolicy": {"automated": row["before"]}}})


def _send(place: Mapping[str, Any], row: Mapping[str, Any], kind: str, patch: Any) -> Command:
    # Flux takes back what a manager called kubectl has set
    return kubectl(
        place,
        "patch",
        row["resource"],
        row["name"],
        f"--type={kind}",
        "--field-manager=flux",
        "--patch",
        json.dumps(patch),
    )


def _reminder(row: Mapping[str, Any]) -> str:
    if row["kind"] == "Application":
        resume = f"argocd app set {row['name']} --sync-policy automated"
    else:
        resume = f"flux resume {row['kind'].lower()} {row['name']} -n {row['namespace']}"
    return f"{row['what']} is suspended: revert the commit in git, then {resume}"
