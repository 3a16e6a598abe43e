"""The lock across machines: a Lease for each application, taken before anything is changed and given back at the end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.clock import seconds_since
from rollback.model import Command, Finding, Move, Step
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.text import clean

OPTION = "no-cluster-lock"
_RUN = "deployment-rollback/run"  # label: the mark of the run that holds it
NEEDS = tuple(
    (verb, "leases.coordination.k8s.io") for verb in ("create", "list", "get", "patch", "delete")
)  # patch reads first
_LEAST = 300  # seconds: a killed run is resumed within it
_BETWEEN = 120  # seconds: for as long as this a script does not look after its lock again


def wanted(moves: Sequence[Move]) -> bool:
    return bool(moves) and OPTION not in moves[0].target.details.get("options", ())


def around(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """The steps with the lock taken before and freed after them, for as long as their deadlines allow."""
    if not wanted(moves) or not steps:
        return list(steps)
    details = moves[0].target.details
    where, mark = (
        (details["context"], details["namespace"]),
        hashlib.sha256(details["salt"].encode()).hexdigest()[:10],
    )
    apps = list(dict.fromkeys(move.target.details["application"] for move in moves))
    said = ", ".join(apps[:3]) + (f" and {len(apps) - 3} more" if len(apps) > 3 else "")
    variables, deadline = steps[0].do.variables, 60.0 + len(apps)  # one request each, of hundreds
    seconds = str(int(_seconds([*map(_longest, steps)], _BETWEEN + deadline)))
    take = Command(("take_leases", *where, seconds, mark, *map(name, apps)), 60, variables)
    free, by_hand = (
        Command(("free_leases", *where, mark), 60, variables),
        str(kubectl(details, "delete", "leases", f"--selector={_RUN}={mark}")),
    )
    return [
        Step(
            "lock.take",
            f"Lock {said} in the cluster",
            take,
            moves=(),
            deadline=deadline,
            lock="take",
        ),
        *steps,
        Step(
            "lock.free", "Unlock", free, moves=(), deadline=deadline, lock="free", by_hand=by_hand
        ),
    ]


def _seconds(steps: Sequence[float], more: float) -> float:
    """Enough for all of them; of many, half of it is enough for the longest: with less left it is renewed before the next step."""
    return max(_LEAST, min(sum(steps) + more, 2 * (max(steps) + more)))


def _longest(step: Step) -> float:
    """Proven before and after, too."""
    return step.deadline + 2 * max(
        (probe.command.timeout for probe in (step.proof, step.undo and step.undo.proof) if probe),
        default=0,
    )


def name(app: str) -> str:
    """The same on every machine; an application may be called what no object can be called."""
    plain = re.sub(r"[^a-z0-9.-]", "-", app.lower())[:200].strip(".-")
    return (
        f"rollback-{plain}"
        if plain == app
        else f"rollback-{plain}-{hashlib.sha256(app.encode()).hexdigest()[:6]}".replace("--", "-")
    )


def findings(moves: Sequence[Move], leases: Mapping[str, Any] | None) -> list[Finding]:
    """`leases`: the answer to path(), None where it may not be read (the rules review says so)."""
    if not wanted(moves):
        message = "no lock across machines: another rollback could start beside this one (the server still refuses stale changes)"
        return [Finding("warning", OPTION, message)]
    names = {name(move.target.details["application"]) for move in moves}
    held = [
        one
        for one in (leases or {}).get("items") or ()
        if one["metadata"]["name"] in names and not _over(one)
    ]
    return [
        Finding("warning", "cluster-locked", _held(one), _fix(moves[0].target.details, one))
        for one in held
    ]


def _fix(details: Mapping[str, Any], lease: Mapping[str, Any]) -> str:
    free = kubectl(details, "delete", "lease", lease["metadata"]["name"])
    return f"wait for it to end, then plan again; if that run is dead: {free}"


def _over(lease: Mapping[str, Any]) -> bool:
    """Written when the server's clock said so, the holder's may say anything. (It is only told here: the script asks the server for its time.)"""
    written = max(
        one.get("time", "")
        for one in [
            {"time": lease["metadata"]["creationTimestamp"]},
            *(lease["metadata"].get("managedFields") or ()),
        ]
    )
    return seconds_since(written) >= ((lease.get("spec") or {}).get("leaseDurationSeconds") or 3600)


def path(namespace: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases?labelSelector=app.kubernetes.io/managed-by%3Ddeployment-rollback"


def _held(lease: Mapping[str, Any]) -> str:
    spec, app = lease.get("spec") or {}, lease["metadata"]["name"].removeprefix("rollback-")
    holder = clean(str(spec.get("holderIdentity", "?")).rpartition("/")[0], 120)
    return f"a rollback of {app} is under way or was left unfinished: {holder} since {clean(str(spec.get('acquireTime')), 30)}"
