"""The hooks and Jobs that this rollback and its undo run, and the hooks that the live one ran."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.helm.moves import skips_hooks
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.platforms.helm.rollout import created_jobs
from rollback.platforms.helm.storage import Revision
from rollback.platforms.helm.stuck import label

_ROLLBACK = ("pre-rollback", "post-rollback")
_DEPLOY = ("pre-upgrade", "post-upgrade", "pre-install", "post-install")


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    yield from _forward(comparison)
    yield from _jobs(comparison, live)
    yield from _reverse(comparison)
    yield from _done(comparison)


def _forward(comparison: Comparison) -> Iterator[Finding]:
    """Helm runs the rollback hooks of the revision that it rolls back to."""
    names = ", ".join(named(comparison.target, _ROLLBACK).values())
    if names and skips_hooks(comparison.move):
        message = f"hooks skipped, since a rollback is stuck in a hook: {names}"
        yield Finding("warning", "hooks-skipped", message, "do by hand what they do")
    elif names:
        message = f"hooks run: {names} of revision {comparison.target.number}"
        yield Finding("warning", "hooks", message, "know what they do")


def _jobs(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    """Report Jobs of the manifest that are created, so run: no hooks, but they do as much."""
    created = created_jobs(comparison.before, comparison.after)
    finished = [key for key in created_jobs({}, comparison.after) if key not in {*created, *live}]
    if jobs := [*created, *finished]:
        message = (
            f"jobs run again: {comparison.labels(jobs)} of revision {comparison.target.number}"
        )
        yield Finding("warning", "hooks", message, "know what they do")
    if jobs := created_jobs(comparison.after, comparison.before):
        number = comparison.source.number
        message = f"jobs run again by restore.sh: {comparison.labels(jobs)} of revision {number}"
        yield Finding("note", "hooks-restore", message, "know what they do")


def _reverse(comparison: Comparison) -> Iterator[Finding]:
    names = ", ".join(named(comparison.source, _ROLLBACK).values())
    if names and not skips_hooks(comparison.move):
        message = f"hooks run by restore.sh: {names} of revision {comparison.source.number}"
        yield Finding("note", "hooks-restore", message, "know what they do")


def _done(comparison: Comparison) -> Iterator[Finding]:
    changed = _changed(comparison)
    deployed = named(comparison.source, _DEPLOY)
    if names := [name for hook, name in deployed.items() if hook in changed]:
        message = f"ran with the live release and stays done: {', '.join(names)}"
        fix = "make sure that the old code runs on what it left"
        yield Finding("note", "hooks-stay", message, fix)


def named(revision: Revision, events: tuple[str, ...]) -> dict[str, str]:
    """Return the hooks of these events: Kind/name -> "Kind/name (events)"."""
    names: dict[str, str] = {}
    for hook in revision.hooks:
        if matching := [event for event in hook.get("events") or () if event in events]:
            names[label(hook)] = f"{label(hook)} ({', '.join(matching)})"
    return names


def _changed(comparison: Comparison) -> set[str]:
    """Return the hooks that the target does not have in the same form.

    An unchanged hook ran with the target too.
    """
    after = {label(hook): hook.get("manifest") for hook in comparison.target.hooks}
    hooks = comparison.source.hooks
    return {label(hook) for hook in hooks if after.get(label(hook)) != hook.get("manifest")}
