"""Service accounts that pods keep although the target names none: the server restores the field.

`serviceAccount`, its old name, stays when Helm removes `serviceAccountName`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.manifest import Key, is_kept, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects

_FIELDS = ("serviceAccountName", "serviceAccount")
_DEFAULT = "default"


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    for key, after in workloads(comparison.after):
        account = _account(live.get(key, {}))
        if account in ("", _DEFAULT) or _account(after):
            continue
        object = Key("", "ServiceAccount", key.namespace, account)
        deleted = comparison.deletable.get(object)
        gone = deleted is not None and object not in comparison.after and not is_kept(deleted)
        yield _finding(comparison, key, account, gone)


def _finding(comparison: Comparison, key: Key, account: str, gone: bool) -> Finding:
    revision = f"revision {comparison.target.number} of {comparison.release}"
    stays = (
        f"{comparison.label(key)} keeps service account {account}, which {revision} does not name"
    )
    fix = f"give it the default account first: {_patch(key)}; then plan again"
    if gone:
        message = f"{stays}, and Helm deletes that account: no pod could start"
        return Finding("blocker", "service-account-gone", message, fix)
    return Finding("warning", "service-account-stays", stays, fix)


def _account(workload: Mapping[str, Any]) -> str:
    pods = ((workload.get("spec") or {}).get("template") or {}).get("spec") or {}
    return str(next((pods[field] for field in _FIELDS if pods.get(field)), ""))


def _patch(key: Key) -> str:
    pods = {"spec": dict.fromkeys(_FIELDS, _DEFAULT)}
    patch = json.dumps({"spec": {"template": pods}})
    return f"kubectl -n {key.namespace} patch {key.argument} -p '{patch}'"
