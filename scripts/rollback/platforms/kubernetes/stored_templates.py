"""Which object of the cluster's history holds a template, and what of its text is not the template's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move, Release, Verb
from rollback.platforms._cluster.content import HASH_LABELS, printed
from rollback.platforms.kubernetes.details import after, before, facts, of

_KINDS = {
    "deployment": "replicaset",
    "statefulset": "controllerrevision",
    "daemonset": "controllerrevision",
}


def release(move: Move, verb: Verb) -> Release:
    """The release that the script of this verb leads to."""
    return move.to if verb == "execute" else move.current


def template(move: Move, verb: Verb) -> dict[str, Any]:
    return after(move) if verb == "execute" else before(move)


def object_name(move: Move, verb: Verb) -> str:
    """The object that holds this template, as `kubectl get -o name` calls it."""
    kind = _KINDS[of(move.target).kind]
    return f"{kind}.apps/{facts(release(move, verb)).revision.name}"


def kinds(moves: Sequence[Move]) -> str:
    return ",".join(dict.fromkeys(f"{_KINDS[of(move.target).kind]}s" for move in moves))


def cuts(move: Move, verb: Verb) -> tuple[str, ...] | None:
    """What to cut out of the text of that object's template, each where it comes first, to get the workload's; None: that does not do it."""
    stored = facts(release(move, verb)).revision.stored
    wanted = template(move, verb)
    text = printed(stored)
    found = [*_labels(text, stored), *_spelling(stored, wanted)]
    for cut in found:
        text = text.replace(cut, "", 1)
    return tuple(found) if text == printed(wanted) else None


def _labels(text: str, stored: Mapping[str, Any]) -> list[str]:
    labels = (stored.get("metadata") or {}).get("labels") or {}
    entries = [
        f'"{label}":{printed(value)}' for label, value in labels.items() if label in HASH_LABELS
    ]
    return [f"{entry}," if f"{entry}," in text else f",{entry}" for entry in entries]


def _spelling(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """A revision's own mark; and an absent time, which servers before 1.34 wrote and newer ones leave out."""
    found = [f'"$patch":{printed(stored["$patch"])},'] if "$patch" in stored else []
    writes_time = "creationTimestamp" in (stored.get("metadata") or {})
    wants_time = "creationTimestamp" in (wanted.get("metadata") or {})
    if writes_time and not wants_time:
        found.append('"creationTimestamp":null,')
    return found
