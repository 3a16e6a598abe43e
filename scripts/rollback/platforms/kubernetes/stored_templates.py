"""Stored templates: the object that holds one, and what to cut out of its text."""

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
    """Return the release that the script of this verb leads to."""
    return move.to if verb == "execute" else move.current


def template(move: Move, verb: Verb) -> dict[str, Any]:
    return after(move) if verb == "execute" else before(move)


def object_name(move: Move, verb: Verb) -> str:
    """Return the object that holds this template, named as by `kubectl get -o name`."""
    kind = _KINDS[of(move.target).kind]
    return f"{kind}.apps/{facts(release(move, verb)).revision.name}"


def kinds(moves: Sequence[Move]) -> str:
    return ",".join(dict.fromkeys(f"{_KINDS[of(move.target).kind]}s" for move in moves))


def cuts(move: Move, verb: Verb) -> tuple[str, ...] | None:
    """Return the texts to cut out of the stored template, each at its first place.

    The rest is the template of the workload; None where cutting does not lead to it.
    """
    stored = facts(release(move, verb)).revision.stored
    expected = template(move, verb)
    text = printed(stored)
    cut_texts = [*_labels(text, stored), *_spelling(stored, expected)]
    for cut in cut_texts:
        text = text.replace(cut, "", 1)
    return tuple(cut_texts) if text == printed(expected) else None


def _labels(text: str, stored: Mapping[str, Any]) -> list[str]:
    labels = (stored.get("metadata") or {}).get("labels") or {}
    entries = [
        f'"{label}":{printed(value)}' for label, value in labels.items() if label in HASH_LABELS
    ]
    return [f"{entry}," if f"{entry}," in text else f",{entry}" for entry in entries]


def _spelling(stored: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Return the mark of a revision, and the empty time that servers before 1.34 wrote."""
    cut_texts = [f'"$patch":{printed(stored["$patch"])},'] if "$patch" in stored else []
    writes_time = "creationTimestamp" in (stored.get("metadata") or {})
    wants_time = "creationTimestamp" in (expected.get("metadata") or {})
    if writes_time and not wants_time:
        cut_texts.append('"creationTimestamp":null,')
    return cut_texts
