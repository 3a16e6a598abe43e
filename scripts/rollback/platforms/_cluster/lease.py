"""The cluster lock, which keeps other machines away: a Lease for each application.

The project lock, which keeps other runs of this checkout away, is records/lock.py.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.clock import seconds_since
from rollback.model import Command, Finding, Lock, Move, Step
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.details import ClusterDetails, Location
from rollback.platforms._cluster.kubectl import VARIABLES, kubectl
from rollback.platforms._cluster.names import listed
from rollback.text import clean

OPTION = "no-cluster-lock"
_RUN = "deployment-rollback/run"  # label: which run holds it
_LEASES = "leases.coordination.k8s.io"
# `kubectl patch` gets before it patches
NEEDS = tuple((verb, _LEASES) for verb in ("create", "list", "get", "patch", "delete"))
_LEAST = 300  # seconds in which a killed run can be resumed
_BETWEEN = 120  # seconds after which a script renews its lock before the next step


def wanted(details: Sequence[ClusterDetails]) -> bool:
    return bool(details) and OPTION not in details[0].options


def locks(
    moves: Sequence[Move], details: Sequence[ClusterDetails], steps: Sequence[Step]
) -> list[Lock]:
    """Return one lock for all applications, held as long as the deadlines of the steps allow."""
    if not wanted(details) or not steps:
        return []
    first = details[0]
    apps = list(dict.fromkeys(detail.application for detail in details))
    mark = hashlib.sha256(first.salt.encode()).hexdigest()[:10]  # no salt lies in the cluster
    deadline = 60.0 + len(apps)  # one request each, of hundreds
    seconds = int(_seconds([*map(_longest, steps)], _BETWEEN + deadline))
    context = ("--context", first.context) if first.context else ()
    run = (*context, "--namespace", first.namespace, "--mark", mark)
    leases = [*map(name, apps)]
    take = ("take_leases", *run, "--seconds", str(seconds), "--names", " ".join(leases))
    release = ("release_leases", *run)
    delete = str(kubectl(first, "delete", "leases", f"--selector={_RUN}={mark}"))
    return [
        Lock(
            f"{moves[0].target.component}.lease",
            f"Lock {listed(apps)} in the cluster",
            Command(take, 60, VARIABLES, typed.take_leases(first, leases, mark, seconds)),
            Command(release, 60, VARIABLES, delete),
            deadline,
            delete,
        )
    ]


def _seconds(steps: Sequence[float], more: float) -> float:
    """Return the seconds that all steps may take; for many steps, twice the longest is enough.

    A lock with less time left is renewed before the next step.
    """
    return max(_LEAST, min(sum(steps) + more, 2 * (max(steps) + more)))


def _longest(step: Step) -> float:
    """Return its deadline plus the time of its proofs before and after."""
    probes = (step.proof, step.undo and step.undo.proof)
    timeouts = [probe.command.timeout for probe in probes if probe]
    return step.deadline + 2 * max(timeouts, default=0)


def name(app: str) -> str:
    """Return a valid object name, the same on every machine."""
    plain = re.sub(r"[^a-z0-9.-]", "-", app.lower())[:200].strip(".-")
    if plain == app:
        return f"rollback-{plain}"
    hash = hashlib.sha256(app.encode()).hexdigest()[:6]
    return f"rollback-{plain}-{hash}".replace("--", "-")


def findings(details: Sequence[ClusterDetails], leases: Mapping[str, Any] | None) -> list[Finding]:
    """Report a missing lock, or locks that others hold.

    `leases`: the answer to path(); None where it may not be read (the rules review reports that).
    """
    if not wanted(details):
        message = (
            "no lock across machines: another rollback could start at the same time"
            " (the server still refuses stale changes)"
        )
        return [Finding("warning", OPTION, message)]
    names = {name(detail.application) for detail in details}
    held = [
        lease
        for lease in (leases or {}).get("items") or ()
        if lease["metadata"]["name"] in names and not _expired(lease)
    ]
    return [
        Finding("warning", "cluster-locked", _holder(lease), _fix(details[0], lease))
        for lease in held
    ]


def path(namespace: str) -> str:
    managed = "labelSelector=app.kubernetes.io/managed-by%3Ddeployment-rollback"
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases?{managed}"


def _fix(location: Location, lease: Mapping[str, Any]) -> str:
    delete = kubectl(location, "delete", "lease", lease["metadata"]["name"])
    return f"wait for it to end, then plan again; if that run is dead: {delete}"


def _expired(lease: Mapping[str, Any]) -> bool:
    """Compare with the time the server noted for the last write: the holder's clock may be wrong.

    This is for a finding only; the script asks the server for its time.
    """
    meta, spec = lease["metadata"], lease.get("spec") or {}
    writes = [write.get("time", "") for write in meta.get("managedFields") or ()]
    written = max([meta["creationTimestamp"], *writes])
    return seconds_since(written) >= (spec.get("leaseDurationSeconds") or 3600)


def _holder(lease: Mapping[str, Any]) -> str:
    spec, app = lease.get("spec") or {}, lease["metadata"]["name"].removeprefix("rollback-")
    holder = clean(str(spec.get("holderIdentity", "?")).rpartition("/")[0], 120)
    since = clean(str(spec.get("acquireTime")), 30)
    return f"a rollback of {app} is running or was left unfinished: {holder} since {since}"
