"""Which object of the cluster's history holds a template, and what of its text is not the template's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move, Release
from rollback.platforms.kubernetes import change
from rollback.platforms.kubernetes.content import HASH_LABELS, printed

EXECUTE, RESTORE = "execute", "restore"
_HOLDERS = {
    "deployment": "replicaset",
    "statefulset": "controllerrevision",
    "daemonset": "controllerrevision",
}


def goal(move: Move, verb: str) -> tuple[Release, dict[str, Any]]:
    """Where the script of this verb leads, and the template there."""
    return (move.to, change.wanted(move)) if verb == EXECUTE else (move.current, change.seen(move))


def holder(move: Move, verb: str) -> str:
    """The object that remembers where the script of this verb leads, as `kubectl get -o name` calls it."""
    release, _ = goal(move, verb)
    return f"{_HOLDERS[move.target.details['kind']]}.apps/{release.facts['revision'].name}"


def kinds(moves: Sequence[Move]) -> str:
    return ",".join(dict.fromkeys(f"{_HOLDERS[move.target.details['kind']]}s" for move in moves))


def cuts(move: Move, verb: str) -> tuple[str, ...] | None:
    """What to take out of the text of that object's template, each where it comes first, to get the workload's; None: that does not do it."""
    release, template = goal(move, verb)
    stored = release.facts["revision"].stored
    text = printed(stored)
    found = [*_labels(text, stored), *_spelling(stored, template)]
    for one in found:
        text = text.replace(one, "", 1)
    return tuple(found) if text == printed(template) else None


def _labels(text: str, stored: Mapping[str, Any]) -> list[str]:
    labels = (stored.get("metadata") or {}).get("labels") or {}
    words = [
        f'"{label}":{printed(value)}' for label, value in labels.items() if label in HASH_LABELS
    ]
    return [f"{word}," if f"{word}," in text else f",{word}" for word in words]


def _spelling(stored: Mapping[str, Any], template: Mapping[str, Any]) -> list[str]:
    """A revision's own mark; and an absent time, which servers before 1.34 wrote down and newer ones leave out."""
    found = [f'"$patch":{printed(stored["$patch"])},'] if "$patch" in stored else []
    older = "creationTimestamp" in (stored.get("metadata") or {}) and "creationTimestamp" not in (
        template.get("metadata") or {}
    )
    return [*found, '"creationTimestamp":null,'] if older else found
