"""Hooks: which ones this rollback runs, which ones ran with the live release and stay done, and whether one failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.change import skips_hooks
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

_ROLLBACK = ("pre-rollback", "post-rollback")
_DEPLOY = ("pre-upgrade", "post-upgrade", "pre-install", "post-install")
_PATHS = {"Job": "/apis/batch/v1/namespaces/{}/jobs/{}", "Pod": "/api/v1/namespaces/{}/pods/{}"}


def findings(both: Pair) -> Iterator[Finding]:
    """Helm runs the rollback hooks of the revision that it goes back to."""
    running = named(both.to.hooks, _ROLLBACK)
    if running and skips_hooks(both.move):
        yield Finding("warning", "hooks-skipped", f"not run: {', '.join(running)}, since a rollback is stuck in a hook", "do by hand what they do")
    elif running:
        yield Finding("warning", "hooks", f"this rollback runs hooks of revision {both.to.number}: {', '.join(running)}", "know what they do")
    done = named(both.current.hooks, _DEPLOY)
    if changed := [word for word in done if word.partition(" ")[0] in _changed(both)]:
        message = f"ran with the live release and stays done: {', '.join(changed)}"
        yield Finding("note", "hooks-stay", message, "make sure that the old code runs on what it left")


def failed(both: Pair, shell: Shell) -> str:
    """The hook of the newest revision that ended badly, as the cluster still shows it; empty when none does."""
    # Helm writes "Running" before a hook and nothing after one that failed in a rollback
    begun = [one for one in both.current.hooks if (one.get("last_run") or {}).get("phase") in ("Running", "Failed", "Unknown")]
    hooks = [one for one in begun if one.get("kind") in _PATHS]
    namespace = both.place["namespace"]
    found = find(shell, both.place, *(_PATHS[one["kind"]].format(namespace, one["name"]) for one in hooks))
    return next((_called(one) for one, there in zip(hooks, found, strict=True) if _ended_badly(there)), "")


def named(hooks: Any, events: tuple[str, ...]) -> list[str]:
    """Kind/name (events)."""
    rows = ((one, [event for event in one.get("events") or () if event in events]) for one in hooks)
    return [f"{_called(one)} ({', '.join(found)})" for one, found in rows if found]


def _changed(both: Pair) -> set[str]:
    """Hooks that the target does not have in the same form: the same one ran with the target, too."""
    then = {_called(one): one.get("manifest") for one in both.to.hooks}
    return {_called(one) for one in both.current.hooks if then.get(_called(one)) != one.get("manifest")}


def _called(hook: Mapping[str, Any]) -> str:
    return f"{hook.get('kind')}/{hook.get('name')}"


def _ended_badly(there: Mapping[str, Any] | None) -> bool:
    status = (there or {}).get("status") or {}
    return status.get("phase") == "Failed" or any(one["type"] == "Failed" and one["status"] == "True" for one in status.get("conditions") or ())
