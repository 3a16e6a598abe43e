"""A newest revision that never ended, and the hook that stopped it, as the cluster still shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Target
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

_PATHS = {"Job": "/apis/batch/v1/namespaces/{}/jobs/{}", "Pod": "/api/v1/namespaces/{}/pods/{}"}
_BEGUN = ("Running", "Failed", "Unknown")  # Helm writes "Running" before a hook, and nothing after one that failed in a rollback


def facts(shell: Shell, target: Target, known: Sequence[Stored]) -> dict[str, Any]:
    """`hook`: the one that failed. `were`: what the objects still are, when that hook stopped a rollback before its first change."""
    newest = known[0]
    hook = _failed(shell, target.details, newest) if newest.status.startswith("pending") else None
    if hook is None:
        return {}
    found: dict[str, Any] = {"hook": called(hook)}
    if newest.status == "pending-rollback" and "pre-rollback" in (hook.get("events") or ()):
        found["were"] = next((one for one in known if one.status != "pending-rollback"), newest)
    return found


def called(hook: Mapping[str, Any]) -> str:
    return f"{hook.get('kind')}/{hook.get('name')}"


def _failed(shell: Shell, place: Mapping[str, Any], newest: Stored) -> Mapping[str, Any] | None:
    begun = [one for one in newest.hooks if (one.get("last_run") or {}).get("phase") in _BEGUN and one.get("kind") in _PATHS]
    found = find(shell, place, *(_PATHS[one["kind"]].format(place["namespace"], one["name"]) for one in begun))
    return next((one for one, there in zip(begun, found, strict=True) if _ended_badly(there)), None)


def _ended_badly(there: Mapping[str, Any] | None) -> bool:
    status = (there or {}).get("status") or {}
    return status.get("phase") == "Failed" or any(one["type"] == "Failed" and one["status"] == "True" for one in status.get("conditions") or ())
