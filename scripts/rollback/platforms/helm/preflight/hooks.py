"""Hooks: which ones this rollback and its way back run, and which ones ran with the live release and stay done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.change import skips_hooks
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.helm.stuck import called

_ROLLBACK = ("pre-rollback", "post-rollback")
_DEPLOY = ("pre-upgrade", "post-upgrade", "pre-install", "post-install")


def findings(both: Pair) -> Iterator[Finding]:
    """Helm runs the rollback hooks of the revision that it goes back to."""
    running = named(both.to.hooks, _ROLLBACK)
    if running and skips_hooks(both.move):
        yield Finding(
            "warning",
            "hooks-skipped",
            f"not run: {', '.join(running)}, since a rollback is stuck in a hook",
            "do by hand what they do",
        )
    elif running:
        yield Finding(
            "warning",
            "hooks",
            f"hooks run: {', '.join(running)} of revision {both.to.number}",
            "know what they do",
        )
    back = named(both.current.hooks, _ROLLBACK)
    if back and not skips_hooks(both.move):
        yield Finding(
            "note",
            "hooks-restore",
            f"hooks run by restore.sh: {', '.join(back)} of revision {both.current.number}",
            "know what they do",
        )
    done = named(both.current.hooks, _DEPLOY)
    if changed := [word for word in done if word.partition(" ")[0] in _changed(both)]:
        message = f"ran with the live release and stays done: {', '.join(changed)}"
        yield Finding(
            "note", "hooks-stay", message, "make sure that the old code runs on what it left"
        )


def named(hooks: Any, events: tuple[str, ...]) -> list[str]:
    """Kind/name (events)."""
    rows = ((one, [event for event in one.get("events") or () if event in events]) for one in hooks)
    return [f"{called(one)} ({', '.join(found)})" for one, found in rows if found]


def _changed(both: Pair) -> set[str]:
    """Hooks that the target does not have in the same form: the same one ran with the target, too."""
    then = {called(one): one.get("manifest") for one in both.to.hooks}
    return {
        called(one) for one in both.current.hooks if then.get(called(one)) != one.get("manifest")
    }
