"""What the next deploy trips over: fields that it no longer owns, entries that it would keep."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rollback.model import Finding
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.ownership import additions, appliers, changed
from rollback.text import clean

CONFLICT, KEPT = "apply-conflict", "apply-keeps"
MOST = 20  # workloads that are read for it
# they apply with force: https://github.com/argoproj/gitops-engine, https://github.com/fluxcd/pkg
_FORCING = ("argocd-controller", "kustomize-controller")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_FEW = 3


class Written(Struct, frozen=True):
    """A workload (kind/name) with its pod template before and after the rollback.

    `live`: the whole object, with its managed fields.
    """

    key: str
    live: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def conflicts(written: Sequence[Written], own: str = "") -> Iterator[Finding]:
    """Report who applies on the server fields that this rollback takes over.

    `own`: the manager for which the rollback itself writes.
    """
    paths: dict[str, dict[str, str]] = {}
    for workload in written:
        for manager, fields in appliers(workload.live).items():
            path = next(changed(fields, workload.before, workload.after), None)
            if path and manager not in (own, *_FORCING):
                paths.setdefault(manager, {})[workload.key] = path
    for manager, by_key in paths.items():
        yield _conflict(manager, by_key)


def kept(written: Sequence[Written], namespace: str, release: str) -> Iterator[Finding]:
    """Report what comes back and is not in the manifest that `kubectl apply` last remembered."""
    entries = {workload.key: found for workload in written if (found := _kept(workload))}
    if not entries:
        return
    (key, found), *others = entries.items()
    more = f" (and so of {len(others)} more)" if others else ""
    message = (
        f"{key}: the next kubectl apply keeps {clean(listed(found, _FEW), 120)}{more}:"
        " the manifest that was applied last does not name it"
    )
    command = f"kubectl -n {shlex.quote(namespace)} apply set-last-applied -f FILE"
    fix = f"FILE being the manifest of {release}: {command}"
    yield Finding("note", KEPT, message, fix)


def _conflict(manager: str, by_key: Mapping[str, str]) -> Finding:
    path = next(iter(by_key.values()))
    message = (
        f"the next server-side apply by {clean(manager, 40)} conflicts with this rollback over"
        f" {clean(path, 80)} of {listed(list(by_key), _FEW)}"
    )
    named = "" if manager == "kubectl" else f" --field-manager={shlex.quote(clean(manager, 40))}"
    command = f"kubectl apply --server-side --force-conflicts{named} -f FILE"
    return Finding("note", CONFLICT, message, f"deploy once with force: {command}")


def _kept(workload: Written) -> list[str]:
    applied = _last_applied(workload.live)
    if applied is None:
        return []
    missing = set(additions(applied, workload.after))
    return [path for path in additions(workload.before, workload.after) if _covered(path, missing)]


def _covered(path: str, missing: set[str]) -> bool:
    """Whether it, or what it is part of, is missing from the applied manifest."""
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in missing)


def _last_applied(raw: Mapping[str, Any]) -> Any:
    text = (raw["metadata"].get("annotations") or {}).get(_APPLIED)
    try:
        return (msgspec.json.decode(text).get("spec") or {}).get("template") if text else None
    except (msgspec.DecodeError, AttributeError):
        return None
